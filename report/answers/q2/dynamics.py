"""Question 2, how training moves: going on from an end point, spreading by data order, and going uphill."""

from __future__ import annotations

from collections.abc import Callable

from report.answers.answer import FigureSpec, Findings, by_verdict, names_of
from report.answers.charts import IntervalChart
from report.answers.curves import over_seeds, share_of
from report.answers.intervals import row
from report.answers.q2 import answer
from report.answers.q2.estimates import ratio_over_seeds
from report.conclude.interval_rules import Above, Below
from report.conclude.rules import Conditions
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
    note=f"A gain of less than {WORTHWHILE:g} nats does not count as help, even where the interval lies below 0.",
    constants={"small": SMALL, "large": LARGE},
)
def small_minus_large(records: Records) -> Estimate:
    """Training loss of a small network that had levelled off, after {updates} updates with batch size {small} minus as many with {large}, and then with {large} until level again."""
    return change_of_loss(records, "loss_after_small", "loss_after_large")


@answer.number("continue-lower")
def runs_that_end_lower(records: Records) -> Estimate:
    """Count the runs of `continue` whose loss ends lower after small batches than after large ones."""
    return share_of(_continued(records), lambda run: run.loss_after_small < run.loss_after_large)


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


COMPARISONS: dict[str, Callable[[SpreadResults], float]] = {
    "one learning rate": lambda run: run.small / run.large,
    "rates in proportion": lambda run: run.small_scaled / run.large,
    "each at its own rate": lambda run: run.small_tuned / run.large_tuned,
}
"""Variance of the weights over data orders, of small batches over large ones."""


@answer.claim(
    "Q2.11",
    "Large batches make training more stable.",
    Conditions({name: Above(1.0) for name in COMPARISONS}),
    place="Q2, stochasticity and noise",
    note=(
        "Over the first third of an epoch. At one rate both make equally many updates, and theory gives the ratio of the batch sizes; "
        "otherwise both see equally many images. Rates in proportion are far below the rate that suits batches of 16. "
        "The last condition was added after a look at two seeds."
    ),
    constants={"small": SMALL, "large": MIDDLE},
)
def spread_by_data_order(records: Records) -> tuple[Estimate, ...]:
    """Variance of the weights over data orders, batch size {small} over {large}: at one rate, at rates in proportion, each at its own."""
    spread = _spread(records)
    return tuple(ratio_over_seeds(spread.values(ratio), spread.records) for ratio in COMPARISONS.values())


answer.see(
    "Q2.12",
    "Large batches make training more deterministic.",
    "Q2.11",
    place="Q2, stochasticity and noise",
    note="It is the same quantity: how far different orders of the images lead apart. Only a batch of the whole training set leads to the same weights, up to the rounding of a sum.",
)


@answer.number("spread-rate", "learning_rate")
@answer.number("spread-rate-small", "small_learning_rate")
@answer.number("spread-rate-large", "large_learning_rate")
def rate_of_spread(records: Records, field: str) -> Estimate:
    """Return a learning rate of the comparison of data orders."""
    run = _spread(records).results[0]
    return exact(getattr(run, field), unit="", n=1, n_of="choices", digits=2)


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
    """Draw how much more the data order matters to small batches than to large ones, under each condition."""
    spread, claim = _spread(records), findings["Q2.11"]
    ratios = {label: spread.values(ratio) for label, ratio in COMPARISONS.items()}
    rows = [row(label, ratio_over_seeds(found), points=found) for label, found in ratios.items()]
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="variance of the weights, batch 16 over 1024", zero=1.0, x_scale="log"),
        title=by_verdict(
            claim,
            supported="The order of the data moves small batches more, whatever their learning rate",
            refuted="The order of the data does not move small batches more, whatever their learning rate",
            depends=f"The order of the data moves small batches more at {names_of(claim, 'supported')}, less at {names_of(claim, 'refuted')}",
            undetermined="Whether the order of the data moves small batches more is not settled at every learning rate",
            withheld="How far the order of the data moves the weights, small batches over large",
        ),
        caption=(
            f"Variance over {spread.results[0].num_orders} data orders from one initial point, summed over the weights; "
            f"{len(spread.results)} seeds. Dot and bar: geometric mean with its 95 % interval; small dots: single seeds."
        ),
    )
