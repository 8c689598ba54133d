"""A whole report that takes about a second: stand-in experiments, no images, no Sphinx."""

from contextlib import contextmanager, nullcontext
from pathlib import Path

from fmnist_ref import Source
from report.answers import ANSWERS
from report.cli import options, run, verify
from report.experiments import EXPERIMENTS
from report.plan import Experiment, Run
from report.publish import site
from report.record import accelerator
from report.render import pages
from report.run import forecast, worker
from report.run.executor import Backend
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
        yield Run(experiment="sum", arm="total", seed=seed, depends_on=parts)


def install(patch, make_executor, *, whole=False):
    """
    Replace what costs time in `report.cli`: a command then makes a report of stand-ins.

    `patch` is a `pytest.MonkeyPatch`, `make_executor` an executor factory. Unless `whole`, only two of the pages are made, and
    no accelerator has been timed.
    """
    if not whole:
        patch.setattr(accelerator, "read", lambda path: [])
        patch.setattr(pages, "ANSWERS", {name: ANSWERS[name] for name in ("q1", "q5")})
        patch.setattr(pages, "OTHER_PAGES", {})
    for name in list(EXPERIMENTS):
        patch.delitem(EXPERIMENTS, name)
    patch.setitem(EXPERIMENTS, "sum", Experiment(plan=plan, measure=stand_in.measure))
    patch.setattr(forecast, "probe", lambda: forecast.read().probe_seconds)  # takes two seconds
    patch.setattr(worker, "dataset", stand_in.dataset)
    patch.setattr(options, "locate", lambda root, fallback: Source("given", Path("images")))
    patch.setattr(options, "load", lambda split, folder: None)
    patch.setattr(site, "build", lambda source, output, **how: output / "site" / "index.html")
    patch.setattr(run, "sphinx_process", nullcontext)

    @contextmanager
    def open_backend(scheduler, workers):
        del scheduler
        yield Backend(workers or 2, make_executor, make_executor)

    for command in (run, verify):
        patch.setattr(command, "open_backend", open_backend)
