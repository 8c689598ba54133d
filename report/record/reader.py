"""The valid records of a report, as answers read them: the results of an arm, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from report.plan import Role, Run
from report.record.store import Record, RecordStore

Results = TypeVar("Results")
Other = TypeVar("Other")


class NoRecords(Exception):
    """An answer asked for records that don't exist (yet): what needs them is shown as missing."""


ArmName = tuple[str, str]
"""Experiment and arm."""


class SeedCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the planned seeds have all their records."""

    done: int
    planned: int

    @property
    def complete(self) -> bool:
        """Whether no record is missing."""
        return self.done == self.planned


@dataclass(frozen=True)
class Arm(Generic[Results]):
    """The results of one arm of an experiment, seed by seed."""

    by_seed: dict[int, Results]
    ids: dict[int, str]
    """Id of each seed's run."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Of the arm's runs, which have them in common."""

    @property
    def results(self) -> list[Results]:
        """Results in the order of their seeds."""
        return [self.by_seed[seed] for seed in sorted(self.by_seed)]

    @property
    def records(self) -> tuple[str, ...]:
        """Ids of the runs, in the same order."""
        return tuple(self.ids[seed] for seed in sorted(self.ids))

    def values(self, of: Callable[[Results], float]) -> list[float]:
        """Return one number of each run."""
        return [of(result) for result in self.results]

    def mean(self, of: Callable[[Results], float]) -> float:
        """Return the mean of one number over the runs."""
        return float(np.mean(self.values(of)))

    def each(self, make: Callable[[Results], Other]) -> Arm[Other]:
        """Apply a function to each run's results."""
        return Arm({seed: make(results) for seed, results in self.by_seed.items()}, self.ids, self.parameters)

    def where(self, predicate: Callable[[Results], bool]) -> Arm[Results]:
        """Keep the runs whose results satisfy a predicate."""
        return self._only(seed for seed, results in self.by_seed.items() if predicate(results))

    def paired_with(self, other: Arm[Results]) -> tuple[Arm[Results], Arm[Results]]:
        """Keep the seeds that both arms have."""
        seeds = sorted(self.by_seed.keys() & other.by_seed.keys())
        if not seeds:
            raise NoRecords("no seed has both arms")
        return self._only(seeds), other._only(seeds)

    def _only(self, seeds: Iterable[int]) -> Arm[Results]:
        kept = list(seeds)
        return Arm({s: self.by_seed[s] for s in kept}, {s: self.ids[s] for s in kept}, self.parameters)


def ids_of(arms: Iterable[Arm[Any]]) -> tuple[str, ...]:
    """Return the ids of the runs of some arms."""
    return tuple(id for arm in arms for id in arm.records)


class Records:
    """
    The valid records of one plan, as answers read them.

    Parameters
    ----------
    store : RecordStore
        Where the records are.
    runs : iterable of Run
        The plan whose records count.
    timings : iterable of Record
        Records made on another machine, of arms that the plan does not have. Where the plan has an arm, its own count.

    Attributes
    ----------
    by_id : dict of str to Record
        Every record by the id of its run, in the order of the plan, then the timings: what answers name in `records`.
    """

    def __init__(self, store: RecordStore, runs: Iterable[Run], timings: Iterable[Record] = ()) -> None:
        self._store, self._runs, self._timings = store, list(runs), list(timings)
        self._planned: dict[ArmName, list[Run]] = {}
        for run in self._runs:
            self._planned.setdefault((run.experiment, run.arm), []).append(run)
        self._read: set[ArmName] = set()
        self._own = store.valid(self._runs)
        elsewhere = {t.run: t for t in self._timings if (t.experiment, t.arm) not in self._planned}
        self.by_id = self._own | elsewhere
        self._arms: dict[ArmName, list[Record]] = {}
        for record in self.by_id.values():
            self._arms.setdefault((record.experiment, record.arm), []).append(record)
        self._converted: dict[tuple[str, str, type], Arm[Any]] = {}

    def accelerators(self) -> list[str]:
        """List the accelerators that were timed on other machines, by name."""
        return sorted({record.environment.device for id, record in self.by_id.items() if id not in self._own})

    def threads(self, *, exclusive: bool) -> list[int]:
        """List the numbers of threads of this machine's runs: of those that had it to themselves, or of the others."""
        return sorted({record.environment.threads for record in self._own.values() if record.exclusive == exclusive})

    def arm(self, experiment: str, arm: str, results: type[Results]) -> Arm[Results]:
        """
        Return the arm of a name.

        Raises
        ------
        NoRecords
            If no seed of it has a valid record.
        """
        self._read.add((experiment, arm))
        found = self._arms.get((experiment, arm))
        if not found:
            raise NoRecords(f"{experiment}: {arm}")
        key = (experiment, arm, results)
        if key not in self._converted:
            self._converted[key] = Arm(
                {record.seed: msgspec.convert(record.results, results) for record in found},
                {record.seed: record.run for record in found},
                found[0].parameters,
            )
        return self._converted[key]

    def arms(
        self, experiment: str, results: type[Results], *, role: Role = "main", **parameters: Any
    ) -> list[Arm[Results]]:
        """
        List the arms whose runs have a role and some parameters, in the order of the plan.

        Parameters
        ----------
        experiment : str
            Its name.
        results : type
            What the results are converted to.
        role : {"main", "trial"}
            Whether to list the arms that are compared or the trials of learning rates.
        **parameters
            Values that the arm's parameters must have.
        """
        for (of, arm), runs in self._planned.items():
            if of == experiment and runs[0].role == role and parameters.items() <= runs[0].parameters.items():
                self._read.add((of, arm))  # also without any record: then it is missing from the list
        return [
            self.arm(experiment, arm, results)
            for (of, arm), records in self._arms.items()
            if of == experiment and records[0].role == role and parameters.items() <= records[0].parameters.items()
        ]

    def select(self, experiment: str, results: type[Results], **parameters: Any) -> Arm[Results]:
        """
        Return the one arm whose runs have some parameters.

        Raises
        ------
        NoRecords
            If there is none with a valid record.
        ValueError
            If there are several: the parameters don't tell them apart.
        """
        found = self.arms(experiment, results, **parameters)
        if not found:
            raise NoRecords(f"{experiment}: {parameters}")
        if len(found) > 1:
            raise ValueError(f"{len(found)} arms of {experiment} have {parameters}")
        return found[0]

    def costs(self) -> dict[str, Record]:
        """
        Return the records made on this machine, of which each says what its run took, by id in the order of the plan.

        Raises
        ------
        NoRecords
            If all of them are of runs that measure time: these say little about the time of a report.
        """
        if all(record.exclusive for record in self._own.values()):
            raise NoRecords("runs that train")
        self._read.update((record.experiment, record.arm) for record in self._own.values())
        return self._own

    @contextmanager
    def watch(self) -> Iterator[set[ArmName]]:
        """Collect the names of the arms that are read in this context, also of those without any record."""
        before, self._read = self._read, set()
        try:
            yield self._read
        finally:
            before.update(self._read)
            self._read = before

    def ids_of(self, arms: Collection[ArmName]) -> tuple[str, ...]:
        """Return the ids of the records of some arms, in the order of the plan."""
        return tuple(id for id, record in self.by_id.items() if (record.experiment, record.arm) in arms)

    def seeds_of(self, arms: Iterable[ArmName]) -> SeedCount:
        """Count the seeds that are planned for some arms, and those of which every run has a record."""
        runs = [run for arm in arms for run in self._planned.get(arm, ()) if run.role == "main"]
        missing = {run.seed for run in runs if run.id not in self._own}
        planned = {run.seed for run in runs}
        return SeedCount(done=len(planned - missing), planned=len(planned))

    def halves(self) -> tuple[Records, Records]:
        """
        Return the records of the even and of the odd seeds, as two reports that share no seed.

        Both have the trials, the timings, and every other run that has a single seed.
        """
        shared = {
            arm for arm, runs in self._planned.items() if len(runs) == 1 or runs[0].exclusive or runs[0].role == "trial"
        }
        even, odd = (
            Records(
                self._store,
                [run for run in self._runs if (run.experiment, run.arm) in shared or run.seed % 2 == parity],
                self._timings,
            )
            for parity in (0, 1)
        )
        return even, odd
