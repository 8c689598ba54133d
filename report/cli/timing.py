"""``timing``: time an accelerator for a report on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from report.cli import DONE, INCOMPLETE
from report.cli.checks import check_file
from report.cli.options import Options, report_options
from report.record import accelerator
from report.run import progress
from report.run.executor import Backend


@click.command()
@report_options
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("timings.json"),
    show_default=True,
    help="Where the timing record is written.",
)
def timing(file: Path, **options: Any) -> int:
    """Time this machine's accelerator (--device cuda), for a report on any machine."""
    console, chosen, backend = progress.console(), Options(**options), Backend(workers=1)
    store, wanted = chosen.store(), accelerator.runs(chosen.size().device, chosen.profile)
    check_file(file)
    with chosen.holding_output(backend) as source:
        if progress.measure(wanted, chosen.profile, store, source.folder, backend, console):
            return INCOMPLETE
        accelerator.write(store.valid(wanted).values(), file)
    console.print(f"Written: {file}. A report on any machine reads it with --timings {file.name}.", markup=False)
    return DONE
