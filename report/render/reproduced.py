"""What the page *Reproduced?* shows: this report beside the published one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from report.conclude import formatting
from report.conclude.baseline import Reference, Row
from report.conclude.statistics import Estimate
from report.render.page_data import Page, Provenance, Table

CLAIM_COLUMNS = [
    "claim",
    "published",
    "here",
    "verdicts",
    "published estimate",
    "estimate here",
    "intervals overlap",
]


def page(reference: Reference | None, rows: Iterable[Row], environment: Mapping[str, str]) -> Page:
    """Make the evidence of the page *Reproduced?*: text from the file reaches the site only through it."""
    tables = {}
    if reference:
        claims = [_cells(row) for row in rows]
        fields = dict.fromkeys([*reference.environment, *environment])
        machines = [[f.replace("_", " "), reference.environment.get(f, "–"), environment.get(f, "–")] for f in fields]
        tables = {
            "reproduced": _table("Every claim in the published report and in this one.", CLAIM_COLUMNS, claims),
            "machines": _table("What each report ran on.", ["what", "published", "here"], machines),
        }
    return Page(
        name="reproduced",
        title="Reproduced?",
        headline=None,
        headline_label="",
        card=None,
        numbers={},
        claims={},
        figures={},
        tables=tables,
    )


def counts(rows: Iterable[Row]) -> dict[str, int]:
    """Count the claims that agree, differ, and can't be compared; and the intervals that don't overlap."""
    listed = list(rows)
    found = Counter(row.agreement for row in listed)
    return {
        "agree": found["agree"],
        "differ": found["differ"],
        "not_comparable": found["not comparable"],
        "compared_intervals": sum(row.overlap is not None for row in listed),
        "apart": sum(row.overlap is False for row in listed),
    }


def _table(caption: str, columns: list[str], rows: list[list[str]]) -> Table:
    origin = Provenance(records=(), rebuild="tox -e report", made_by="report.conclude.baseline.compare")
    return Table(
        caption=caption, columns=columns, rows=rows, numeric=[False] * len(columns), data="", provenance=origin
    )


def _cells(row: Row) -> list[str]:
    return [
        row.id,
        row.published.verdict,
        row.here.verdict if row.here else "not in this ledger",
        row.agreement,
        _told(row.published.estimates),
        _told(row.here.estimates if row.here else ()),
        {True: "yes", False: "no", None: "–"}[row.overlap],
    ]


def _told(estimates: Iterable[Estimate]) -> str:
    told = [
        f"{formatting.text_of(estimate)} ({formatting.interval_of(estimate) or formatting.interval_name(estimate)})"
        for estimate in estimates
    ]
    return "; ".join(told) or "–"
