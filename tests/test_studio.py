"""Charts drawn by other processes: the same drawings, the same errors, and no process for nothing."""

from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from fmnist_ref import FmnistRefError
from report import figures
from report.charts import Bar, BarChart, BarSegment, ImageGrid, Tile
from report.figures.canvas import FORMATS
from report.figures.colour import THEMES
from report.studio import studio

BARS = [Bar(label=name, segments=[BarSegment(label="time", value=value)]) for name, value in (("a", 3.25), ("b", 6.0))]
CHARTS = [
    BarChart(bars=BARS, x_label="seconds"),
    ImageGrid(tiles=[Tile(pixels=[float(i % 256) for i in range(784)], caption="Shirt")], columns=1),
]


def test_a_chart_drawn_elsewhere_is_the_one_drawn_here():
    kinds = [(chart, theme, size) for chart in CHARTS for theme in THEMES for size in FORMATS]
    with studio() as draw, ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda kind: draw(kind[0], theme=kind[1], size=kind[2]), kinds))
    assert drawn == [figures.draw(chart, theme=theme, size=size) for chart, theme, size in kinds]


def test_what_is_wrong_with_a_chart_is_told_here_and_the_next_is_drawn():
    wrong = ImageGrid(tiles=[Tile(pixels=[0.0] * 783, caption="Bag")], columns=1)
    with studio() as draw:
        with pytest.raises(FmnistRefError, match=r"found 783 values under 'Bag'\. Pass all 28 × 28 values"):
            draw(wrong, theme="light", size="page")
        assert draw(CHARTS[0], theme="light", size="page").svg


def test_no_process_begins_where_nothing_is_drawn():
    before = len(psutil.Process().children(recursive=True))
    with studio():
        assert len(psutil.Process().children(recursive=True)) == before
