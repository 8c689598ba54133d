"""``run``: make the report."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from report.cli import DONE, INCOMPLETE, INTERRUPTED
from report.cli.options import Options, backend_options, report_options, timings_option
from report.conclude import formatting, published
from report.conclude.verdicts import Finding
from report.plan import Run, phases
from report.publish.background import BackgroundPublisher
from report.publish.report import Report
from report.publish.site import BuildError, sphinx_process
from report.record.store import Record
from report.run import progress
from report.run.cluster import open_backend
from report.run.executor import Backend, Failure, Runner, terminating_children
from report.run.forecast import Forecast, in_words

NO_ADDRESS = (
    "Citations on this site have no permanent address: they take that of the page in the browser. "
    "To publish the site, set FMNIST_REF_SITE_URL to its address."
)
FIRST_SITE_SECONDS = 75.0
"""For the runs of the first site, which then answers Question 1 and is there within three minutes on two cores."""
CHIPS = {
    "supported": ("✓", "cyan"),
    "refuted": ("✗", "red"),
    "depends": ("±", "yellow"),
    "undetermined": ("~", "bright_black"),
    "true by definition": ("=", "blue"),
    "false by definition": ("=", "blue"),
}


@click.command()
@report_options
@timings_option
@backend_options
@click.option(
    "--dry-run", is_flag=True, help="Say what would be measured and how long it would take here; write nothing."
)
def run(workers: int | None, scheduler: str | None, dry_run: bool, **options: Any) -> int:
    """Make the report: measure what has no record yet, conclude, render and publish. Can be interrupted at any time."""
    with open_backend(scheduler, workers) as backend:
        return (forecast_report if dry_run else make_report)(Options(**options), backend)


def forecast_report(options: Options, backend: Backend) -> int:
    """Print what would be measured, and how long it would take; return the exit status."""
    console, wanted, store = progress.console(), options.runs(), options.store()
    forecast = progress.forecast_for(wanted, options.profile, store)
    missing = [run for run in wanted if store.status(run).state != "done"]
    table = Table("experiment", "runs", "to measure", "core time", title="Forecast", title_justify="left")
    for name in dict.fromkeys(run.experiment for run in wanted):
        planned, left = ([run for run in some if run.experiment == name] for some in (wanted, missing))
        table.add_row(name, str(len(planned)), str(len(left)), in_words(sum(map(forecast.of, left))))
    console.print(table)
    rough = {f"{run.experiment} {run.arm}" for run in missing} & set(forecast.unknown)
    if rough:
        console.print(
            f"Nobody has recorded what {len(rough)} of the arms take: the mean of the others stands for them."
        )
    workers = f"{backend.workers} {'worker' if backend.workers == 1 else 'workers'}"
    took = in_words(forecast.wall_seconds(missing, backend.workers))
    console.print(
        f"{len(missing)} of {len(wanted)} runs to measure: about {took} with {workers}; making the site comes on top."
    )
    return DONE


def make_report(options: Options, backend: Backend) -> int:
    """Measure, conclude, render and publish; return the exit status."""
    console = progress.console()
    wanted = options.runs()
    published.read_all()  # fails here, not after the last run, if a published result can't be read
    with options.holding_output(backend) as source:
        report = options.report(source.kind)
        missing = [run for run in wanted if report.store.status(run).state != "done"]
        console.print(f"{len(wanted) - len(missing)} of {len(wanted)} runs are recorded; {len(missing)} to measure.")
        try:
            forecast = progress.forecast_for(wanted, options.profile, report.store)
            # Sphinx may be making a site; interrupted, it can hang
            with terminating_children(), progress.RunProgress(console, missing, forecast, backend.workers) as bar:
                failures = _measure(report, missing, forecast, bar, source.folder, backend)
        except KeyboardInterrupt:
            console.print("Interrupted. Finished runs are kept; the same command continues from there.")
            return INTERRUPTED
        return _finish(report, failures, console)


def _measure(
    report: Report, missing: list[Run], forecast: Forecast, bar: progress.RunProgress, folder: Path, backend: Backend
) -> list[Failure]:
    """Measure the runs, in the order in which sites want them, and publish sites meanwhile."""
    shared = phases(missing, report.profile.first_seed, forecast.of, FIRST_SITE_SECONDS * backend.workers)
    timing = [run for run in missing if run.exclusive]

    index: Path | None = None

    def publish() -> None:
        nonlocal index
        done = report.completeness().runs_done
        # whole after a failure too: of a page that was wrong, and has not changed, Sphinx would say nothing
        _, index = _publish(report, bar.output, incremental=index is not None)
        if index:
            bar.output.print(f"A site with {done} of {len(report.planned)} runs is ready after {bar.elapsed()}.")

    # The last phase needs no site of its own: the whole report's comes next, unless a reader would wait for timings.
    publisher = BackgroundPublisher(publish, shared[:-1] or (shared if timing else []))

    def on_end(run: Run, outcome: Record | Failure) -> None:
        bar.on_end(run, outcome)
        publisher.on_end(run)

    runner = Runner(report.store, folder, backend, on_end)
    failures = runner.run([run for phase in shared for run in phase])
    publisher.wait()  # what measures time needs the machine to itself
    failures += runner.run(timing)
    bar.output.print(f"All runs are measured after {bar.elapsed()}.")
    return failures


def _finish(report: Report, failures: list[Failure], console: Console) -> int:
    findings, index = _publish(report, console)
    console.print(verdict_table(findings))
    for line in report.store.set_aside:
        console.print(f"Set aside and measured again: {line}", markup=False)
    if failures:
        console.print(progress.failures_table(failures))
    if index is None:
        return INCOMPLETE
    if not os.environ.get("FMNIST_REF_SITE_URL"):
        console.print(NO_ADDRESS, markup=False, soft_wrap=True)
    console.print(f"The site: {index}", markup=False, soft_wrap=True)
    return INCOMPLETE if failures else DONE


def _publish(report: Report, console: Console, *, incremental: bool = False) -> tuple[dict[str, Finding], Path | None]:
    """Write verdicts, pages and site; return the findings and the site's first page, None if it can't be built."""
    with sphinx_process(report.output.resolve()) as run_sphinx:  # it starts while the pages are written
        findings = report.write()
        try:
            return findings, report.build(run_sphinx, incremental=incremental)
        except BuildError as problem:
            console.print(f"The site could not be built: {problem}", markup=False, soft_wrap=True)
            return findings, None


def verdict_table(findings: Mapping[str, Finding]) -> Table:
    """Return all verdicts as a table for the terminal."""
    table = Table(
        "claim", "verdict", "condition", "estimate", "95 % interval", "n", "p", title="Verdicts", title_justify="left"
    )
    for id, finding in findings.items():
        mark, colour = CHIPS.get(finding.verdict, ("∅", "bright_black"))
        name, verdict = (
            f"{id} (ours)" if finding.claim.origin == "ours" else id,
            Text(f"{mark} {finding.words}", style=colour),
        )
        for row in _tests(finding) or [("", "", "", "", "")]:
            table.add_row(name, verdict, *row)
            name, verdict = "", Text("")
    return table


def _tests(finding: Finding) -> list[tuple[str, str, str, str, str]]:
    """Return condition, estimate, interval, n and p-value of everything behind a verdict."""
    conditions = finding.conditions or [None]
    return [
        (
            condition.name if condition else "",
            formatting.text_of(estimate),
            formatting.brief_uncertainty_of(estimate),
            formatting.count_of(estimate),
            formatting.p_value(condition.p_value).removeprefix("p = ").removeprefix("p ")
            if condition and condition.p_value is not None
            else "",
        )
        for condition in conditions
        for estimate in (condition.estimates if condition else finding.estimates)
    ]
