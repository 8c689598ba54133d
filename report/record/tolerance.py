"""
Compare a record with its repetition.

On the kind of machine that made a record the repetition must be identical, times apart. Elsewhere sums are rounded in
another order, and training amplifies that; there each field must come within two standard deviations of the recorded
value, as taken over the seeds of the same arm. A field of many entries (a curve) is judged as a whole, by root mean
squares, because among hundreds of entries some would miss any bound by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from report.record.environment import Environment
from report.record.store import Record, repeatable

ALLOWED_DEVIATIONS = 2.0
"""Standard deviations over the seeds that a repetition on another kind of machine may be away."""
KIND = ("processor", "threads", "device", "operating_system", "python", "torch", "torchvision", "numpy")
"""Fields of the environment on which rounding may depend: cores and memory are not among them."""

Outcome = Literal["identical", "within the seeds' spread", "differs", "undecided", "not measured"]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one repetition."""

    outcome: Outcome
    why: str = ""
    machine: tuple[str, ...] = ()
    """How the machine differs from the one that made the record, as far as rounding may depend on it."""

    @property
    def agrees(self) -> bool:
        """Whether the repetition bears the record out."""
        return self.outcome in {"identical", "within the seeds' spread"}


def compare(recorded: Record, measured: Record, seeds: Sequence[Record]) -> Comparison:
    """
    Compare a repetition with its record.

    Parameters
    ----------
    recorded, measured : Record
        The same run, then and now.
    seeds : sequence of Record
        All records of the run's arm, one for each seed: their spread is the tolerance elsewhere.

    Returns
    -------
    Comparison
        What they differ in, where they do.
    """
    then, now = _fields(repeatable(recorded.results)), _fields(repeatable(measured.results))
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if not changed:
        return Comparison(outcome="identical")
    if not machine_changes(recorded.environment, measured.environment):
        return Comparison(outcome="differs", why=f"in {', '.join(changed)}, on the same kind of machine")
    if then.keys() != now.keys():
        return Comparison(outcome="differs", why=f"in {', '.join(changed)}")
    if len(seeds) < 2:
        return Comparison(outcome="undecided", why="one seed has no spread to judge another kind of machine by")
    spread = [_fields(repeatable(record.results)) for record in seeds]
    distances = {name: _distance(then[name], now[name], [s.get(name, []) for s in spread]) for name in changed}
    worst = max(distances, key=lambda name: distances[name])
    told = f"{worst} by {distances[worst]:.2g} standard deviations over the seeds"
    if distances[worst] > ALLOWED_DEVIATIONS:
        return Comparison(outcome="differs", why=f"most in {told}")
    return Comparison(outcome="within the seeds' spread", why=f"differs most in {told}")


def machine_changes(then: Environment, now: Environment) -> list[str]:
    """Say in which respects that matter to rounding two environments differ."""
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
