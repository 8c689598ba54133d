"""What a report is made of: experiments, the runs that they plan, and the order in which runs are done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec
from jaxtyping import Float32, Int64
from torch import Tensor

ProfileName = Literal["quick", "full"]
Role = Literal["main", "trial"]
PLANNED_SEEDS = 5
"""Seeds of an experiment that doesn't say how many it needs."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a report: `full` is the whole plan, `quick` a first look that withholds verdicts."""

    name: ProfileName = "full"
    seeds: int = PLANNED_SEEDS
    """Scales the seeds of every experiment: with 10, each has twice as many as planned."""
    first_seed: int = 0
    """Seeds count up from here; another start gives a report that shares no seed with this one."""
    device: str = "cpu"

    def pick(self, *, full: Any, quick: Any) -> Any:
        """Return the setting that belongs to this profile."""
        return full if self.name == "full" else quick

    def seeds_of(self, full: int = PLANNED_SEEDS) -> range:
        """Return the seeds of an experiment that is planned with `full` of them; `quick` has `seeds` of each."""
        count = self.pick(full=max(1, round(full * self.seeds / PLANNED_SEEDS)), quick=self.seeds)
        return range(self.first_seed, self.first_seed + count)

    @property
    def trial_seeds(self) -> range:
        """Seeds on which learning rates are chosen."""
        return range(self.first_seed, self.first_seed + self.pick(full=3, quick=1))


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an experiment: an arm with a seed. Runs with the same `id` give the same results."""

    experiment: str = ""
    """Where it is empty, `plan` fills in the experiment that lists the run."""
    arm: str
    """The arm's name within its experiment. It is never taken apart: what varies is in `parameters`, or is the name itself."""
    seed: int
    role: Role = "main"
    """A trial only helps to choose a learning rate."""
    parameters: dict[str, Any] = {}
    device: str = "cpu"
    depends_on: tuple[Run, ...] = ()
    """Runs whose results this one reads: the trials that choose its learning rate, for example."""
    exclusive: bool = False
    """Whether the run measures time, and so must have the machine to itself. Filled in by `plan`."""

    @property
    def id(self) -> str:
        """A file name for this run: readable first, then a digest of everything that defines it."""
        needed = [run.id for run in self.depends_on]
        definition = msgspec.json.encode(
            [self.experiment, self.arm, self.seed, self.role, self.parameters, self.device, needed], order="sorted"
        )
        return f"{self.experiment}.{self.arm}.seed{self.seed}.{hashlib.sha256(definition).hexdigest()[:10]}"


@dataclass(frozen=True)
class Images:
    """Images as the models take them, normalised, with their labels."""

    images: Float32[Tensor, "n 28 28"]
    labels: Int64[Tensor, " n"]

    def __len__(self) -> int:
        """Count the images."""
        return len(self.labels)

    def __getitem__(self, places: slice | Tensor) -> Images:
        """Select images by their places: a slice shares memory, a tensor of places or a mask copies."""
        return Images(self.images[places], self.labels[places])

    def to(self, device: str) -> Images:
        """Move images and labels to a device; without a copy if they are there already."""
        return Images(self.images.to(device), self.labels.to(device))


class Dataset(NamedTuple):
    """All images, resident in main memory."""

    train_images: Float32[Tensor, "train 28 28"]
    train_labels: Int64[Tensor, " train"]
    test_images: Float32[Tensor, "test 28 28"]
    test_labels: Int64[Tensor, " test"]

    @property
    def train(self) -> Images:
        """Training images with their labels."""
        return Images(self.train_images, self.train_labels)

    @property
    def test(self) -> Images:
        """Test images with their labels."""
        return Images(self.test_images, self.test_labels)


Inputs = Mapping[str, Mapping[str, Any]]
"""Results of the runs in `Run.depends_on`, by run id."""


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of runs, and the function that does one of them. Its name is that of its module."""

    plan: Callable[[Profile], Iterable[Run]]
    measure: Callable[[Run, Dataset, Inputs], msgspec.Struct]
    """Returns the results. Fields named `seconds` hold clock times, which differ from run to run; all else is repeatable."""
    exclusive: bool = False
    """Whether its runs measure time, and so must have the machine to themselves."""


def plan(experiments: Mapping[str, Experiment], profile: Profile) -> list[Run]:
    """
    List every run, each after those that it depends on.

    Parameters
    ----------
    experiments : mapping of str to Experiment
        What to measure, by name.
    profile : Profile
        Sizes, seeds and device.

    Returns
    -------
    list of Run
        By seed, so that the first seed's results are there early; runs that measure time come last of all.
    """
    exclusive = {name for name, experiment in experiments.items() if experiment.exclusive}
    runs: dict[str, Run] = {}

    def add(run: Run, name: str) -> Run:
        run = msgspec.structs.replace(
            run,
            experiment=run.experiment or name,
            device=profile.device,
            depends_on=tuple(add(needed, name) for needed in run.depends_on),
            exclusive=(run.experiment or name) in exclusive,
        )
        return runs.setdefault(run.id, run)

    for name, experiment in experiments.items():
        for run in experiment.plan(profile):
            add(run, name)
    turn = _turns(runs)
    return sorted(runs.values(), key=lambda run: (run.exclusive, turn[run.id]))


def _turns(runs: Mapping[str, Run]) -> dict[str, int]:
    """Return the seed with which each run is done: its own, or a lower one that depends on it."""
    turn = {id: run.seed for id, run in runs.items()}
    for run in reversed(list(runs.values())):  # each after those that depend on it
        for needed in run.depends_on:
            turn[needed.id] = min(turn.get(needed.id, run.seed), turn[run.id])
    return turn


def phases(
    runs: Iterable[Run], first_seed: int, seconds: Callable[[Run], float], first_seconds: float
) -> list[list[Run]]:
    """
    Split a plan where a site can be published: after the first short runs, and then after each seed.

    Runs that measure time are in none of the phases: they need the machine to themselves.

    Parameters
    ----------
    runs : iterable of Run
        The plan, or a part of it.
    first_seed : int
        The profile's first seed.
    seconds : callable
        Returns how long a run is expected to take.
    first_seconds : float
        What the first short runs take in all. They are runs of the first seed that depend on no others. If the whole first
        seed takes less than twice as long, it is the first phase.

    Returns
    -------
    list of list of Run
        None of them is empty.
    """
    shared = {run.id: run for run in runs if not run.exclusive}
    turn = _turns(shared)
    of_first_seed = [run for run in shared.values() if turn[run.id] <= first_seed]
    short: list[Run] = []
    if sum(map(seconds, of_first_seed)) > 2 * first_seconds:
        for run in sorted(of_first_seed, key=seconds):
            if run.role == "main" and not run.depends_on and sum(map(seconds, [*short, run])) <= first_seconds:
                short.append(run)
    rest: dict[int, list[Run]] = {}
    for run in shared.values():
        if run not in short:
            rest.setdefault(max(turn[run.id], first_seed), []).append(run)
    return [phase for phase in (short, *(rest[seed] for seed in sorted(rest))) if phase]
