"""Figures drawn beside each other: a drawing takes a twentieth of a second, and a report has some two hundred."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Protocol

from report import figures, processes
from report.charts import Chart
from report.environment import usable_cores
from report.figures import Drawing, Size, ThemeName


class Draw(Protocol):
    """Draws a chart for one theme, as `report.figures.draw` does."""

    def __call__(self, chart: Chart, *, theme: ThemeName, size: Size) -> Drawing:
        """Return the drawing."""
        ...


@contextmanager
def studio() -> Iterator[Draw]:
    """
    Give a function that has charts drawn by a process for each core, which start with the first chart.

    The function returns when its drawing is done: call it from several threads to keep the processes busy. matplotlib
    itself would not bear to be used by them.
    """
    pool = ProcessPoolExecutor(
        usable_cores(), mp_context=processes.context(figures.__name__), initializer=processes.begin
    )

    def draw(chart: Chart, *, theme: ThemeName, size: Size) -> Drawing:
        return pool.submit(figures.draw, chart, theme=theme, size=size).result()

    try:
        yield draw
    finally:
        pool.shutdown(cancel_futures=True)
