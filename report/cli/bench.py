"""``bench``: measure how fast the reference loop is, and compare it with its limits."""

from __future__ import annotations

from typing import Any

import click
import numpy as np
from rich.table import Table

from report.answers.speed.goals import GOALS, ladder
from report.answers.speed.rungs import LABELS
from report.cli import DONE, INCOMPLETE
from report.cli.options import Options, report_options
from report.conclude import formatting
from report.experiments import plan
from report.experiments.throughput import ThroughputResults
from report.record.reader import NoRecords, Records
from report.run import progress
from report.run.executor import Backend


@click.command()
@report_options
@click.option("--check", is_flag=True, help="Exit with status 1 if a speed ratio misses its limit.")
def bench(check: bool, **options: Any) -> int:
    """Measure the speed of the reference loop again (the experiment `speed`)."""
    console, chosen = progress.console(), Options(**options)
    backend = Backend(workers=1)
    with chosen.holding_output(backend) as source:
        store, runs = chosen.store(), plan(chosen.size(), ["speed"])
        for run in runs:
            store.forget(run)
        failures = progress.measure(runs, chosen.profile, store, source.folder, backend, console)
        try:
            results = ladder(Records(store, runs))
        except NoRecords:
            return INCOMPLETE
    console.print(_rungs(results))
    console.print(_goals(results))
    missed = [goal for goal in GOALS if not goal.met_by(goal.ratio(results).value)]
    return INCOMPLETE if failures or (check and missed) else DONE


def _rungs(results: ThroughputResults) -> Table:
    table = Table(
        "way", "threads", "seconds", title=f"One epoch of {results.num_images:,} images", title_justify="left"
    )
    for rung in results.methods:
        table.add_row(LABELS[rung.name], str(rung.threads), f"{np.median(rung.seconds['epoch']):.3f}")
    return table


def _goals(results: ThroughputResults) -> Table:
    table = Table("ratio", "measured", "95 % interval", "limit", "", title="Goals", title_justify="left")
    for goal in GOALS:
        ratio = goal.ratio(results)
        verdict = "met" if goal.met_by(ratio.value) else "missed"
        table.add_row(goal.says, formatting.text_of(ratio), formatting.interval_of(ratio), goal.limit(), verdict)
    return table
