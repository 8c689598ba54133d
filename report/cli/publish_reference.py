"""``publish-reference``: keep the result of this report, for others to compare theirs with."""

from __future__ import annotations

from typing import Any

import click

from report.cli import DONE
from report.cli.options import Options, report_options, timings_option
from report.conclude import published
from report.publish import site
from report.record.files import write_if_changed
from report.record.store import DATA_SHA256
from report.render import pages
from report.run import progress


@click.command()
@report_options
@timings_option
def publish_reference(**options: Any) -> int:
    """Write the result of this full report into report/published, for others to compare theirs with."""
    chosen = Options(**options)
    profile = chosen.size()
    about = site.about(profile.device, "", DATA_SHA256)
    records = chosen.records()
    result = published.summarise(
        pages.measure(records, profile.name).findings,
        version=about["version"],
        made_on=about["made_on"],
        seeds=profile.seeds,
        first_seed=profile.first_seed,
        environment=pages.environment_of(records, about["environment"]),
    )
    write_if_changed(published.PUBLISHED / result.file_name, published.encode(result))
    progress.console().print(f"Written: report/published/{result.file_name}", markup=False, soft_wrap=True)
    return DONE
