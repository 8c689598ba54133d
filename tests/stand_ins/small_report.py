"""A whole report that takes about a second: stand-in experiments, no images, no Sphinx."""

from contextlib import contextmanager
from pathlib import Path

from fmnist_ref.sources import Source
from report import __main__ as command_line
from report import commands, worker
from report.experiments import EXPERIMENTS
from report.experiments.base import Experiment, Run
from report.workshop import Workshop
from stand_ins import experiments as stand_in

PARTS = 7


def plan(profile):
    """Plan some sums, and for each seed one that reads the others."""
    for seed in range(profile.seeds):
        parts = tuple(
            Run(experiment="sum", arm=f"part{part}", seed=seed, parameters={"order": "sleep", "for": 0.01})
            for part in range(PARTS)
        )
        yield from parts
        yield Run(experiment="sum", arm="total", seed=seed, needs=parts)


def install(patch, make_executor):
    """
    Replace what costs time in `report.commands`: a command then makes a report of stand-ins.

    `patch` is a `pytest.MonkeyPatch`, `make_executor` an executor factory.
    """
    for name in list(EXPERIMENTS):
        patch.delitem(EXPERIMENTS, name)
    patch.setitem(EXPERIMENTS, "sum", Experiment(name="sum", plan=plan, measure=stand_in.measure))
    patch.setattr(worker, "dataset", stand_in.dataset)
    patch.setattr(commands, "locate", lambda root: Source("given", Path("images")))
    patch.setattr(commands, "load", lambda split, folder: None)
    patch.setattr(commands.site, "build", lambda source, output: output / "site" / "index.html")

    @contextmanager
    def workshop(scheduler, workers):
        del scheduler
        yield Workshop(make_executor=make_executor, workers=workers or 2)

    patch.setattr(command_line, "workshop", workshop)
