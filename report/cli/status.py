"""``status``: list the runs of a report."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from report.cli import DONE
from report.cli.options import Options, report_options
from report.run import progress


@click.command()
@report_options
def status(**options: Any) -> int:
    """List every run, and whether it is done, missing, or stale and why."""
    console, chosen = progress.console(), Options(**options)
    store, counts = chosen.store(), Counter({"done": 0, "missing": 0, "stale": 0})
    for run in chosen.runs():
        found = store.status(run)
        counts[found.state] += 1
        why = f": {found.why}" if found.why else ""
        console.print(f"{found.state:8}{run.experiment} {run.arm} seed {run.seed}{why}", markup=False, soft_wrap=True)
    console.print(", ".join(f"{number} {state}" for state, number in counts.items()))
    return DONE
