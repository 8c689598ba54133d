"""Question 2, how training moves: going on from an end point, spreading by data order, and going uphill."""

from __future__ import annotations

from report.answers.base import FigureContent, Findings, MeasureFunction, by_verdict
from report.answers.charts import IntervalChart, IntervalRow
from report.answers.q2.estimates import ratio_over_seeds
from report.conclude.statistics import Estimate, mean_with_t_interval
from report.experiments.batch_dynamics import ContinueResults, RiseResults, SpreadResults
from report.record.reader import Arm, Records

SMALLEST_RISE = 0.01
"""Nats per unit of distance: a steepest rise below this, or none at all, counts as this much, so that ratios exist."""


def _continued(records: Records) -> Arm[ContinueResults]:
    return records.arm("batch_dynamics", "continue", ContinueResults)


def gain_of_going_on_small(records: Records) -> Estimate:
    """Estimate the change of the training loss when going on with the small batch, minus with the large one."""
    arm = _continued(records)
    differences = arm.values(lambda run: run.loss_after_small - run.loss_after_large)
    return mean_with_t_interval(differences, unit="nats", signed=True, records=arm.records)


def gain_of_going_on_large(records: Records) -> Estimate:
    """Estimate the change of the training loss when going on as before: at an end point that is a minimum, none."""
    arm = _continued(records)
    changes = arm.values(lambda run: run.loss_after_large - run.loss_at_end_point)
    return mean_with_t_interval(changes, unit="nats", signed=True, records=arm.records)


def _spread(records: Records) -> Arm[SpreadResults]:
    return records.arm("batch_dynamics", "spread", SpreadResults)


def spread_small_over_large(records: Records) -> Estimate:
    """Estimate the variance over data orders, small over large batch, after equally many updates at one rate."""
    arm = _spread(records)
    return ratio_over_seeds(arm.values(lambda run: run.small / run.large), arm.records)


def spread_at_scaled_rates(records: Records) -> Estimate:
    """Estimate the same after equally many images, each batch size at a learning rate in proportion to it."""
    arm = _spread(records)
    return ratio_over_seeds(arm.values(lambda run: run.small_scaled / run.large), arm.records)


def steepest_rise_large_over_small(records: Records) -> Estimate:
    """Estimate the steepest rise of the loss in one update, per unit of distance, large over small batch."""
    arm = records.arm("batch_dynamics", "rise", RiseResults)
    ratios = arm.values(lambda run: max(SMALLEST_RISE, *run.large) / max(SMALLEST_RISE, *run.small))
    return ratio_over_seeds(ratios, arm.records)


def spread_ratios(records: Records, findings: Findings) -> FigureContent:
    """Draw how much more the data order matters to small batches, at one learning rate and at rates in proportion."""
    spread = _spread(records)
    rows = [
        _row(
            "spread, equal updates, one rate",
            spread_small_over_large(records),
            spread.values(lambda r: r.small / r.large),
        ),
        _row(
            "spread, equal images, rate in proportion",
            spread_at_scaled_rates(records),
            spread.values(lambda r: r.small_scaled / r.large),
        ),
    ]
    return FigureContent(
        chart=IntervalChart(rows=rows, x_label="variance of the weights, batch 16 over 1024", zero=1.0, x_scale="log"),
        title=by_verdict(
            findings["Q2.11"],
            supported="At one learning rate, small batches leave the end point far more to the order of the data",
            refuted="At one learning rate, small batches leave the end point less to the order of the data",
            undetermined="Whether small batches leave the end point more to the order of the data is not settled",
            withheld="How far the order of the data moves the end point, small batches over large",
        ),
        alt="; ".join(f"{r.label}: {r.value:.2f} times ({r.low:.2f} to {r.high:.2f})" for r in rows) + ".",
        caption=(
            f"Variance over {spread.results[0].num_orders} data orders from one initial point, summed over the weights; "
            f"{len(spread.results)} seeds. Dot and bar: geometric mean with its 95 % interval; small dots: single seeds."
        ),
        records=spread.records,
    )


def _row(label: str, estimate: Estimate, points: list[float]) -> IntervalRow:
    return IntervalRow(
        label=label,
        value=estimate.value,
        low=estimate.value if estimate.low is None else estimate.low,
        high=estimate.value if estimate.high is None else estimate.high,
        points=points,
    )


MEASURES: dict[str, MeasureFunction] = {
    "Q2.10": gain_of_going_on_small,
    "Q2.11": spread_small_over_large,
    "Q2.16": steepest_rise_large_over_small,
    "going-on-large": gain_of_going_on_large,
    "spread-at-scaled-rates": spread_at_scaled_rates,
}
