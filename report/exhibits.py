"""What answers show, made ready for the site: numbers with their provenance, figures drawn, tables set, data as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from report import formatting
from report.answers.base import FigureContent, TableContent
from report.conclude import Finding
from report.evidence import ClaimRow, Figure, Number, Provenance, Table
from report.figures import chart_data, draw
from report.files import write_if_changed
from report.statistics import Estimate


def provenance(records: Iterable[str], made_by: Callable[..., Any]) -> Provenance:
    """Say where something came from; record ids begin with experiment, arm and seed."""
    ids = tuple(dict.fromkeys(records))
    experiments = sorted({id.split(".")[0] for id in ids})
    only = " ".join(f"--only {name}" for name in experiments)
    seeds = {part for id in ids for part in id.split(".") if part.startswith("seed")}
    return Provenance(
        records=tuple(f"records/{id}.json" for id in ids),
        rebuild=f"tox -e report -- {only}" if only else "tox -e report",
        made_by=f"{made_by.__module__}.{made_by.__qualname__.split('.')[0]}",
        num_seeds=len(seeds) or None,
    )


def number(estimate: Estimate, made_by: Callable[..., Any]) -> Number:
    """Make an estimate ready to stand in the text."""
    return Number(
        text=formatting.text_of(estimate),
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        n=estimate.n,
        n_of=estimate.n_of,
        unit=estimate.unit,
        method=estimate.method,
        provenance=provenance(estimate.records, made_by),
    )


def claim_row(finding: Finding, numbers: tuple[Number, ...], note: str) -> ClaimRow:
    """Make one row of the audit."""
    claim = finding.claim
    detectable = [formatting.detectable_of(estimate) for estimate in finding.estimates]
    return ClaimRow(
        id=claim.id,
        page=claim.page,
        says=claim.says,
        kind=claim.kind,
        measured_by=claim.measure,
        rule=claim.rule.describe() if claim.rule else "settled by definition",
        verdict=finding.verdict,
        numbers=numbers,
        detectable=next((d for d in detectable if d), None) if finding.verdict == "undetermined" else None,
        survives_holm=finding.survives_holm,
        tests=tuple(f"tests/definitions/test_{claim.page}.py::{test}" for test in claim.tests),
        note=note,
    )


class Exporter:
    """
    Writes figures and data files of one site.

    Parameters
    ----------
    source : Path
        The Sphinx source folder: figures go into its ``figures/``.
    published : Path
        Folder copied as it is into the site: data go into its ``data/``.
    """

    def __init__(self, source: Path, published: Path) -> None:
        self.source = source
        self.published = published
        self.figures: set[Path] = set()
        self.data: set[Path] = set()

    def figure(self, name: str, content: FigureContent, made_by: Callable[..., Any], *, card: bool = False) -> Figure:
        """Draw a figure in both themes and export its data."""
        size = "card" if card else "page"
        drawings = {theme: draw(content.chart, theme=theme, size=size) for theme in ("light", "dark")}  # type: ignore[arg-type]
        for theme, drawing in drawings.items():
            path = Path(f"{name}.{theme}.svg")
            write_if_changed(self.source / "figures" / path, drawing.svg)
            self.figures.add(path)
        columns, rows = chart_data(content.chart)
        return Figure(
            light=f"figures/{name}.light.svg",
            dark=f"figures/{name}.dark.svg",
            width=drawings["light"].width,
            height=drawings["light"].height,
            title=content.title,
            alt=content.alt,
            caption=content.caption,
            data=self._csv(name, columns, rows),
            provenance=provenance(content.records, made_by),
        )

    def table(self, name: str, content: TableContent, made_by: Callable[..., Any]) -> Table:
        """Set a table and export its data unrounded."""
        return Table(
            caption=content.caption,
            columns=content.columns,
            rows=[[formatting.cell(value) for value in row] for row in content.rows],
            numeric=[
                bool(content.rows) and all(not isinstance(row[i], str) for row in content.rows)
                for i in range(len(content.columns))
            ],
            data=self._csv(name, content.columns, content.rows),
            provenance=provenance(content.records, made_by),
        )

    def _csv(self, name: str, columns: list[str], rows: Iterable[Iterable[Any]]) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        path = Path(f"{name}.csv")
        write_if_changed(self.published / "data" / path, text.getvalue())
        self.data.add(path)
        return f"data/{path}"
