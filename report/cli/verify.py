"""``verify``: measure recorded runs again."""

from __future__ import annotations

from typing import Any

import click

from fmnist_ref import ConfigurationError
from report.cli import DONE, INCOMPLETE
from report.cli.options import Options, backend_options, report_options
from report.plan import Run
from report.record.store import Record
from report.record.tolerance import Comparison
from report.run import progress
from report.run import verify as verification
from report.run.cluster import open_backend
from report.run.executor import Backend, Failure, Runner


@click.command()
@report_options
@backend_options
@click.option(
    "--sample", type=click.IntRange(min=1), default=3, show_default=True, help="How many runs, chosen at random."
)
@click.option("--draw", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of that choice.")
@click.option("--all", "everything", is_flag=True, help="All recorded runs instead of a sample.")
def verify(workers: int | None, scheduler: str | None, sample: int, draw: int, everything: bool, **options: Any) -> int:
    """Measure recorded runs again and compare them with their records."""
    with open_backend(scheduler, workers) as backend:
        return compare_again(Options(**options), backend, sample=None if everything else sample, draw=draw)


def compare_again(options: Options, backend: Backend, *, sample: int | None, draw: int) -> int:
    """Measure `sample` recorded runs again, or all if it is None, and print whether they agree with their records."""
    console, store = progress.console(), options.store()
    recorded = [run for run in options.runs() if store.status(run).state == "done"]
    if not recorded:
        raise ConfigurationError("verify needs recorded runs", f"none in {options.output}", "Make the report first.")
    chosen = verification.choose(recorded, sample, draw)
    by_chance = f", chosen at random with seed {draw}" if len(chosen) < len(recorded) else ""
    console.print(f"Measuring {len(chosen)} of {len(recorded)} recorded runs again{by_chance}.")
    comparisons: list[Comparison] = []

    def on_end(run: Run, outcome: Record | Failure) -> None:
        comparisons.append(verification.judge(run, outcome, recorded, store))
        console.print(verification.describe(run, comparisons[-1]), markup=False, soft_wrap=True)

    with options.holding_output(backend) as source:
        verification.repeat(chosen, store, lambda again: Runner(again, source.folder, backend, on_end))
    for line in verification.summary(comparisons):
        console.print(line, markup=False, soft_wrap=True)
    return DONE if all(comparison.agrees for comparison in comparisons) else INCOMPLETE
