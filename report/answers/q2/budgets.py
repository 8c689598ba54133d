"""Question 2, equal epochs and equal updates: accuracy, training loss, and the gap between training and test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import LineChart, Panel, Series
from report.answers.curves import PERCENT, accuracy_points, paired_difference
from report.answers.q2 import answer
from report.conclude.claims import MARGIN
from report.conclude.rules import Above, AllOf
from report.conclude.statistics import Estimate, mean_with_t_interval
from report.experiments.batch_size import BATCH_SIZES, BUDGETS, BatchSizeResults
from report.record.reader import Arm, Records

SMALL, LARGE = BATCH_SIZES[0], BATCH_SIZES[-1]
SMALL_ONES, LARGE_ONES = (16, 64), (1024, 4096)
LABELS = {"epochs": "equal epochs", "updates": "equal updates"}


def arm_of(records: Records, budget: str, batch_size: int) -> Arm[BatchSizeResults]:
    """Return the runs of one batch size under one budget."""
    return records.select("batch_size", BatchSizeResults, budget=budget, batch_size=batch_size)


def over_batch_sizes(
    label: str, arms: dict[int, Arm[BatchSizeResults]], value: Callable[[BatchSizeResults], float], scale: float = 1.0
) -> Series:
    """Draw the mean of a number over seeds against batch size, with the range of the seeds as its band."""
    values = {batch_size: np.array(arm.values(value)) * scale for batch_size, arm in arms.items()}
    return Series(
        label=label,
        x=[float(batch_size) for batch_size in values],
        y=[float(v.mean()) for v in values.values()],
        low=[float(v.min()) for v in values.values()],
        high=[float(v.max()) for v in values.values()],
    )


def all_arms(records: Records, budget: str) -> dict[int, Arm[BatchSizeResults]]:
    """Return the runs of every batch size under one budget."""
    return {batch_size: arm_of(records, budget, batch_size) for batch_size in BATCH_SIZES}


def ids_of(arms: dict[int, Arm[BatchSizeResults]]) -> tuple[str, ...]:
    """Return the ids of all runs in some arms."""
    return tuple(id for arm in arms.values() for id in arm.records)


def final_test_accuracy(run: BatchSizeResults) -> float:
    """Return the share of test images that the model gets right when training ends."""
    return run.test_accuracy[-1]


def _best(records: Records, budget: str, batch_sizes: tuple[int, ...]) -> Arm[BatchSizeResults]:
    """Return the batch size that did best on the held-out images; the test images choose nothing."""
    arms = [arm_of(records, budget, batch_size) for batch_size in batch_sizes]
    return max(arms, key=lambda arm: float(np.mean(arm.values(lambda run: run.validation_accuracy[-1]))))


@answer.claim(
    "Q2.5",
    "Small batches generalise better.",
    AllOf((Above(MARGIN), Above(MARGIN))),
    note="The batch sizes compared were picked by held-out accuracy. Both budgets have to agree.",
    constants={"small_sizes": SMALL_ONES, "large_sizes": LARGE_ONES},
)
def generalisation(records: Records) -> tuple[Estimate, ...]:
    """Test accuracy of the best small batch {small_sizes} minus the best large one {large_sizes}, rates tuned: equal epochs, then equal updates."""
    return tuple(
        accuracy_points(_best(records, budget, SMALL_ONES), _best(records, budget, LARGE_ONES), final_test_accuracy)
        for budget in BUDGETS
    )


@answer.claim("Q2.13", "Large batches end in worse solutions.", Above(), constants={"small": SMALL, "large": LARGE})
def loss_at_equal_updates(records: Records) -> Estimate:
    """Training loss after equally many updates, batch size {large} minus {small}, rates tuned."""
    large, small = arm_of(records, "updates", LARGE), arm_of(records, "updates", SMALL)
    return paired_difference(large, small, lambda run: run.train_loss[-1], unit="nats")


@answer.number("loss-at-equal-epochs")
def loss_at_equal_epochs(records: Records) -> Estimate:
    """Estimate the training loss after equally many epochs, largest minus smallest batch."""
    large, small = arm_of(records, "epochs", LARGE), arm_of(records, "epochs", SMALL)
    return paired_difference(large, small, lambda run: run.train_loss[-1], unit="nats")


def accuracy(budget: str, batch_size: int) -> Callable[[Records], Estimate]:
    """Make a measure of the final test accuracy of one arm."""

    def measure(records: Records) -> Estimate:
        arm = arm_of(records, budget, batch_size)
        return mean_with_t_interval(
            np.array(arm.values(final_test_accuracy)) * PERCENT, unit="percent", records=arm.records
        )

    return measure


@answer.figure("q2-card")
@answer.figure("q2-accuracy")
def accuracy_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw test accuracy against batch size under both budgets."""
    arms = {budget: all_arms(records, budget) for budget in BUDGETS}
    series = [over_batch_sizes(LABELS[b], found, final_test_accuracy, PERCENT) for b, found in arms.items()]
    ends = "; ".join(
        f"under {s.label} from {s.y[0]:.1f} % at batch size {SMALL} to {s.y[-1]:.1f} % at {LARGE}" for s in series
    )
    return FigureSpec(
        chart=LineChart(
            panels=[Panel(series=series, x_label="batch size", y_label="test accuracy (%)", x_scale="log")]
        ),
        title=by_verdict(
            findings["Q2.5"],
            supported="Small batches generalise better, whether epochs or updates are made equal",
            refuted="Small batches do not generalise better under both budgets",
            undetermined="That small batches generalise better under both budgets is not settled by these runs",
            withheld="Test accuracy by batch size, at equal epochs and at equal updates",
        ),
        alt=f"Test accuracy against batch size: {ends}.",
        caption=(
            f"784-128-10 network, 50,000 training images, learning rate chosen on held-out images for every point, "
            f"{len(arms['epochs'][SMALL].results)} seeds. Line: mean over seeds; band: their range."
        ),
        records=tuple(id for found in arms.values() for id in ids_of(found)),
    )


answer.number("accuracy-epochs-small")(accuracy("epochs", SMALL))
answer.number("accuracy-epochs-large")(accuracy("epochs", LARGE))
answer.number("accuracy-updates-small")(accuracy("updates", SMALL))
answer.number("accuracy-updates-large")(accuracy("updates", LARGE))
