"""Where the time of a report goes: core-seconds by experiment, and what was saved by sharing runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from report.answers.answer import Cell, Findings, TableSpec
from report.answers.speed import answer
from report.conclude.formatting import with_unit
from report.record.reader import Records
from report.record.store import Record


def core_seconds(records: Iterable[Record]) -> float:
    """Return the seconds of some runs, each times the threads that were its own."""
    return sum(record.wall_seconds * record.environment.threads for record in records)


def grouped(records: Iterable[Record], by: Callable[[Record], str]) -> dict[str, list[Record]]:
    """Group records, the costliest group first."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[by(record)].append(record)
    return dict(sorted(groups.items(), key=lambda item: -core_seconds(item[1])))


def readers_of(records: Mapping[str, Record]) -> dict[str, set[str]]:
    """Return the other experiments that read each run, by its id."""
    readers: dict[str, set[str]] = {id: set() for id in records}
    for record in records.values():
        for needed in record.depends_on.keys() & records.keys():
            if record.experiment != records[needed].experiment:
                readers[needed].add(record.experiment)
    return readers


@answer.table("speed-costs")
def cost_table(records: Records, findings: Findings) -> TableSpec:
    """List what the runs of every experiment took."""
    recorded = records.costs()
    readers, total = readers_of(recorded), core_seconds(recorded.values())
    of_experiments = grouped(recorded.values(), lambda record: record.experiment)
    rows = [_row(name, runs, readers, total) for name, runs in of_experiments.items()]
    *taken, _, saved, _ = _row("all", recorded.values(), readers, total)
    rows.append([*taken, "", saved, ""])
    return TableSpec(
        title="Where the time of this report went",
        caption=(
            "In core-seconds: the seconds of every recorded run times its threads. Trials choose "
            "learning rates. Saved is what other experiments would have taken to repeat the runs of this one that they read."
        ),
        columns=["experiment", "runs", "core-seconds", "share", "of which trials", "costliest arm", "saved", "read by"],
        rows=rows,
    )


def _row(name: str, runs: Collection[Record], readers: Mapping[str, set[str]], total: float) -> list[Cell]:
    seconds = core_seconds(runs)
    trials = core_seconds(run for run in runs if run.role == "trial")
    saved = sum(core_seconds([run]) * len(readers[run.run]) for run in runs)
    arm, of_arm = next(iter(grouped(runs, lambda run: run.arm).items()))
    costliest = f"{arm}: {_percent(core_seconds(of_arm) / seconds)}"
    read_by = ", ".join(sorted(set.union(*(readers[run.run] for run in runs))))
    return [name, len(runs), round(seconds), _percent(seconds / total), round(trials), costliest, round(saved), read_by]


def _percent(share: float) -> str:
    return with_unit(f"{share * 100:.0f}", "percent")
