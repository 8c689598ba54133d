"""Question 2, how training moves: going on from an end point, spreading by data order, and going uphill."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import IntervalChart, IntervalRow
from report.answers.q2 import answer
from report.answers.q2.estimates import ratio_over_seeds
from report.conclude.rules import Above, Below
from report.conclude.statistics import Estimate, mean_with_t_interval
from report.experiments.batch_dynamics import LARGE, MIDDLE, SMALL, ContinueResults, RiseResults, SpreadResults
from report.record.reader import Arm, Records

SMALLEST_RISE = 0.01
"""Nats per unit of distance: a steepest rise below this, or none at all, counts as this much, so that ratios exist."""


def _continued(records: Records) -> Arm[ContinueResults]:
    return records.arm("batch_dynamics", "continue", ContinueResults)


@answer.claim(
    "Q2.10",
    "The noise of small batches helps to leave poor minima.",
    Below(),
    note="Suggestive only: the small batch also makes some 240 times as many updates, and the end point is hardly a minimum.",
    constants={"small": SMALL, "large": LARGE},
)
def gain_of_going_on_small(records: Records) -> Estimate:
    """Training loss after going on from one end point of large-batch training for equal epochs, batch size {small} minus {large}."""
    arm = _continued(records)
    differences = arm.values(lambda run: run.loss_after_small - run.loss_after_large)
    return mean_with_t_interval(differences, unit="nats", signed=True, records=arm.records)


@answer.number("going-on-large")
def gain_of_going_on_large(records: Records) -> Estimate:
    """Estimate the change of the training loss when going on as before: at an end point that is a minimum, none."""
    arm = _continued(records)
    changes = arm.values(lambda run: run.loss_after_large - run.loss_at_end_point)
    return mean_with_t_interval(changes, unit="nats", signed=True, records=arm.records)


def _spread(records: Records) -> Arm[SpreadResults]:
    return records.arm("batch_dynamics", "spread", SpreadResults)


@answer.claim(
    "Q2.11",
    "Large batches make training more stable.",
    Above(1.0),
    note="Theory gives 64 for equally many updates at one rate: the ratio of the batch sizes.",
    constants={"small": SMALL, "large": MIDDLE},
)
def spread_small_over_large(records: Records) -> Estimate:
    """Variance of the weights' position over data orders from one starting point, batch size {small} over {large}."""
    arm = _spread(records)
    return ratio_over_seeds(arm.values(lambda run: run.small / run.large), arm.records)


@answer.number("spread-at-scaled-rates")
def spread_at_scaled_rates(records: Records) -> Estimate:
    """Estimate the same after equally many images, each batch size at a learning rate in proportion to it."""
    arm = _spread(records)
    return ratio_over_seeds(arm.values(lambda run: run.small_scaled / run.large), arm.records)


@answer.claim(
    "Q2.16",
    "Large batches meet abrupt changes of the loss.",
    Above(1.0),
    note="Each batch size at its own tuned rate, over equally many first updates. What is abrupt depends on the rate as much.",
    constants={"small": SMALL, "large": LARGE},
)
def steepest_rise_large_over_small(records: Records) -> Estimate:
    """Largest rise of the training loss in one update, per unit of distance moved, batch size {large} over {small}."""
    arm = records.arm("batch_dynamics", "rise", RiseResults)
    ratios = arm.values(lambda run: max(SMALLEST_RISE, *run.large) / max(SMALLEST_RISE, *run.small))
    return ratio_over_seeds(ratios, arm.records)


@answer.figure("q2-spread")
def spread_ratios(records: Records, findings: Findings) -> FigureSpec:
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
    return FigureSpec(
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
