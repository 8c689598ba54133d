"""``costs``: keep what runs took here, so that `--dry-run` can tell on other machines how long they will take."""

from __future__ import annotations

from typing import Any

import click

from report.cli import DONE, INCOMPLETE
from report.cli.options import Options, report_options
from report.run import forecast, progress


@click.command()
@report_options
def costs(**options: Any) -> int:
    """Write what the recorded runs took into report/run/costs.json; do it while the machine has nothing else to do."""
    chosen, console = Options(**options), progress.console()
    seconds = forecast.recorded(chosen.runs(), chosen.store())
    if not seconds:
        console.print(f"{chosen.output} has no valid record of this profile.", markup=False)
        return INCOMPLETE
    forecast.keep(chosen.profile, seconds)
    console.print(f"Written: report/run/costs.json, {len(seconds)} arms of the profile {chosen.profile}.", markup=False)
    return DONE
