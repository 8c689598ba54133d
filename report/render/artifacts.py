"""What answers show, made ready for the site: numbers with their provenance, figures drawn, tables set, data as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from report.answers.answer import Cell, FigureSpec, TableSpec
from report.answers.charts import Chart, IntervalChart
from report.conclude import formatting
from report.conclude.statistics import Estimate
from report.record.files import FolderWriter
from report.record.reader import Records
from report.render.figures import SizeName, Svg, ThemeName, chart_data, draw_in_both_themes
from report.render.figures.intervals import rows_in_words
from report.render.page_data import Figure, Number, Picture, Provenance, Table

THEMES: tuple[ThemeName, ...] = ("light", "dark")
NUMBER = rf"[+{formatting.MINUS}]?\d[\d,.]*"
NUMERIC = re.compile(rf"({NUMBER}( (of|to) {NUMBER})?|–)?")
"""Text of a cell that is aligned as a number: ``0.12``, ``22 of 25``, ``69 to 97``, a dash, or nothing."""
DRAWN: dict[tuple[type[Chart], bytes, SizeName], dict[ThemeName, Svg]] = {}
"""What this process has drawn: a report publishes several sites, and from one to the next most charts stay as they are."""


def provenance(ids: Iterable[str], made_by: Callable[..., Any], records: Records) -> Provenance:
    """Return where something came from: the records of some runs, and the function that made it of them."""
    found = [records.by_id[id] for id in dict.fromkeys(ids)]
    only = " ".join(f"--only {name}" for name in sorted({record.experiment for record in found}))
    seeds = {record.seed for record in found if not record.exclusive}  # timings have repetitions instead of seeds
    return Provenance(
        records=tuple(f"records/{record.run}.json" for record in found),
        rebuild=f"tox -e report -- {only}" if only else "tox -e report",
        made_by=f"{made_by.__module__}.{made_by.__qualname__.split('.')[0]}",
        num_seeds=len(seeds) if len(seeds) > 1 else None,
    )


def number(estimate: Estimate, made_by: Callable[..., Any], records: Records) -> Number:
    """Make an estimate ready to stand in the text."""
    return Number(
        text=formatting.text_of(estimate),
        interval=formatting.interval_of(estimate),
        interval_name=formatting.interval_name(estimate),
        detectable=formatting.detectable_of(estimate),
        estimate=estimate,
        provenance=provenance(estimate.records, made_by, records),
    )


class Exporter:
    """
    Writes figures and data files of one site.

    Parameters
    ----------
    writer : FolderWriter
        Of the Sphinx source folder, whose ``published/`` is copied into the site as it is.
    records : Records
        What the figures and tables are made of.
    """

    def __init__(self, writer: FolderWriter, records: Records) -> None:
        self.writer = writer
        self.records = records

    def figure(self, name: str, content: FigureSpec, made_by: Callable[..., Any], *, card: bool = False) -> Figure:
        """Draw a figure in both themes, for wide and narrow screens, and export its data."""
        columns, rows = chart_data(content.chart)
        alt = content.alt or (rows_in_words(content.chart) if isinstance(content.chart, IntervalChart) else "")
        if not alt:
            raise ValueError(f"{name} has no alternative text")
        return Figure(
            wide=self._drawn(name, content.chart, "card" if card else "page"),
            narrow=None if card else self._drawn(f"{name}.narrow", content.chart, "narrow"),
            title=content.title,
            alt=re.sub(r"(?<!\w)-(?=\d)", formatting.MINUS, alt),  # screen readers skip a hyphen
            caption=content.caption,
            data=self._csv(name, columns, rows),
            provenance=provenance(content.records, made_by, self.records),
        )

    def _drawn(self, stem: str, chart: Chart, size: SizeName) -> Picture:
        """Draw a chart in both themes, which have the same size."""
        paths = {theme: f"figures/{stem}.{theme}.svg" for theme in THEMES}
        key = (type(chart), msgspec.json.encode(chart), size)
        if key not in DRAWN:
            DRAWN[key] = draw_in_both_themes(chart, size)
        for theme, svg in DRAWN[key].items():
            self.writer.write(paths[theme], svg.text)
        return Picture(**paths, width=svg.width, height=svg.height)

    def table(self, name: str, content: TableSpec, made_by: Callable[..., Any]) -> Table:
        """Set a table and export its data unrounded."""
        columns = [[row[i] for row in content.rows] for i in range(len(content.columns))]
        return Table(
            title=content.title,
            caption=content.caption,
            columns=content.columns,
            rows=[[_cell(value) for value in row] for row in content.rows],
            numeric=[bool(content.rows) and all(map(_is_numeric, column)) for column in columns],
            data=self._csv(name, content.columns, content.rows),
            provenance=msgspec.structs.replace(
                provenance(content.records, made_by, self.records), fewest_seeds=content.fewest_seeds
            ),
        )

    def _csv(self, name: str, columns: list[str], rows: Iterable[Iterable[Any]]) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([value.value if isinstance(value, Estimate) else value for value in row] for row in rows)
        path = f"data/{name}.csv"
        self.writer.write(f"published/{path}", text.getvalue())
        return path


def _is_numeric(value: Cell) -> bool:
    return not isinstance(value, str) or bool(NUMERIC.fullmatch(value))


def _cell(value: Cell) -> str:
    """Write a table cell; an estimate as in the text, without its unit, which the column's name has."""
    if isinstance(value, Estimate):
        return formatting.number(value.value, formatting.digits_for(value), signed=value.signed)
    return formatting.cell(value)
