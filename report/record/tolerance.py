"""
Compare a record with its repetition.

On the same kind of machine the repetition must be identical, except for times. On another kind, sums are rounded in
another order, and training amplifies the difference. There each field must be within two standard deviations of the
recorded value, taken over the seeds of the same arm. A field with many entries (a curve) is compared as a whole, by its
root mean square: among hundreds of entries some would exceed any bound by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from report.record.environment import Environment
from report.record.store import Record, repeatable

ALLOWED_DEVIATIONS = 2.0
"""How far a repetition on another kind of machine may be from its record, in standard deviations over the seeds."""
KIND = ("processor", "threads", "device", "operating_system", "python", "torch", "torchvision", "numpy")
"""Fields of the environment on which rounding may depend; cores and memory are not among them."""

Outcome = Literal["identical", "within the seeds' spread", "differs", "undecided", "not measured"]


@dataclass(frozen=True)
class Comparison:
    """How one repetition compares with its record."""

    outcome: Outcome
    why: str = ""
    machine: tuple[str, ...] = ()
    """How this machine differs from the one that made the record, in what rounding may depend on."""

    @property
    def agrees(self) -> bool:
        """Whether the repetition agrees with the record."""
        return self.outcome in {"identical", "within the seeds' spread"}


def compare(recorded: Record, measured: Record, seeds: Sequence[Record]) -> Comparison:
    """
    Compare a repetition with its record.

    Parameters
    ----------
    recorded, measured : Record
        The same run, then and now.
    seeds : sequence of Record
        All records of the run's arm, one for each seed. Their spread sets the tolerance on another kind of machine.

    Returns
    -------
    Comparison
        With the fields that differ, if any.
    """
    then, now = _fields(repeatable(recorded.results)), _fields(repeatable(measured.results))
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if not changed:
        return Comparison("identical")
    if not machine_changes(recorded.environment, measured.environment):
        return Comparison("differs", f"in {', '.join(changed)}, on the same kind of machine")
    if then.keys() != now.keys():
        return Comparison("differs", f"in {', '.join(changed)}")
    if len(seeds) < 2:
        return Comparison("undecided", "one seed has no spread to compare with, on another kind of machine")
    spread = [_fields(repeatable(record.results)) for record in seeds]
    distances = {name: _distance(then[name], now[name], [s.get(name, []) for s in spread]) for name in changed}
    worst = max(distances, key=lambda name: distances[name])
    most = f"most in {worst}, by {distances[worst]:.2g} standard deviations over the seeds"
    if distances[worst] > ALLOWED_DEVIATIONS:
        return Comparison("differs", most)
    return Comparison("within the seeds' spread", f"differs {most}")


def machine_changes(then: Environment, now: Environment) -> list[str]:
    """List how two environments differ in what rounding may depend on."""
    return [
        f"{field} {getattr(then, field)} → {getattr(now, field)}"
        for field in KIND
        if getattr(then, field) != getattr(now, field)
    ]


def _fields(results: Any, name: str = "") -> dict[str, list[Any]]:
    """List the values under each dotted name; the entries of a list share its name."""
    if isinstance(results, dict):
        parts = [_fields(value, f"{name}.{key}".lstrip(".")) for key, value in results.items()]
    elif isinstance(results, list):
        parts = [{name: []}, *(_fields(value, name) for value in results)]
    else:
        return {name: [results]}
    merged: dict[str, list[Any]] = {}
    for part in parts:
        for key, values in part.items():
            merged.setdefault(key, []).extend(values)
    return merged


def _distance(then: list[Any], now: list[Any], seeds: list[list[Any]]) -> float:
    """Return how far a field is from its record, in standard deviations over the seeds."""
    everything = [then, now, *seeds]
    if not all(isinstance(value, int | float) for values in everything for value in values):
        return 0.0 if any(values != seeds[0] for values in seeds) else math.inf  # words have no distance
    shortest = min(map(len, everything))
    common = [values[:shortest] for values in everything]
    lengths = [[len(values)] for values in everything]  # training that stops early gives curves of several lengths
    return max(_root_mean_square_distance(np.asarray(part, dtype=float)) for part in (common, lengths))


def _root_mean_square_distance(values: NDArray[np.float64]) -> float:
    """Take rows `then`, `now` and one for each seed; return the distance of the first two in the others' deviations."""
    if np.array_equal(values[0], values[1]):
        return 0.0
    variance = np.var(values[2:], axis=0, ddof=1).mean()
    return float(np.sqrt(np.square(values[1] - values[0]).mean() / variance)) if variance > 0 else math.inf
