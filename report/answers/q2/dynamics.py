"""Question 2, how training moves: going on from an end point, spreading by data order, and going uphill."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import IntervalChart
from report.answers.curves import over_seeds
from report.answers.intervals import row
from report.answers.q2 import answer
from report.answers.q2.estimates import ratio_over_seeds
from report.conclude.interval_rules import Above, Below
from report.conclude.statistics import Estimate, exact, with_range
from report.experiments.batch_dynamics import LARGE, MIDDLE, SMALL, ContinueResults, RiseResults, SpreadResults
from report.record.reader import Arm, Records

WORTHWHILE = 0.01
"""Nats of training loss: a gain smaller than this does not count as one."""
SMALLEST_RISE = 0.01
"""Nats per unit of distance: a steepest rise below this, or none at all, counts as this much, so that ratios exist."""


def _continued(records: Records) -> Arm[ContinueResults]:
    return records.arm("batch_dynamics", "continue", ContinueResults)


@answer.number("continue-gain-small", "loss_after_small", "loss_at_end_point")
@answer.number("continue-gain-large", "loss_after_large", "loss_at_end_point")
@answer.number("continue-climb", "loss_before_levelling", "loss_at_end_point")
def change_of_loss(records: Records, after: str, before: str) -> Estimate:
    """Estimate the difference between two of the losses of `continue`."""
    arm = _continued(records)
    settings = {"updates": arm.results[0].num_updates}
    return over_seeds(
        arm, lambda run: getattr(run, after) - getattr(run, before), unit="nats", signed=True, settings=settings
    )


@answer.claim(
    "Q2.10",
    "The noise of small batches can help to leave poor minima.",
    Below(-WORTHWHILE),
    place="Q2, stochasticity and noise",
    note=f"A gain of less than {WORTHWHILE:g} nats does not count as help.",
    constants={"small": SMALL, "large": LARGE},
)
def small_minus_large(records: Records) -> Estimate:
    """Training loss of a small network that had levelled off, after {updates} updates with batch size {small} minus as many with {large}, and then with {large} until level again."""
    return change_of_loss(records, "loss_after_small", "loss_after_large")


@answer.number("continue-not-level")
def runs_that_did_not_level(records: Records) -> Estimate:
    """Count the runs of `continue` whose epochs ran out before the loss was level."""
    arm = _continued(records)
    count = sum(not run.is_level for run in arm.results)
    return exact(count, unit="runs", n=len(arm.results), n_of="runs")


@answer.number("continue-end-points")
def spread_of_end_points(records: Records) -> Estimate:
    """Return the range over seeds of the loss at which large batches level off: wide where there are poor minima."""
    return with_range(_continued(records).values(lambda run: run.loss_at_end_point), unit="nats", n_of="seeds")


def _spread(records: Records) -> Arm[SpreadResults]:
    return records.arm("batch_dynamics", "spread", SpreadResults)


@answer.number("spread-at-one-rate")
def spread_at_one_rate(records: Records) -> Estimate:
    """Estimate the variance of the weights over data orders, small over large, after equally many updates at one rate."""
    return ratio_over_seeds(_spread(records).values(lambda run: run.small / run.large))


@answer.claim(
    "Q2.11",
    "Large batches make training more stable.",
    Above(1.0),
    place="Q2, stochasticity and noise",
    note=(
        "At one rate for both, theory gives the ratio of the batch sizes; the figure shows it as an illustration. "
        "We test the case in which the larger batch gets the larger rate that it allows."
    ),
    constants={"small": SMALL, "large": MIDDLE},
)
def spread_at_scaled_rates(records: Records) -> Estimate:
    """Variance of the weights over data orders, batch size {small} over {large}, equal images, rates in proportion."""
    return ratio_over_seeds(_spread(records).values(lambda run: run.small_scaled / run.large))


@answer.claim(
    "Q2.16",
    "Large batches could meet abrupt changes of the loss.",
    Above(1.0),
    place="Q2, conclusion",
    note="Each batch size at its own tuned rate, over equally many first updates. What is abrupt depends on the rate as much: "
    "trials on other seeds can choose another one, and the interval does not cover that.",
    constants={"small": SMALL, "large": LARGE},
)
def steepest_rise_large_over_small(records: Records) -> Estimate:
    """Largest rise of the training loss in one update, per unit of distance moved, batch size {large} over {small}."""
    arm = records.arm("batch_dynamics", "rise", RiseResults)
    ratios = arm.values(lambda run: max(SMALLEST_RISE, *run.large) / max(SMALLEST_RISE, *run.small))
    return ratio_over_seeds(ratios)


@answer.figure("q2-spread")
def spread_ratios(records: Records, findings: Findings) -> FigureSpec:
    """Draw how much more the data order matters to small batches, at one learning rate and at rates in proportion."""
    spread = _spread(records)
    ratios = {
        "equal updates, one rate": spread.values(lambda run: run.small / run.large),
        "equal images, rates in proportion": spread.values(lambda run: run.small_scaled / run.large),
    }
    rows = [row(label, ratio_over_seeds(found), points=found) for label, found in ratios.items()]
    one_rate = "At one rate, the order of the data moves small batches more, as theory says"
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="variance of the weights, batch 16 over 1024", zero=1.0, x_scale="log"),
        title=by_verdict(
            findings["Q2.11"],
            supported=f"{one_rate}; at rates in proportion too",
            refuted=f"{one_rate}; at rates in proportion it moves them less",
            undetermined=f"{one_rate}; at rates in proportion no difference is settled",
            withheld="How far the order of the data moves the weights, small batches over large",
        ),
        caption=(
            f"Variance over {spread.results[0].num_orders} data orders from one initial point, summed over the weights; "
            f"{len(spread.results)} seeds. Dot and bar: geometric mean with its 95 % interval; small dots: single seeds."
        ),
    )
