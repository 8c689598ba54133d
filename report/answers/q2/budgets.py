"""Question 2, test accuracy under equal epochs, under equal updates, and at equal training loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict, names_of
from report.answers.charts import Series, line_chart
from report.answers.curves import PERCENT, accuracy_points, at_the_end, middle_and_range, over_seeds
from report.answers.q2 import answer
from report.answers.q2.levels import LARGE, LEVEL, SMALL, moments
from report.conclude.claims import MARGIN
from report.conclude.interval_rules import Above
from report.conclude.rules import Conditions
from report.conclude.statistics import Estimate, exact
from report.conclude.verdicts import Finding
from report.experiments.batch_size import BUDGETS, RATES, BatchSizeResults
from report.record.reader import Arm, Records, Results

SMALL_ONES, LARGE_ONES = (16, 64), (1024, 4096)
LABELS = {"epochs": "equal epochs", "updates": "equal updates"}


def arm_of(records: Records, budget: str, batch_size: int) -> Arm[BatchSizeResults]:
    """Return the runs of one batch size under one budget."""
    return records.select("batch_size", BatchSizeResults, budget=budget, batch_size=batch_size)


def over_batch_sizes(
    label: str, arms: dict[int, Arm[Results]], value: Callable[[Results], float], scale: float = 1.0
) -> Series:
    """Draw the mean of a number over seeds against batch size, with the range of the seeds as its band."""
    return middle_and_range(
        label, {batch_size: np.array(arm.values(value)) * scale for batch_size, arm in arms.items()}
    )


def all_arms(records: Records, budget: str) -> dict[int, Arm[BatchSizeResults]]:
    """Return the runs of every batch size under one budget."""
    return {batch_size: arm_of(records, budget, batch_size) for batch_size in RATES[budget]}


def final_test_accuracy(run: BatchSizeResults) -> float:
    """Return the share of test images recognised at the end: of ten epochs the last three, else after the last update."""
    trained = run.test_accuracy[1:]  # the first is of the initial weights
    return at_the_end(trained) if run.epochs[-1] == 10 else trained[-1]


def _best(records: Records, budget: str, batch_sizes: tuple[int, ...]) -> Arm[BatchSizeResults]:
    """Return the batch size that did best on the held-out images; the test images choose nothing."""
    arms = [arm_of(records, budget, batch_size) for batch_size in batch_sizes if batch_size in RATES[budget]]
    return max(arms, key=lambda arm: float(np.mean(arm.values(lambda run: run.validation_accuracy[-1]))))


@answer.claim(
    "Q2.5",
    "Small batches may generalise better, as they update more often and see more variety in each epoch.",
    Conditions({"equal epochs": Above(MARGIN), "equal updates": Above(MARGIN), "equal training loss": Above(MARGIN)}),
    place="Q2, generalisation",
    note=(
        "Under equal epochs and updates, the sizes compared were picked by held-out accuracy. Neither compares networks trained equally far: "
        "equal epochs give small batches more updates, and equal updates give large batches more images. After equal updates the accuracy "
        "is that of the last update alone."
    ),
    constants={
        "small_sizes": " or ".join(map(str, SMALL_ONES)),
        "large_sizes": " or ".join(map(str, LARGE_ONES)),
        "small": SMALL,
        "large": LARGE,
        "level": LEVEL,
    },
)
def generalisation(records: Records) -> tuple[Estimate, ...]:
    """Test accuracy of batch size {small_sizes} minus {large_sizes}, equal epochs, equal updates; {small} minus {large} at a training loss of {level} nats."""
    by_budget = (
        accuracy_points(_best(records, budget, SMALL_ONES), _best(records, budget, LARGE_ONES), final_test_accuracy)
        for budget in BUDGETS
    )
    small, large = (moments(records, "relu1", size) for size in (SMALL, LARGE))
    return *by_budget, accuracy_points(small, large, lambda moment: moment.test_accuracy)


@answer.number("best-small-epochs", "epochs", SMALL_ONES)
@answer.number("best-large-epochs", "epochs", LARGE_ONES)
@answer.number("best-small-updates", "updates", SMALL_ONES)
@answer.number("best-large-updates", "updates", LARGE_ONES)
def best_size(records: Records, budget: str, batch_sizes: tuple[int, ...]) -> Estimate:
    """Return the batch size that did best on the held-out images."""
    size = _best(records, budget, batch_sizes).parameters["batch_size"]
    return exact(size, unit="images", n=len(batch_sizes), n_of="batch sizes")


@answer.number("accuracy-epochs-small", "epochs", 16)
@answer.number("accuracy-epochs-large", "epochs", 4096)
@answer.number("accuracy-updates-small", "updates", 16)
@answer.number("accuracy-updates-large", "updates", 1024)
def accuracy(records: Records, budget: str, batch_size: int) -> Estimate:
    """Estimate the final test accuracy of one arm."""
    arm = arm_of(records, budget, batch_size)
    return over_seeds(arm, lambda run: final_test_accuracy(run) * PERCENT, unit="percent")


@answer.figure("q2-accuracy")
def accuracy_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw test accuracy against batch size under both budgets."""
    arms = {budget: all_arms(records, budget) for budget in BUDGETS}
    series = [over_batch_sizes(LABELS[b], found, final_test_accuracy, PERCENT) for b, found in arms.items()]
    ends = "; ".join(
        f"under {s.label} from {s.y[0]:.1f} % at batch size {s.x[0]:.0f} to {s.y[-1]:.1f} % at {s.x[-1]:.0f}"
        for s in series
    )
    return FigureSpec(
        chart=line_chart(*series, x_label="batch size", y_label="test accuracy (%)", x_scale="log"),
        title=by_verdict(
            findings["Q2.5"],
            supported="Small batches generalise better, whatever is held equal",
            refuted="Small batches do not generalise better, whatever is held equal",
            depends=_what_depends(findings["Q2.5"]),
            undetermined="Whether small batches generalise better is not settled by these runs",
            withheld="Test accuracy by batch size, at equal epochs and at equal updates",
        ),
        alt=f"Test accuracy against batch size: {ends}.",
        caption=(
            f"784-128-10 network, 50,000 training images, learning rate chosen on held-out images for every point. Solid: after "
            f"ten epochs (mean of the last three). Dashed: after {arms['updates'][SMALL].results[0].num_updates:,} updates, without batches of 4096, which "
            f"would need 240 epochs for that many. Line: mean of {len(arms['epochs'][SMALL].results)} seeds; band: their range."
        ),
    )


def _what_depends(finding: Finding) -> str:
    """Name the conditions under which small batches do better, do not, and those that are not settled."""
    parts = [f"Small batches do better at {names_of(finding, 'supported')}, not at {names_of(finding, 'refuted')}"]
    if unsettled := names_of(finding, "undetermined"):
        parts.append(f"no difference is settled at {unsettled}")
    return "; ".join(parts)
