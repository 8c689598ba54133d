"""Which runs a report is made of, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fmnist_ref import ConfigurationError
from report.experiments import EXPERIMENTS
from report.experiments.base import Profile, Run


def plan(profile: Profile, only: Iterable[str] = ()) -> list[Run]:
    """
    List every run, each after those that it needs.

    Parameters
    ----------
    profile : Profile
        Sizes, seeds and device.
    only : iterable of str
        Names of experiments; all of them if empty.

    Returns
    -------
    list of Run
        By seed, so that a site stands after the first; runs that measure time come last of all.

    Raises
    ------
    ConfigurationError
        If an experiment is unknown.
    """
    names = tuple(only) or tuple(EXPERIMENTS)
    for name in names:
        if name not in EXPERIMENTS:
            raise ConfigurationError(
                f"an experiment must be one of {', '.join(EXPERIMENTS)}", repr(name), "Name one of these."
            )
    runs: dict[str, Run] = {}
    for name in names:
        for run in EXPERIMENTS[name].plan(profile):
            _add(_on_device(run, profile.device), runs)
    return sorted(runs.values(), key=lambda run: (measures_time(run), run.seed))


def stages(runs: Iterable[Run]) -> list[list[Run]]:
    """
    Split a plan where a site is published: after the first seed's runs, and after all.

    Runs that measure time are none of the first's: they need the machine to themselves, and a reader would wait for them.
    """
    first: list[Run] = []
    rest: list[Run] = []
    for run in runs:
        (rest if run.seed or measures_time(run) else first).append(run)
    return [stage for stage in (first, rest) if stage]


def measures_time(run: Run) -> bool:
    """Whether a run measures time, and so must have the machine to itself."""
    return EXPERIMENTS[run.experiment].alone


def _on_device(run: Run, device: str) -> Run:
    needs = tuple(_on_device(needed, device) for needed in run.needs)
    return msgspec.structs.replace(run, device=device, needs=needs)


def _add(run: Run, runs: dict[str, Run]) -> None:
    for needed in run.needs:
        _add(needed, runs)
    runs.setdefault(run.id, run)
