"""
How the time and size of a report's pages grow with its records.

Measured: a report is made of copies of the first seed's records under other seeds, up to about 10,000 of them, and its
pages are written from nothing, figures and tables included: seconds, and bytes of records and of pages. Sphinx is no part
of it: it reads the pages, of which there are always as many. In a process of its own (`report.copies`), alone on the
machine; about a minute. It times the pages as they were when it ran: a later change to a page leaves the record
standing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Literal

import msgspec

from report.experiments.base import Dataset, Experiment, Inputs, Profile, ProfileName, Run
from report.experiments.hardware import Seconds

Content = Literal["records", "pages"]
PROGRAM = "from report.copies import main; main()"
"""Not as a module with -m: each process that draws would import all that the module does."""
SIZES = (300, 3_000, 10_000)
"""Of the reports, in records: about so many, since a seed's are never divided."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What `report.copies` reads."""

    profile: ProfileName
    sizes: list[int]
    """As in `SIZES`."""
    results: dict[str, dict[str, object]]
    """Of the first seed's runs, by run id."""


class RenderingResults(msgspec.Struct, frozen=True, kw_only=True):
    """Reports of several sizes, each made once; every list has an entry for each of them."""

    num_seeds: list[int]
    num_records: list[int]
    seconds: Seconds
    """From the records on disk to the written pages."""
    written_bytes: dict[Content, list[int]]
    """`pages`: text, figures, tables and their data."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the one run, which reads all of the first seed's that train; a first look does without."""
    if profile.name == "quick":
        return
    from report.experiments import EXPERIMENTS  # of which this module is one

    trained = [run for experiment in EXPERIMENTS.values() if not experiment.alone for run in experiment.plan(profile)]
    yield Run(
        experiment="rendering",
        arm="pages",
        seed=0,
        parameters={"profile": profile.name, "sizes": list(SIZES)},
        needs=tuple(run for run in trained if run.seed == 0),
    )


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> RenderingResults:
    """Have the pages of a report of each size written."""
    del dataset
    order = Order(
        profile=run.parameters["profile"],
        sizes=run.parameters["sizes"],
        results={id: dict(results) for id, results in inputs.items()},
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own program
        [sys.executable, "-c", PROGRAM], input=msgspec.json.encode(order), stdout=subprocess.PIPE, check=True
    )
    return msgspec.json.decode(done.stdout, type=RenderingResults)


EXPERIMENT = Experiment(name="rendering", plan=plan, measure=measure, alone=True)
