"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fmnist_ref import Source, load, locate, resolve_device
from report.answers import ANSWERS
from report.cli.checks import check_open_files, check_output
from report.experiments import EXPERIMENTS, plan
from report.plan import PLANNED_SEEDS, Profile, ProfileName, Run
from report.publish.report import Report
from report.record import accelerator
from report.record.files import remove_partial
from report.record.lock import only_one
from report.record.reader import Records
from report.record.store import DATA_SHA256, RecordStore
from report.run.executor import Backend, local_executor

MAX_SEEDS = 1000
"""About 45,000 runs; they are planned within two seconds."""
MAX_FIRST_SEED = 2**31
MAX_WORKERS = 1024
NAMES = (*EXPERIMENTS, *ANSWERS)
"""What `--only` takes."""


@dataclass(frozen=True)
class Options:
    """Options that define a report: output folder, data, device, seeds, experiments, profile."""

    output: Path
    data: Path | None
    device: str
    seeds: int | None
    only: tuple[str, ...]
    profile: ProfileName
    first_seed: int = 0
    timings: Path = accelerator.PUBLISHED
    """A timing record of an accelerator, made on another machine."""

    def size(self) -> Profile:
        """Return the profile with its number of seeds and its device."""
        seeds = self.seeds or (PLANNED_SEEDS if self.profile == "full" else 2)
        device = str(resolve_device(self.device))
        return Profile(name=self.profile, seeds=seeds, first_seed=self.first_seed, device=device)

    def runs(self) -> list[Run]:
        """Plan the runs of the experiments in `only`, and of those that the answers in `only` need; all runs if empty."""
        names: list[str] = []
        for name in self.only:
            names += ANSWERS[name].experiments if name in ANSWERS else (name,)
        return plan(self.size(), dict.fromkeys(names))

    def store(self) -> RecordStore:
        """Return the store of the output folder's records."""
        return RecordStore(self.output / "records", DATA_SHA256)

    def records(self) -> Records:
        """Return the valid records of the whole report, whatever `only` names."""
        return Records(self.store(), plan(self.size()), accelerator.read(self.timings))

    def report(self, data_source: str) -> Report:
        """Return the whole report, whatever `only` names."""
        profile = self.size()
        return Report(
            output=self.output,
            profile=profile,
            planned=plan(profile),
            store=self.store(),
            data_source=data_source,
            timings=tuple(accelerator.read(self.timings)),
        )

    @contextmanager
    def holding_output(self, backend: Backend) -> Iterator[Source]:
        """Check and lock the output folder, and find and check the images, before any work begins."""
        check_open_files(backend.workers if backend.make_executor is local_executor else 1)
        check_output(self.output)
        with only_one(self.output):
            remove_partial(self.output)
            source = locate(self.data, fallback=self.output / "data")
            load("train", source.folder), load("test", source.folder)
            yield source


def report_options(function: Any) -> Any:
    """Add the options that define a report."""
    for option in (
        click.option(
            "--output",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path("build"),
            show_default=True,
            help="Folder for everything that is written.",
        ),
        click.option(
            "--data", type=click.Path(path_type=Path), help="Folder with the four IDX files.", envvar="FMNIST_REF_DATA"
        ),
        click.option(
            "--device", default="cpu", show_default=True, help="Where to train: cpu, auto, cuda, mps, xpu, cuda:1 …"
        ),
        click.option(
            "--seeds",
            type=click.IntRange(1, MAX_SEEDS),
            help="Seeds of an arm that is planned with 5; arms planned with more have more in proportion."
            "  [default: 5; quick: 2 of every arm]",
        ),
        click.option(
            "--first-seed",
            type=click.IntRange(0, MAX_FIRST_SEED),
            default=0,
            show_default=True,
            help="Lowest seed: with another one, no run is a repetition of those of a report that starts from 0.",
        ),
        click.option(
            "--only",
            type=click.Choice(NAMES),
            multiple=True,
            metavar="NAME",
            help="Only this experiment, or the experiments of this answer (q1 … q6, part1); may be repeated.",
        ),
        click.option(
            "--profile",
            type=click.Choice(["full", "quick"]),
            default="full",
            show_default=True,
            help="quick: a first look in minutes, without verdicts.",
        ),
    ):
        function = option(function)
    return function


timings_option = click.option(
    "--timings",
    type=click.Path(path_type=Path, dir_okay=False),
    default=accelerator.PUBLISHED,
    show_default="the published one",
    help="A timing record of an accelerator, made with the command `timing` on another machine.",
)


def backend_options(function: Any) -> Any:
    """Add the options that say where runs are measured."""
    for option in (
        click.option(
            "--workers",
            type=click.IntRange(1, MAX_WORKERS),
            help="Runs under way at a time.  [default: number of cores; cluster: its workers]",
        ),
        click.option("--scheduler", metavar="ADDRESS", help="Measure on this Dask cluster, such as tcp://host:8786."),
    ):
        function = option(function)
    return function
