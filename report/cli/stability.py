"""``stability``: compare this report's verdicts with those of other seeds and of other machines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fmnist_ref import ConfigurationError
from report.cli import DONE, INCOMPLETE
from report.cli.options import Options, report_options, timings_option
from report.conclude import published
from report.conclude.stability import Comparison, compare, compare_halves, count
from report.conclude.verdicts import ASSESSED, Finding
from report.record.reader import Records
from report.render import pages, reproduced
from report.run import progress


@click.command()
@report_options
@timings_option
@click.option(
    "--other",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Output folder of another report to compare with, made with another --first-seed for instance.",
)
def stability(other: Path | None, **options: Any) -> int:
    """
    Compare the verdicts with those of half of the seeds, of published results, and of another report.

    Ends with status 1 if a verdict is reversed.
    """
    console, records = progress.console(), Options(**options).records()
    findings = pages.measure(records, options["profile"]).findings
    if not any(finding.verdict in ASSESSED for finding in findings.values()):
        raise ConfigurationError(
            "stability needs verdicts", f"none in {options['output']}", "Make the full report first."
        )
    halves = compare_halves(findings, pages.of_halves(records, findings))
    _print(console, "From half of the seeds", reproduced.HALVES, reproduced.halves_rows(halves), halves)
    compared = list(halves)
    for result in published.read_others(findings):
        compared += _print_report(console, f"Against {result.name}", compare(findings, result.claims))
    if other:
        there = published.read_findings(other)
        compared += _print_report(
            console, f"Against {other}", compare(findings, map(published.result_of, there.values()))
        )
        _print_shared(console, records, there)
    return INCOMPLETE if count(compared)["reversed"] else DONE


def _print_report(console: Console, title: str, rows: list[Comparison]) -> list[Comparison]:
    _print(console, title, reproduced.REPORTS, reproduced.report_rows(rows), rows)
    return rows


def _print(
    console: Console, title: str, columns: list[str], cells: list[list[str]], rows: Sequence[Comparison]
) -> None:
    table = Table(*columns, title=Text(title), title_justify="left")
    for row in cells:
        table.add_row(*row)
    console.print(table, markup=False)
    console.print(", ".join(f"{number} {outcome}" for outcome, number in count(rows).items()))


def _print_shared(console: Console, records: Records, there: dict[str, Finding]) -> None:
    even, odd = records.halves()
    seeded = even.by_id.keys() ^ odd.by_id.keys()  # both halves have timings and single runs, which no seed changes
    shared = seeded & {id for finding in there.values() for estimate in finding.estimates for id in estimate.records}
    if shared:
        console.print(f"{len(shared)} runs are in both reports: make the other one with another --first-seed.")
