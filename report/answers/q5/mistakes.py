"""Question 5, the mistakes: what each costs in test accuracy, and what its loop prints."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import (
    Estimator,
    FigureSpec,
    Findings,
    TableSpec,
    by_verdict,
)
from report.answers.charts import IntervalChart, LineChart, Panel, Series
from report.answers.curves import PERCENT, accuracy_points, difference_row, mean_and_range
from report.answers.q5 import answer
from report.conclude.claims import MARGIN
from report.conclude.rules import Above, Inside
from report.conclude.statistics import Estimate, exact, mean_with_t_interval
from report.experiments.epochs import EpochsResults
from report.experiments.mistakes import MistakesResults
from report.experiments.training import Curve
from report.record.reader import Arm, Records

LABELS = {
    "never_zeroed": "gradients never zeroed",
    "double_softmax": "softmax before cross-entropy",
    "pixels_0_to_255": "pixels left at 0 to 255",
    "sorted": "sorted by label, not shuffled",
    "unshuffled": "the files' order, not shuffled",
}
TRAINED_ELSEWHERE = {"correct": "from_logits", "double_softmax": "as_published"}
"""Loops that are the first epochs of an arm of `epochs`."""
CLAIMS = {
    "never_zeroed": ("Q5.4a", "Leaving out `zero_grad` does no harm."),
    "double_softmax": ("Q5.4b", "Softmax before cross-entropy does no harm."),
    "pixels_0_to_255": ("Q5.4c", "Pixels need no normalising."),
    "sorted": ("Q5.4d", "Images need no shuffling."),
}
"""By loop: id and words of the claim that it tests."""


def _arm(records: Records, name: str) -> Arm[MistakesResults]:
    """Return a loop's runs, all of equally many epochs."""
    if name not in TRAINED_ELSEWHERE:
        return records.arm("mistakes", name, MistakesResults)
    epochs = len(_arm(records, "never_zeroed").results[0].test_accuracy)
    longer = records.arm("epochs", TRAINED_ELSEWHERE[name], EpochsResults)
    return longer.each(lambda run: _first_epochs(run.curve, epochs))


def _first_epochs(curve: Curve, epochs: int) -> MistakesResults:
    """Cut a longer training short; `fit` would not have finished one whose loss was no number."""
    return MistakesResults(
        running_loss=list(curve.running_loss[:epochs]),
        mean_of_batch_means=list(curve.mean_of_batch_means[:epochs]),
        test_loss=list(curve.test_loss[:epochs]),
        test_accuracy=curve.test_accuracy[:epochs],
        recognition=next(found for found in curve.recognition if found.last_epoch == epochs),
        diverged_at_step=None,
        seconds={name: seconds[:epochs] for name, seconds in curve.seconds.items()},
    )


def _final_accuracy(run: MistakesResults) -> float:
    return run.test_accuracy[-1]


def _last_printed_loss(run: MistakesResults) -> float:
    return run.running_loss[-1] or float("nan")


def _of_loop(name: str, value: Callable[[MistakesResults], float], *, unit: str) -> Estimator:
    """Make the measure of one number of a loop: its mean over seeds."""

    def measure(records: Records) -> Estimate:
        arm = _arm(records, name)
        return mean_with_t_interval(arm.values(value), unit=unit, records=arm.records)

    return measure


def cost_of(arm: str) -> Callable[[Records], Estimate]:
    """Make the measure of one mistake: test accuracy with it minus the correct loop's, over the seeds of both."""

    def cost(records: Records) -> Estimate:
        epochs = len(_arm(records, arm).results[0].test_accuracy)
        return accuracy_points(
            _arm(records, arm), _arm(records, "correct"), _final_accuracy, settings={"epochs": epochs}
        )

    return cost


@answer.claim("Q5.4e", "The mean of batch means is the epoch's loss.", Inside(0.1))
def gap_of_batch_means(records: Records) -> Estimate:
    """
    Gap between the mean of batch means and the mean over images, in percent of the latter.

    The largest, since gaps of either sign would cancel in a mean over epochs. Its p-value is against the margin.
    """
    arm = _arm(records, "correct")
    gaps = arm.values(
        lambda run: max(
            abs(wrong - right) / right * PERCENT
            for wrong, right in zip(run.mean_of_batch_means, run.running_loss, strict=True)
            if wrong is not None and right is not None
        )
    )
    return mean_with_t_interval(gaps, unit="percent", null=0.1, records=arm.records)


@answer.number("diverged")
def diverged(records: Records) -> Estimate:
    """Count the runs with gradients never zeroed whose loss stopped being a number."""
    arm = _arm(records, "never_zeroed")
    found = sum(run.diverged_at_step is not None for run in arm.results)
    return exact(found, unit="runs", n=len(arm.results), n_of="seeds", digits=0, records=arm.records)


@answer.figure("q5-mistakes")
def costs(records: Records, findings: Findings) -> FigureSpec:
    """Draw each mistake's cost in test accuracy, with its interval."""
    correct = _arm(records, "correct")
    rows = [difference_row(label, _arm(records, arm), correct, _final_accuracy) for arm, label in LABELS.items()]
    harmful = [LABELS[arm] for arm, (claim, _) in CLAIMS.items() if findings[claim].verdict == "refuted"]
    judged = any(findings[claim].verdict in ("supported", "refuted", "undetermined") for claim, _ in CLAIMS.values())
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="test accuracy, minus the correct loop's (pp)", margin=MARGIN),
        title=(
            f"{len(harmful)} of {len(CLAIMS)} mistakes cost test accuracy"
            if judged
            else "Test accuracy with one thing wrong, minus the correct loop's"
        ),
        alt="Percentage points against the correct loop: " + "; ".join(f"{r.label} {r.value:+.1f}" for r in rows) + ".",
        caption=(
            f"After {len(correct.results[0].test_accuracy)} epochs at the notebook's settings, {len(correct.results)} seeds, "
            "paired. Bars: 95 % intervals; points: seeds. The last row is a control."
        ),
        records=correct.records + tuple(id for arm in LABELS for id in _arm(records, arm).records),
    )


@answer.figure("q5-mistakes-curves")
def curves(records: Records, findings: Findings) -> FigureSpec:
    """Draw what each loop prints and how its model does on the test images."""
    labels = {"correct": "correct", **LABELS}
    arms = {label: _arm(records, arm) for arm, label in labels.items() if arm != "unshuffled"}
    printed = [_line(label, [run.running_loss for run in arm.results]) for label, arm in arms.items()]
    accuracies = [
        _line(label, [[share * PERCENT for share in run.test_accuracy] for run in arm.results])
        for label, arm in arms.items()
    ]
    last = {series.label: series.y[-1] for series in accuracies}
    return FigureSpec(
        chart=LineChart(
            panels=[
                Panel(series=printed, x_label="epoch", y_label="training loss, as printed (nats)", y_scale="log"),
                Panel(series=accuracies, x_label="epoch", y_label="test accuracy (%)"),
            ]
        ),
        title=by_verdict(
            findings["Q5.4d"],
            supported="What each loop prints, and what its model is worth",
            refuted="A printed loss that looks well is no proof: sorted images show it",
            undetermined="What each loop prints, and what its model is worth",
            withheld="What each loop prints, and what its model is worth",
        ),
        alt="Test accuracy at the end: " + "; ".join(f"{label} {value:.1f} %" for label, value in last.items()) + ".",
        caption=(
            f"Line: mean over {len(arms['correct'].results)} seeds; band: their range. The loss of softmax twice is on a scale "
            "of its own. A line ends where a loss was no finite number."
        ),
        records=tuple(id for arm in arms.values() for id in arm.records),
    )


@answer.table("q5-mistakes-table")
def overview(records: Records, findings: Findings) -> TableSpec:
    """List what each loop prints and what its model is worth."""
    rows: list[list[str | float | int]] = []
    ids: tuple[str, ...] = ()
    for name, label in {"correct": "nothing", **LABELS}.items():
        arm = _arm(records, name)
        ids += arm.records
        losses = [run.running_loss[-1] for run in arm.results if run.running_loss[-1] is not None]
        rows.append(
            [
                label,
                float(np.mean(losses)) if losses else "not a number",
                float(np.mean(arm.values(_final_accuracy))) * PERCENT,
                sum(run.diverged_at_step is not None for run in arm.results),
            ]
        )
    return TableSpec(
        caption="The last epoch of each loop, means over seeds (of the loss, over those where it is a number).",
        columns=["what is wrong", "printed training loss (nats)", "test accuracy (%)", "seeds whose loss diverged"],
        rows=rows,
        records=ids,
    )


def _line(label: str, runs: list[list[float]] | list[list[float | None]]) -> Series:
    """Draw the mean and range over seeds, as far as every seed has a finite number."""
    length = next((i for i, column in enumerate(zip(*runs, strict=True)) if None in column), len(runs[0]))
    values = np.array([run[:length] for run in runs], dtype=np.float64)
    return mean_and_range(label, [float(epoch) for epoch in range(1, length + 1)], values)


answer.number("unshuffled-cost")(cost_of("unshuffled"))
answer.number("correct-accuracy")(_of_loop("correct", lambda run: _final_accuracy(run) * PERCENT, unit="percent"))
answer.number("sorted-printed-loss")(_of_loop("sorted", _last_printed_loss, unit="nats"))
answer.number("correct-printed-loss")(_of_loop("correct", _last_printed_loss, unit="nats"))
for arm, (claim, says) in CLAIMS.items():
    measured = f"test accuracy after {{epochs}} epochs, {LABELS[arm]}, minus the correct loop's"
    answer.claim(claim, says, Above(-MARGIN), measured=measured)(cost_of(arm))
