"""What an answer is made of: functions of records, by the name under which the page shows their result."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from report.answers.charts import Chart
from report.conclude.statistics import Estimate
from report.conclude.verdicts import Finding
from report.record.reader import Records


class FigureContent(msgspec.Struct, frozen=True, kw_only=True):
    """A figure before it is drawn."""

    chart: Chart
    title: str
    """The finding, as a sentence without a full stop."""
    alt: str
    caption: str
    records: tuple[str, ...]


class TableContent(msgspec.Struct, frozen=True, kw_only=True):
    """A table before it is set: cells are text or numbers; `tables` formats them."""

    caption: str
    columns: list[str]
    rows: list[list[str | float | int]]
    records: tuple[str, ...]


Findings = Mapping[str, Finding]
MeasureFunction = Callable[[Records], Estimate | tuple[Estimate, ...]]
FigureFunction = Callable[[Records, Findings], FigureContent]
TableFunction = Callable[[Records, Findings], TableContent]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer page: what it measures and shows. `measures` are keyed by claim id, or by a name of their own."""

    name: str
    title: str
    """The question."""
    experiments: tuple[str, ...]
    measures: dict[str, MeasureFunction]
    """Each returns an Estimate or, where a claim's rule looks at several, a tuple of them."""
    figures: dict[str, FigureFunction] = {}
    tables: dict[str, TableFunction] = {}
    notes: dict[str, str] = {}
    """By claim id: what a reader should know about the verdict."""
    headline: str
    """Name of the measure on the home page's card."""
    headline_label: str
    card: str | None = None
    """Name of the figure drawn small on the card; not shown on the page itself."""


def by_verdict(finding: Finding, *, supported: str, refuted: str, undetermined: str, withheld: str) -> str:
    """Choose a phrase by a verdict, so that no sentence can outlive its data."""
    return {"supported": supported, "refuted": refuted, "undetermined": undetermined}.get(finding.verdict, withheld)
