"""Where the time of a report goes: core-seconds by experiment, and what was saved by sharing runs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from report.answers.answer import Cell, Findings, TableSpec
from report.answers.speed import answer
from report.conclude.formatting import with_unit
from report.record.reader import Records
from report.record.store import Record


@dataclass
class ExperimentCost:
    """What the recorded runs of one experiment took."""

    arms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Core-seconds of each run, by arm."""
    trials: float = 0.0
    """Core-seconds of the runs that only chose a learning rate."""
    readers: set[str] = field(default_factory=set)
    """Other experiments that read these runs."""
    saved: float = 0.0
    """Core-seconds that those would have taken to do the runs again."""

    @property
    def runs(self) -> int:
        """Number of runs."""
        return sum(map(len, self.arms.values()))

    @property
    def seconds(self) -> float:
        """Core-seconds of all runs."""
        return sum(map(sum, self.arms.values()))

    def costliest(self) -> str:
        """Name the arm that took most, with its share."""
        arm = max(self.arms, key=lambda name: sum(self.arms[name]))
        return f"{arm}: {_percent(sum(self.arms[arm]) / self.seconds)}"


def _percent(share: float) -> str:
    return with_unit(f"{share * 100:.0f}", "percent")


def core_seconds(record: Record) -> float:
    """Return the seconds of a run times the threads that were its own."""
    return record.wall_seconds * record.environment.threads


def by_experiment(records: dict[str, Record]) -> dict[str, ExperimentCost]:
    """Add up the records of each experiment, the costliest first."""
    costs: dict[str, ExperimentCost] = defaultdict(ExperimentCost)
    readers: dict[str, set[str]] = defaultdict(set)
    for record in records.values():
        for needed in record.depends_on:
            readers[needed].add(record.experiment)
    for id, record in records.items():
        cost, seconds = costs[record.experiment], core_seconds(record)
        others = readers[id] - {record.experiment}
        cost.arms[record.arm].append(seconds)
        cost.trials += seconds * (record.role == "trial")
        cost.readers |= others
        cost.saved += seconds * len(others)
    return dict(sorted(costs.items(), key=lambda item: -item[1].seconds))


@answer.table("speed-costs")
def cost_table(records: Records, findings: Findings) -> TableSpec:
    """List what the runs of every experiment took."""
    recorded = records.costs()
    costs = by_experiment(recorded)
    total = sum(cost.seconds for cost in costs.values())
    rows = [_row(name, cost, total) for name, cost in costs.items()]
    trials, saved = (sum(of) for of in zip(*((cost.trials, cost.saved) for cost in costs.values()), strict=True))
    rows.append(["all", len(recorded), round(total), _percent(1.0), round(trials), "", round(saved), ""])
    return TableSpec(
        title="Where the time of this report went",
        caption=(
            "In core-seconds: the seconds of every recorded run times its threads. Trials choose "
            "learning rates. Saved is what other experiments would have taken to repeat the runs of this one that they read."
        ),
        columns=["experiment", "runs", "core-seconds", "share", "of which trials", "costliest arm", "saved", "read by"],
        rows=rows,
    )


def _row(name: str, cost: ExperimentCost, total: float) -> list[Cell]:
    taken: list[Cell] = [name, cost.runs, round(cost.seconds), _percent(cost.seconds / total), round(cost.trials)]
    return [*taken, cost.costliest(), round(cost.saved), ", ".join(sorted(cost.readers))]
