"""What is measured: one module for each experiment, found by its `EXPERIMENT` and named as its file."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module

from report import plan as planning
from report.plan import Experiment, Profile, Run


def _found() -> dict[str, Experiment]:
    modules = {found.name: import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)}
    return {name: module.EXPERIMENT for name, module in modules.items() if hasattr(module, "EXPERIMENT")}


EXPERIMENTS: dict[str, Experiment] = _found()


def plan(profile: Profile, only: Iterable[str] = ()) -> list[Run]:
    """
    List the runs of a report, each after those that it depends on.

    Parameters
    ----------
    profile : Profile
        Sizes, seeds and device.
    only : iterable of str
        Names of experiments; all of them if empty.

    Returns
    -------
    list of Run
        In the order of `report.plan.plan`.
    """
    names = tuple(only) or EXPERIMENTS
    return planning.plan({name: EXPERIMENTS[name] for name in names}, profile)
