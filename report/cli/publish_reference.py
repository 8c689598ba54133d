"""``publish-reference``: keep the result of this report, for others to compare theirs with."""

from __future__ import annotations

from typing import Any

import click

from fmnist_ref import locate
from report.cli import DONE
from report.cli.options import Options, report_options, timings_option
from report.conclude import baseline
from report.publish import site
from report.record.files import write_if_changed
from report.record.reader import Records
from report.record.store import DATA_SHA256
from report.render import pages
from report.run import progress


@click.command()
@report_options
@timings_option
def publish_reference(**options: Any) -> int:
    """Write a summary of a full report's result to report/published.json. For maintainers."""
    chosen = Options(**options)
    report = chosen.report(locate(chosen.data).kind)
    about = site.about(report.profile.device, report.data_source, DATA_SHA256)
    result = baseline.summarise(
        pages.measure(Records(report.store, report.planned, report.timings), report.profile.name).findings,
        version=about["version"],
        profile=report.profile.name,
        seeds=report.completeness().seeds_done,
        environment=about["environment"],
    )
    write_if_changed(baseline.PUBLISHED, baseline.encode(result))
    progress.console().print(f"Written: report/{baseline.PUBLISHED.name}")
    return DONE
