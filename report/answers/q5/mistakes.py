"""Question 5, what it costs to leave out a line of the loop: the accuracy lost, and the training loss meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict, with_arguments
from report.answers.charts import IntervalChart, LineChart, Panel, Series
from report.answers.curves import PERCENT, accuracy_at_the_end, at_the_end, mean_and_range, over_seeds, up_to
from report.answers.intervals import row
from report.answers.q5 import answer
from report.answers.trained import printed_epochs
from report.conclude.claims import MARGIN
from report.conclude.interval_rules import Above
from report.conclude.statistics import Estimate, exact
from report.conclude.verdicts import ASSESSED
from report.experiments.mistakes import MistakesResults
from report.experiments.training import Curve
from report.record.reader import Arm, Records, ids_of

LABELS = {
    "never_zeroed": "gradients never zeroed",
    "double_softmax": "softmax before cross-entropy",
    "pixels_0_to_255": "pixels 0 to 255",
    "pixels_0_to_1": "pixels 0 to 1",
    "sorted": "sorted by label, not shuffled",
    "unshuffled": "in the files' order, not shuffled",
}
TRAINED_ELSEWHERE = {"correct": "from_logits", "double_softmax": "as_published"}
"""Loops that are the first epochs of runs of `epochs`."""
CLAIMS = {
    "never_zeroed": ("Q5.4a", "Leaving out optimizer.zero_grad() costs accuracy."),
    "pixels_0_to_255": ("Q5.4c", "Leaving pixels at 0 to 255 costs accuracy."),
    "pixels_0_to_1": ("Q5.4d", "Leaving out Normalize (pixels 0 to 1) costs accuracy."),
    "sorted": ("Q5.4e", "Leaving out the shuffling of images sorted by label costs accuracy."),
    "unshuffled": ("Q5.4f", "Leaving out the shuffling of images in the files' own order costs accuracy."),
}
"""By loop: id and words of the claim that it tests."""

answer.see("Q5.4b", "Softmax before cross-entropy costs accuracy.", "P1.5")


def runs_of(records: Records, name: str) -> Arm[MistakesResults]:
    """Return a loop's runs, all of equally many epochs and with the same seeds."""
    if name not in TRAINED_ELSEWHERE:
        return records.arm("mistakes", name, MistakesResults)
    loops = records.arm("mistakes", "never_zeroed", MistakesResults)
    epochs = len(loops.results[0].test_accuracy)
    curves = printed_epochs(records, TRAINED_ELSEWHERE[name])
    return curves.each(lambda curve: _as_loop(up_to(curve, epochs))).paired_with(loops)[0]


def _as_loop(curve: Curve) -> MistakesResults:
    """Return a training curve as the results of a loop; `fit` would not have finished one whose loss was not finite."""
    same = ("running_loss", "mean_of_batch_means", "test_loss", "test_accuracy", "seconds")
    fields = {name: getattr(curve, name) for name in same}
    return MistakesResults(**fields, recognition=curve.recognition[-1], diverged_at_step=None)


def final_accuracy(run: MistakesResults) -> float:
    """Return the test accuracy at the end, in percent."""
    return at_the_end(run.test_accuracy) * PERCENT


def last_training_loss(run: MistakesResults) -> float:
    """Return the mean training loss of the last epoch, in nats; NaN if it was not a finite number."""
    return run.running_loss[-1] or float("nan")


def last_test_loss(run: MistakesResults) -> float:
    """Return the test loss after the last epoch, in nats; NaN if it was not a finite number."""
    return run.test_loss[-1] or float("nan")


def costs_by_seed(records: Records, name: str) -> tuple[Estimate, list[float]]:
    """Estimate the accuracy that a loop loses against the correct one; return each seed's loss of accuracy as well."""
    correct, wrong = (runs_of(records, of).each(lambda run: run.recognition) for of in ("correct", name))
    return accuracy_at_the_end(correct, wrong, signed=False, settings={"epochs": wrong.results[0].last_epoch})


@answer.number("softmax-cost", "double_softmax")
def cost_of(records: Records, name: str) -> Estimate:
    """Estimate the test accuracy of the correct loop minus that of the loop with the mistake."""
    return costs_by_seed(records, name)[0]


@answer.number("correct-accuracy", "correct", final_accuracy, "percent")
@answer.number("sorted-training-loss", "sorted", last_training_loss, "nats")
@answer.number("correct-training-loss", "correct", last_training_loss, "nats")
@answer.number("sorted-test-loss", "sorted", last_test_loss, "nats")
def of_loop(records: Records, name: str, value: Callable[[MistakesResults], float], unit: str) -> Estimate:
    """Estimate one number of a loop: its mean over seeds."""
    return over_seeds(runs_of(records, name), value, unit=unit)


@answer.number("mistakes-seeds")
def num_seeds(records: Records) -> Estimate:
    """Count the seeds of each mistake."""
    number = len(runs_of(records, "sorted").results)
    return exact(number, unit="seeds", n=number, n_of="seeds")


@answer.number("gap-of-batch-means")
def gap_of_batch_means(records: Records) -> Estimate:
    """
    Estimate by how much the mean of batch means misstates the epoch's loss, in percent.

    It is the largest error of any epoch: errors of either sign would cancel in a mean over epochs.
    """

    def largest_gap(run: MistakesResults) -> float:
        pairs = zip(run.mean_of_batch_means, run.running_loss, strict=True)
        finite = [(wrong, right) for wrong, right in pairs if wrong is not None and right is not None]
        return max(abs(wrong - right) / right * PERCENT for wrong, right in finite)

    return over_seeds(runs_of(records, "correct"), largest_gap, unit="percent")


@answer.number("diverged")
def diverged(records: Records) -> Estimate:
    """Count the runs with gradients never zeroed whose loss stopped being a number."""
    arm = runs_of(records, "never_zeroed")
    found = sum(run.diverged_at_step is not None for run in arm.results)
    return exact(found, unit="runs", n=len(arm.results), n_of="seeds")


@answer.figure("q5-mistakes")
def costs(records: Records, findings: Findings) -> FigureSpec:
    """Draw each mistake's cost in test accuracy, with its interval."""
    found = {name: costs_by_seed(records, name) for name in LABELS}
    rows = [row(LABELS[name], estimate, points=points) for name, (estimate, points) in found.items()]
    costly = sum(findings[claim].verdict == "supported" for claim, _ in CLAIMS.values())
    costly += (found["double_softmax"][0].low or 0.0) > MARGIN  # its claim, in Part 1, is on all epochs
    judged = any(findings[claim].verdict in ASSESSED for claim, _ in CLAIMS.values())
    epochs = len(runs_of(records, "correct").results[0].test_accuracy)
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="test accuracy lost (pp)", margin=MARGIN),
        title=(
            f"{costly} of {len(rows)} mistakes, made one at a time, cost accuracy"
            if judged
            else "Test accuracy lost by one mistake at a time"
        ),
        caption=(
            f"Mean of the last {min(3, epochs)} of {epochs} epochs, correct loop minus the loop with the mistake, "
            f"{next(iter(found.values()))[0].n} seeds. Bars: 95 % intervals over seeds and test images; points: seeds. "
            "The verdict on the softmax is in Part 1."
        ),
        records=tuple(dict.fromkeys(id for estimate, _ in found.values() for id in estimate.records)),
    )


@answer.figure("q5-mistakes-curves")
def curves(records: Records, findings: Findings) -> FigureSpec:
    """Draw the training loss of each loop and how its model does on the test images."""
    arms = {label: runs_of(records, name) for name, label in {"correct": "correct", **LABELS}.items()}
    losses = [_line(label, [run.running_loss for run in arm.results]) for label, arm in arms.items()]
    accuracies = [
        _line(label, [[share * PERCENT for share in run.test_accuracy] for run in arm.results])
        for label, arm in arms.items()
    ]
    by_label = {series.label: series for series in accuracies}
    correct, unshuffled = (np.array(by_label[label].y) for label in ("correct", LABELS["unshuffled"]))
    coincide = bool(np.abs(correct - unshuffled).max() < 0.5)
    neutral = "The printed loss of each loop, and how well its model does"
    return FigureSpec(
        chart=LineChart(
            panels=[
                Panel(series=losses, x_label="epoch", y_label="mean training loss of the epoch (nats)", y_scale="log"),
                Panel(series=accuracies, x_label="epoch", y_label="test accuracy (%)"),
            ]
        ),
        title=by_verdict(findings["Q5.4e"], supported=_title(records, neutral), refuted=neutral, withheld=neutral),
        alt="Test accuracy after the last epoch: "
        + "; ".join(f"{label} {series.y[-1]:.1f} %" for label, series in by_label.items())
        + ".",
        caption=(
            f"The line is the mean of {len(arms['correct'].results)} seeds, the band their range. The loss of softmax before "
            "cross-entropy has another scale: it cannot fall below 1.46. A line ends where a loss was not a finite number. Accuracies "
            f"are those after each epoch; the costs come from the mean of the last {min(3, len(correct))}."
            + (" The line of the files' order covers that of the correct loop." if coincide else "")
        ),
        records=ids_of(arms.values()),
    )


def _title(records: Records, otherwise: str) -> str:
    """State that a low printed loss proves nothing, if sorted images show it."""
    losses = {name: np.mean(runs_of(records, name).values(last_training_loss)) for name in ("sorted", "correct")}
    if losses["sorted"] < losses["correct"]:
        return "A low printed loss proves nothing: with sorted images it is the lowest, and the model is poor"
    return otherwise


def _line(label: str, runs: list[list[float]] | list[list[float | None]]) -> Series:
    """Draw the mean and range over seeds, as far as every seed has a finite number."""
    length = next((i for i, column in enumerate(zip(*runs, strict=True)) if None in column), len(runs[0]))
    values = np.array([run[:length] for run in runs], dtype=np.float64)
    return mean_and_range(label, range(1, length + 1), values)


for name, (claim, says) in CLAIMS.items():
    answer.claim(
        claim,
        says,
        Above(MARGIN),
        measured=f"Test accuracy at the end of {{epochs}} epochs, the correct loop minus the one with the mistake: {LABELS[name]}",
        note="A cost of less than the margin of 0.3 pp counts as none." if name == "unshuffled" else "",
    )(with_arguments(cost_of, name))
