"""The valid records of a report, as answers read them: the results of an arm, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec

from report.plan import Run
from report.record.store import Record, RecordStore

Results = TypeVar("Results")
Other = TypeVar("Other")


class NoRecords(Exception):
    """An answer asked for records that are not there (yet): what needs them is shown as missing."""


class Arm(Generic[Results]):
    """The results of one arm of an experiment, seed by seed."""

    def __init__(self, by_seed: dict[int, Results], ids: dict[int, str]) -> None:
        self.by_seed = by_seed
        self.ids = ids

    @property
    def results(self) -> list[Results]:
        """Results in the order of their seeds."""
        return [self.by_seed[seed] for seed in sorted(self.by_seed)]

    @property
    def records(self) -> tuple[str, ...]:
        """Ids of the runs, in the same order."""
        return tuple(self.ids[seed] for seed in sorted(self.ids))

    def values(self, of: Callable[[Results], float]) -> list[float]:
        """Take one number from each run."""
        return [of(result) for result in self.results]

    def each(self, make: Callable[[Results], Other]) -> Arm[Other]:
        """Make something else of each run's results."""
        return Arm({seed: make(results) for seed, results in self.by_seed.items()}, self.ids)

    def paired_with(self, other: Arm[Results]) -> tuple[Arm[Results], Arm[Results]]:
        """Keep the seeds that both arms have."""
        seeds = sorted(self.by_seed.keys() & other.by_seed.keys())
        if not seeds:
            raise NoRecords("no seed has both arms")
        return self._only(seeds), other._only(seeds)

    def _only(self, seeds: Iterable[int]) -> Arm[Results]:
        kept = list(seeds)
        return Arm({s: self.by_seed[s] for s in kept}, {s: self.ids[s] for s in kept})


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a run took."""

    seed: int
    wall_seconds: float
    peak_memory_bytes: int | None
    """Of the worker, by the end of the run; None where the system does not say."""
    exclusive: bool
    """Whether it had the machine to itself, because it measured time."""


class Records:
    """
    The valid records of one plan, as answers read them.

    Parameters
    ----------
    store : RecordStore
        Where the records lie.
    runs : iterable of Run
        The plan whose records count.
    timings : iterable of Record
        Records made on another machine, of arms that the plan does not have; one that it has is this machine's.
    """

    def __init__(self, store: RecordStore, runs: Iterable[Run], timings: Iterable[Record] = ()) -> None:
        self._found: dict[tuple[str, str], dict[int, tuple[str, dict[str, object]]]] = {}
        self._costs: dict[str, Cost] = {}
        for run in runs:
            record = store.status(run)
            if record.state == "done" and record.record is not None:
                arm = self._found.setdefault((run.experiment, run.arm), {})
                arm[run.seed] = (run.id, record.record.results)
                self._costs[run.id] = Cost(
                    seed=run.seed,
                    wall_seconds=record.record.wall_seconds,
                    peak_memory_bytes=record.record.peak_memory_bytes,
                    exclusive=run.exclusive,
                )
        for timing in timings:
            self._found.setdefault((timing.experiment, timing.arm), {timing.seed: (timing.run, timing.results)})

    def arm(self, experiment: str, arm: str, results: type[Results]) -> Arm[Results]:
        """
        Return one arm's results.

        Raises
        ------
        NoRecords
            If no seed of it has a valid record.
        """
        found = self._found.get((experiment, arm))
        if not found:
            raise NoRecords(f"{experiment}: {arm}")
        return Arm(
            {seed: msgspec.convert(value, results) for seed, (_, value) in found.items()},
            {seed: id for seed, (id, _) in found.items()},
        )

    def costs(self) -> dict[str, Cost]:
        """
        Return what each run took, by its id, in the order of the plan.

        Raises
        ------
        NoRecords
            If there is none that shared the machine: what the others took says little about a report.
        """
        if all(cost.exclusive for cost in self._costs.values()):
            raise NoRecords("runs that train")
        return self._costs

    def arms(self, experiment: str, prefix: str = "") -> list[str]:
        """Name the arms of an experiment that have records, in the order of the plan."""
        return [arm for name, arm in self._found if name == experiment and arm.startswith(prefix)]
