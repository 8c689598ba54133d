"""Question 5, by what a reader of a loop's printout would notice each mistake."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from report.answers.answer import Findings, TableSpec
from report.answers.q5 import answer
from report.answers.q5.mistakes import LABELS, costs_by_seed, final_accuracy, last_printed_loss, runs_of
from report.experiments.mistakes import MistakesResults
from report.record.reader import Arm, Records

GUESSING = math.log(10)
"""Cross-entropy of even probabilities for ten classes, in nats."""


def symptom_of(run: MistakesResults, correct: MistakesResults) -> str:
    """Describe what a reader of a run's printout would notice, beside the correct loop's with the same seed."""
    first, last, test = run.running_loss[0], run.running_loss[-1], run.test_loss[-1]
    if first is None or last is None or test is None or run.diverged_at_step:
        return "the loss becomes NaN or infinite"
    if abs(last - GUESSING) < 0.05:
        return "the loss stays at 2.30, that of guessing"
    if last > first:
        return "the loss rises"
    if test > 2 * last:
        return "the printed loss is low, the test loss more than twice as high"
    if last > 1.46:
        return "the loss falls, but never below 1.46"
    if last > 1.05 * last_printed_loss(correct):
        return "the loss falls more slowly than it should"
    return "none: the printout looks right"


def _commonest_symptom(wrong: Arm[MistakesResults], correct: Arm[MistakesResults]) -> str:
    a, b = wrong.paired_with(correct)
    symptoms = Counter(symptom_of(run, right) for run, right in zip(a.results, b.results, strict=True))
    ((symptom, count),) = symptoms.most_common(1)
    return symptom if count == len(a.results) else f"{symptom} ({count} of {len(a.results)} runs)"


@answer.table("q5-mistakes-table")
def overview(records: Records, findings: Findings) -> TableSpec:
    """List what it costs to leave out a line, and by what a reader of the printout would know."""
    correct = runs_of(records, "correct")
    rows: list[list[str | float | int]] = []
    ids: tuple[str, ...] = ()
    for name, label in {"correct": "nothing: the correct loop", **LABELS}.items():
        arm = runs_of(records, name)
        ids += arm.records
        symptom = "" if name == "correct" else _commonest_symptom(arm, correct)
        cost = 0.0 if name == "correct" else costs_by_seed(records, name)[0].value
        rows.append([label, symptom, *_printed(arm), float(np.mean(arm.values(final_accuracy))), cost])
    return TableSpec(
        title="Mistakes, what they cost, and how to recognise them",
        caption=("Means over seeds. Losses are as printed after the first and the last epoch, in nats."),
        columns=["what is wrong", "symptom", "first loss", "last loss", "test accuracy (%)", "cost (pp)"],
        rows=rows,
        records=ids,
    )


def _printed(arm: Arm[MistakesResults]) -> list[str | float]:
    """Return the first and the last printed loss, as means over the seeds whose losses are numbers."""
    printed: list[str | float] = []
    for epoch in (0, -1):
        losses = [loss for run in arm.results if (loss := run.running_loss[epoch]) is not None]
        printed.append(float(np.mean(losses)) if losses else "not a number")
    return printed
