"""Question 5, by what a reader of a loop's printout would notice each mistake."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np

from report.answers.answer import Findings, TableSpec, table_of
from report.answers.q5 import answer
from report.answers.q5.mistakes import LABELS, costs_by_seed, final_accuracy, last_training_loss, runs_of
from report.experiments.mistakes import MistakesResults
from report.record.reader import Arm, Records, ids_of

GUESSING = math.log(10)
"""Cross-entropy of even probabilities for ten classes, in nats."""
HUGE = 10.0
"""Nats: no loss of a correct loop's epoch comes near it."""
TEST_LOSS_HIGHER = "the test loss is about {ratio:.0f} times the training loss"


def symptom_of(run: MistakesResults, correct: MistakesResults) -> str:
    """Describe what a reader of a run's losses would notice, beside the correct loop's with the same seed."""
    first, last, test = run.running_loss[0], run.running_loss[-1], run.test_loss[-1]
    if first is None or last is None or test is None or run.diverged_at_step:
        return "the loss becomes NaN or infinite"
    if abs(last - GUESSING) < 0.05:
        if first > HUGE:
            return "in epoch 1 the loss is huge; it ends near 2.30, that of guessing"
        return "the loss ends near 2.30, that of guessing"
    if last > first:
        return "the loss rises"
    if test > 2 * last:
        return TEST_LOSS_HIGHER
    if last > 1.46 and last > 2 * last_training_loss(correct):
        return "the loss falls, but ends above 1.46, far above that of the correct loop"
    if last > 1.05 * last_training_loss(correct):
        return "the loss falls more slowly than it should"
    return "none: the losses look right"


def _commonest_symptom(wrong: Arm[MistakesResults], correct: Arm[MistakesResults]) -> str:
    a, b = wrong.paired_with(correct)
    symptoms = Counter(symptom_of(run, right) for run, right in zip(a.results, b.results, strict=True))
    ((symptom, count),) = symptoms.most_common(1)
    ratios = [test / last for run in a.results if (test := run.test_loss[-1]) and (last := run.running_loss[-1])]
    if symptom == TEST_LOSS_HIGHER:
        symptom = symptom.format(ratio=np.median(ratios))
    return symptom if count == len(a.results) else f"{symptom} ({count} of {len(a.results)} runs)"


@answer.table("q5-mistakes-table")
def overview(records: Records, findings: Findings) -> TableSpec:
    """List what it costs to leave out a line, and by what a reader of the losses would know."""
    correct = runs_of(records, "correct")
    epochs = len(correct.results[0].test_accuracy)
    labels = {"correct": "nothing: the correct loop", **LABELS}
    arms = {name: runs_of(records, name) for name in labels}
    table = table_of(
        labels,
        {
            "what is wrong": lambda name: labels[name],
            "symptom": lambda name: "" if name == "correct" else _commonest_symptom(arms[name], correct),
            "first loss": lambda name: _mean_loss(arms[name], 0),
            "last loss": lambda name: _mean_loss(arms[name], -1),
            "test accuracy (%)": lambda name: arms[name].mean(final_accuracy),
            "cost (pp)": lambda name: 0 if name == "correct" else costs_by_seed(records, name)[0],
        },
        title="Mistakes, what they cost, and how to recognise them",
        caption=(
            "Means over seeds. First and last loss: the mean training loss of the first and of the last epoch, in nats. Test "
            f"accuracy: mean of the last {min(3, epochs)} of {epochs} epochs."
        ),
    )
    return replace(table, records=ids_of(arms.values()))


def _mean_loss(arm: Arm[MistakesResults], epoch: int) -> str | float:
    """Return the training loss of an epoch, as a mean over the seeds whose losses are numbers."""
    losses = [loss for run in arm.results if (loss := run.running_loss[epoch]) is not None]
    return float(np.mean(losses)) if losses else "not a number"
