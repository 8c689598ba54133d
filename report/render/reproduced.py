"""What the page *Reproducibility* shows: this report's verdicts beside those of half its seeds, and beside published ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from report.conclude import formatting
from report.conclude.published import ClaimResult, PublishedResult
from report.conclude.stability import Comparison, count
from report.conclude.statistics import Estimate
from report.render.page_data import Page, Provenance, Table

HALVES = ["claim", "outcome", "all seeds", "even seeds", "odd seeds"]
REPORTS = ["claim", "outcome", "there", "here", "intervals overlap"]
IN_BRACKETS = "In brackets: 95 % intervals, and n, the number of seeds, runs, test images or rounds that each is over."
Replication = tuple[PublishedResult, list[Comparison]]


def page(halves: Sequence[Comparison], replications: Sequence[Replication], environment: Mapping[str, str]) -> Page:
    """Make the evidence of the page: text from published files reaches the site only through it."""
    tables = {}
    if halves:
        tables["halves"] = _table("All seeds, and half of them", IN_BRACKETS, HALVES, halves_rows(halves))
    for number, (result, rows) in enumerate(replications, start=1):
        tables[f"published-{number}"] = _table(
            f"Here and there: {result.name}", IN_BRACKETS, REPORTS, report_rows(rows)
        )
    if replications:
        tables["machines"] = _machines([result for result, _ in replications], environment)
    return Page(name="reproduced", title="Reproducibility", tables=tables)


def halves_rows(rows: Iterable[Comparison]) -> list[list[str]]:
    """Write the comparison of a report with both halves of its seeds."""
    return [[row.id, _outcome(row), *map(_told, row.results)] for row in rows]


def report_rows(rows: Iterable[Comparison]) -> list[list[str]]:
    """Write the comparison of this report with another."""
    return [
        [row.id, _outcome(row), *map(_told, reversed(row.results)), {True: "yes", False: "no", None: "–"}[row.overlap]]
        for row in rows
    ]


def summary(rows: Sequence[Comparison]) -> dict[str, int]:
    """Count the outcomes of a comparison with another report, the intervals that don't overlap, and the rows with the very same numbers."""
    overlaps = [row.overlap for row in rows if row.overlap is not None]
    identical = sum(row.identical for row in rows)
    return {**count(rows), "compared": len(overlaps), "apart": overlaps.count(False), "identical": identical}


def _machines(results: Sequence[PublishedResult], environment: Mapping[str, str]) -> Table:
    fields = dict.fromkeys([*environment, *(field for result in results for field in result.environment)])
    machines = [environment, *(result.environment for result in results)]
    rows = [
        [field.removesuffix("_bytes").replace("_", " "), *(_of_machine(machine, field) for machine in machines)]
        for field in fields
    ]
    return _table("Machines", "What each report ran on", ["what", "here", *(result.name for result in results)], rows)


def _of_machine(machine: Mapping[str, str], field: str) -> str:
    value = machine.get(field, "–")
    return f"{int(value) / 2**30:.0f} GiB" if field == "memory_bytes" and value.isdigit() else value


def _table(title: str, caption: str, columns: list[str], rows: list[list[str]]) -> Table:
    origin = Provenance(records=(), rebuild="tox -e report -- stability", made_by="report.conclude.stability.compare")
    return Table(
        title=title,
        caption=caption,
        columns=columns,
        rows=rows,
        numeric=[False] * len(columns),
        data="",
        provenance=origin,
    )


def _outcome(row: Comparison) -> str:
    return f"{row.outcome} ({row.note})" if row.note else row.outcome


def _told(result: ClaimResult | None) -> str:
    if result is None:
        return "not in this ledger"
    estimates = "; ".join(map(_estimate, result.estimates))
    return f"{result.words}: {estimates}" if estimates else result.words


def _estimate(estimate: Estimate) -> str:
    about = [formatting.brief_uncertainty_of(estimate), f"n = {estimate.n:,}"]
    return f"{formatting.text_of(estimate)} ({', '.join(filter(None, about))})"
