"""Repeat recorded runs, and check that the results match their records within the tolerance of `report.record.tolerance`."""

from __future__ import annotations

import itertools
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from report.plan import Run
from report.record.store import Record, RecordStore
from report.record.tolerance import ALLOWED_DEVIATIONS, Comparison, compare, machine_changes
from report.run.executor import Failure, Runner


def choose(runs: Sequence[Run], sample: int | None, draw: int) -> list[Run]:
    """Choose `sample` runs at random with the seed `draw`, in the order of the plan; all runs if `sample` is None."""
    if sample is None or sample >= len(runs):
        return list(runs)
    places = random.Random(draw).sample(range(len(runs)), sample)  # noqa: S311 - the choice must be repeatable
    return [runs[place] for place in sorted(places)]


def repeat(runs: Iterable[Run], store: RecordStore, make_runner: Callable[[RecordStore], Runner]) -> None:
    """
    Measure recorded runs again, without changing their records.

    Parameters
    ----------
    runs : iterable of Run
        Each has a valid record, and so have the runs that it depends on. It reads the same results again.
    store : RecordStore
        The records; they are only read.
    make_runner : callable
        Makes a runner for a temporary store.
    """
    # Runs of one depth don't depend on each other, so every input can be the recorded one.
    for _, layer in itertools.groupby(sorted(runs, key=_depth), key=_depth):
        with tempfile.TemporaryDirectory(prefix="fmnist-ref-") as temporary:
            again = RecordStore(Path(temporary), store.data_sha256)
            chosen = list(layer)
            for run in chosen:
                _copy_needs(run, store, again)
            make_runner(again).run(chosen)


def judge(run: Run, outcome: Record | Failure, recorded: Iterable[Run], store: RecordStore) -> Comparison:
    """Compare a repetition with its record; the recorded seeds of its arm say how much results spread."""
    if isinstance(outcome, Failure):
        return Comparison("not measured", outcome.why)
    arm = store.valid(other for other in recorded if (other.experiment, other.arm) == (run.experiment, run.arm))
    record = arm[run.id]
    comparison = compare(record, outcome, list(arm.values()))
    changes = machine_changes(record.environment, outcome.environment)
    return replace(comparison, machine=tuple(changes))


def describe(run: Run, comparison: Comparison) -> str:
    """Return the result of one repetition as a line of text."""
    times = " (its times are not compared)" if run.exclusive else ""
    why = f": {comparison.why}" if comparison.why else ""
    return f"{comparison.outcome:25}{run.experiment} {run.arm} seed {run.seed}{times}{why}"


def summary(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the result of all repetitions, and the tolerance that they were compared with, as lines of text."""
    counts = Counter(comparison.outcome for comparison in comparisons)
    changes = sorted({change for comparison in comparisons for change in comparison.machine})
    lines = [f"{sum(c.agrees for c in comparisons)} of {len(comparisons)} agree with their records: "]
    lines[0] += ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items())) + "."
    if changes:
        lines.append(
            f"Recorded on another kind of machine ({'; '.join(changes)}). Rounding may differ there, so a run agrees if "
            f"each field is within {ALLOWED_DEVIATIONS:g} standard deviations of its record, taken over the seeds of its "
            "arm; a curve is compared by its root mean square."
        )
    else:
        lines.append("Recorded on the same kind of machine, so a run agrees only if everything but times is identical.")
    return lines


def _depth(run: Run) -> int:
    return 1 + max((_depth(needed) for needed in run.depends_on), default=-1)


def _copy_needs(run: Run, store: RecordStore, target: RecordStore) -> None:
    for needed in run.depends_on:
        _copy_needs(needed, store, target)
    for record in store.valid(run.depends_on).values():
        target.write(record)
