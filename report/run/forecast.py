"""How long runs will take on this machine, from what they took on another and the speed of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from time import perf_counter

import msgspec
import numpy as np
import torch

from fmnist_ref import MLP, fit
from report.experiments.throughput import threads_set_to
from report.plan import ProfileName, Run
from report.record.files import write_if_changed
from report.record.store import Record, RecordStore

COSTS = Path(__file__).with_name("costs.json")
PROBE_SECONDS = 2.0
PROBE_IMAGES = 6400
PRIOR_SECONDS = 5.0
"""How much the probe counts once runs have ended: as much as runs of this many expected seconds."""


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What runs take on one machine, as `python -m report costs` writes it."""

    probe_seconds: float
    """What `probe` returned there."""
    seconds: dict[ProfileName, dict[str, float]]
    """What one run takes, by experiment and arm: ``epochs from_logits``."""


def read(path: Path = COSTS) -> Costs:
    """Read the costs that come with this project."""
    return msgspec.json.decode(path.read_bytes(), type=Costs)


def probe(limit: float = PROBE_SECONDS, clock: Callable[[], float] = perf_counter) -> float:
    """Return the median seconds of 100 steps of `fit` with one thread, timed again and again for two seconds."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(PROBE_IMAGES, 28, 28, generator=generator)
    labels = torch.randint(10, (PROBE_IMAGES,), generator=generator)
    model = MLP()
    seconds: list[float] = []
    with threads_set_to(1):
        fit(model, images, labels, epochs=1)
        began = clock()
        while not seconds or clock() - began < limit:
            start = clock()
            fit(model, images, labels, epochs=1)
            seconds.append(clock() - start)
    return float(np.median(seconds))


def recorded(runs: Iterable[Run], store: RecordStore) -> dict[str, float]:
    """Return the mean seconds of the recorded runs of each arm, by experiment and arm."""
    found: dict[str, list[float]] = defaultdict(list)
    for record in store.valid(runs).values():
        found[_key(record)].append(record.wall_seconds)
    return {key: float(np.mean(seconds)) for key, seconds in sorted(found.items())}


def keep(profile: ProfileName, seconds: Mapping[str, float], path: Path = COSTS) -> None:
    """Write the costs of one profile beside those of the other, scaled to the machine that these are of."""
    costs = read(path)
    scale = costs.probe_seconds / probe()
    costs.seconds[profile] = {key: float(f"{value * scale:.3g}") for key, value in seconds.items()}
    write_if_changed(path, msgspec.json.format(msgspec.json.encode(costs), indent=1) + b"\n")


class Forecast:
    """
    Expected seconds of runs on this machine, which become better as runs end.

    Parameters
    ----------
    runs : iterable of Run
        The plan.
    profile : {"quick", "full"}
        Its size.
    store : RecordStore
        Arms that have records here are expected to take as long again.
    costs : Costs
        What runs took elsewhere.
    probed : float, optional
        What `probe` returned here. Without it, this machine is taken to be as fast.
    """

    def __init__(
        self, runs: Iterable[Run], profile: ProfileName, store: RecordStore, costs: Costs, probed: float | None = None
    ) -> None:
        planned = list(runs)
        scale = 1.0 if probed is None else probed / costs.probe_seconds
        known = {key: seconds * scale for key, seconds in costs.seconds.get(profile, {}).items()}
        known |= recorded(planned, store)
        by_experiment: dict[str, list[float]] = defaultdict(list)
        for key, seconds in known.items():
            by_experiment[key.split(" ")[0]].append(seconds)
        everything = float(np.mean(list(known.values()))) if known else 1.0
        self.unknown = sorted({_key(run) for run in planned if _key(run) not in known})
        """Arms without a record anywhere: the mean of their experiment, or of all, stands for them."""
        self._seconds = {
            run.id: known.get(_key(run), float(np.mean(by_experiment.get(run.experiment, [everything]))))
            for run in planned
        }
        self._expected = self._taken = PRIOR_SECONDS

    def of(self, run: Run) -> float:
        """Return the expected seconds of a run, before any other has ended."""
        return self._seconds[run.id]

    def learn(self, run: Run, seconds: float) -> None:
        """Take into account how long a run took beside others; those that measure time tell nothing about these."""
        if not run.exclusive:
            self._expected += self.of(run)
            self._taken += seconds

    def wall_seconds(self, runs: Iterable[Run], workers: int) -> float:
        """Return how long runs take: side by side, but for those that measure time, which go one at a time."""
        planned = list(runs)
        shared = [self.of(run) for run in planned if not run.exclusive]
        alone = sum(self.of(run) for run in planned if run.exclusive)
        return max(sum(shared) / workers, max(shared, default=0.0)) * self._taken / self._expected + alone


def _key(run: Run | Record) -> str:
    return f"{run.experiment} {run.arm}"


def in_words(seconds: float) -> str:
    """Write a time as ``40 s``, ``7 min`` or ``2 h 5 min``."""
    if seconds < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
