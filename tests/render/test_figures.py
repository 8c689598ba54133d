from __future__ import annotations

import itertools
import math
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmnist_ref.errors import FmnistRefError
from report.answers.charts import (
    Bar,
    BarChart,
    BarSegment,
    Chart,
    ImageGrid,
    IntervalChart,
    IntervalRow,
    LineChart,
    MatrixChart,
    Panel,
    Series,
    Tile,
)
from report.render.figures import Drawing, chart_data, draw
from report.render.figures.colour import SHAPE_CONTRAST, TEXT_CONTRAST, THEMES, Theme, ThemeName, contrast, text_on
from report.render.figures.curves import MOST_POINTS, curve
from report.render.figures.labels import spread
from report.render.figures.layout import FORMATS, Size
from report.render.figures.styles import looks
from report.render.figures.text import text_width, wrap
from report.render.figures.ticks import fit_axis, number

NAN = math.nan
EPOCHS = [float(epoch) for epoch in range(1, 101)]
SVG = "{http://www.w3.org/2000/svg}"
THEME_NAMES: tuple[ThemeName, ...] = ("light", "dark")
SIZES: tuple[Size, ...] = ("page", "narrow", "card")


def falling(label: str, level: float) -> Series:
    y = [level + 1 / math.sqrt(epoch) for epoch in EPOCHS]
    return Series(label=label, x=EPOCHS, y=y, low=[v - 0.1 for v in y], high=[v + 0.1 for v in y])


def panel(*series: Series, **about: object) -> Panel:
    return msgspec.structs.replace(Panel(series=list(series), x_label="epoch", y_label="loss (nats)"), **about)


LINES = LineChart(
    panels=[
        panel(
            falling("from logits", 0.2),
            falling("softmax twice", 1.4),
            Series(label="printed", x=[1.0, 2.0, 26.0], y=[2.4, 2.1, 1.6], role="printed"),
            Series(label="lowest possible", x=[1.0, 100.0], y=[1.4612, 1.4612], role="reference"),
            title="Training",
        ),
        panel(falling("from logits", 0.3), title="Test"),
    ]
)
INTERVALS = IntervalChart(
    rows=[
        IntervalRow(label="one linear layer", value=0.04, low=-0.04, high=0.12, points=[0.0, 0.1]),
        IntervalRow(label="one ReLU layer", value=3.91, low=3.6, high=4.2, points=[3.8, 4.0]),
    ],
    x_label="difference (percentage points)",
    margin=0.3,
)
BARS = BarChart(
    bars=[
        Bar(label="full step", segments=[BarSegment(label="loader", value=9), BarSegment(label="copy", value=0.2)]),
        Bar(label="resident tensor", segments=[BarSegment(label="copy", value=0.1)]),
    ],
    x_label="seconds per epoch",
)
IMAGES = ImageGrid(
    tiles=[Tile(pixels=[float(i % 256) for i in range(784)], caption=f"Shirt\nno {n}") for n in range(3)], columns=2
)
WEIGHTS = ImageGrid(
    tiles=[Tile(pixels=[(i - 300) / 784 for i in range(784)], caption="Coat")], columns=1, kind="weights"
)
MATRIX = MatrixChart(
    rows=["Shirt", "Coat"],
    columns=["Shirt", "Coat"],
    values=[[900.0, 1100.0], [0.0, 12.0]],
    x_label="predicted class",
    y_label="true class",
)
CHARTS: dict[str, Chart] = {
    "lines": LINES,
    "intervals": INTERVALS,
    "bars": BARS,
    "images": IMAGES,
    "weights": WEIGHTS,
    "matrix": MATRIX,
}


def parsed(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.svg)  # noqa: S314 - our own output


def texts(drawing: Drawing) -> list[str]:
    return ["".join(node.itertext()).strip() for node in parsed(drawing).iter(f"{SVG}text")]


def ids(drawing: Drawing, prefix: str) -> list[str]:
    return re.findall(rf'id="({prefix}-[^"]*)"', drawing.svg)


def group(drawing: Drawing, name: str) -> ElementTree.Element:
    root = parsed(drawing)
    return next(node for node in root.iter(f"{SVG}g") if node.get("id") == name)


def all_drawings() -> list[tuple[str, ThemeName, Size]]:
    return list(itertools.product(CHARTS, THEME_NAMES, SIZES))


@cache
def drawn(name: str, theme: ThemeName, size: Size) -> Drawing:
    return draw(CHARTS[name], theme=theme, size=size)


@pytest.mark.parametrize(("name", "theme", "size"), all_drawings())
def test_every_chart_is_a_small_transparent_well_formed_picture(name: str, theme: ThemeName, size: Size) -> None:
    drawing = drawn(name, theme, size)
    root = parsed(drawing)
    assert (root.get("width"), root.get("height")) == (str(drawing.width), str(drawing.height))
    assert drawing.width == FORMATS[size].width
    assert root.get("viewBox") == f"0 0 {drawing.width} {drawing.height}"
    assert len(drawing.svg) < 60_000
    assert f"L {drawing.width} {drawing.height} " not in drawing.svg  # no sheet behind the figure
    assert "<metadata" not in drawing.svg
    assert "DejaVu" not in drawing.svg


@pytest.mark.parametrize(("name", "theme", "size"), all_drawings())
def test_text_is_large_and_dark_enough(name: str, theme: ThemeName, size: Size) -> None:
    drawing = drawn(name, theme, size)
    sizes = [float(found) for found in re.findall(r"font-size: ([\d.]+)px", drawing.svg)]
    least = {"page": 13, "narrow": 11, "card": 11}[size]
    assert len(sizes) == len(texts(drawing))
    assert all(found >= least for found in sizes)
    if name in ("matrix", "bars"):  # their text stands on fills of its own: tested with `text_on`
        return
    for node in parsed(drawing).iter(f"{SVG}text"):
        fill = re.search(r"fill: (#\w{6})", node.get("style", ""))
        colour = fill[1] if fill else "#000000"
        assert contrast(colour, THEMES[theme].background) >= TEXT_CONTRAST, node.text


@pytest.mark.parametrize(("name", "theme", "size"), all_drawings())
def test_no_text_is_cut_off_by_the_edges(name: str, theme: ThemeName, size: Size) -> None:
    drawing = drawn(name, theme, size)
    for node in parsed(drawing).iter(f"{SVG}text"):
        style = node.get("style", "")
        found = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform", ""))
        x, y = (float(node.get(key) or (found[index + 1] if found else "nan")) for index, key in enumerate("xy"))
        if "rotate(-" in node.get("transform", "") and "rotate(-0)" not in node.get("transform", ""):
            continue  # the slanted labels of a table, whose place is computed in draw_matrix
        font_size = float(re.search(r"([\d.]+)px", style)[1])  # type: ignore[index]
        width = text_width("".join(node.itertext()), font_size)
        left = (
            x
            - {"start": 0, "middle": 0.5, "end": 1}[(re.search(r"text-anchor: (\w+)", style) or ["", "start"])[1]]
            * width
        )
        assert left >= -1, node.text
        assert left + width <= drawing.width + 1, node.text
        assert 0.6 * font_size <= y <= drawing.height, node.text


def test_luminance_and_contrast_are_those_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WCAG's own example of just too little


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_series_differ_in_colour_dashes_and_marker_and_stand_out(theme: Theme) -> None:
    found = list(looks([Series(label=str(index), x=[], y=[]) for index in range(14)], theme).values())
    for look in found:
        assert contrast(look.colour, theme.background) >= SHAPE_CONTRAST
        assert contrast(look.text, theme.background) >= TEXT_CONTRAST
    assert len({look.colour for look in found[:7]}) == len({look.dashes for look in found[:7]}) == 7
    assert len({(look.colour, look.dashes) for look in found}) == 14
    assert len({(look.colour, look.marker) for look in found}) == 14
    for colour in (theme.ink, theme.muted):
        assert contrast(colour, theme.background) >= TEXT_CONTRAST
    assert contrast(theme.ink, theme.shade) >= TEXT_CONTRAST
    assert contrast(theme.reference, theme.background) >= SHAPE_CONTRAST


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_text_reads_on_any_fill(channels: tuple[int, int, int]) -> None:
    fill = "#{:02x}{:02x}{:02x}".format(*channels)
    assert contrast(text_on(fill), fill) >= TEXT_CONTRAST


def test_lines_are_labelled_directly_with_their_bands_and_roles() -> None:
    drawing = draw(LINES, theme="light")
    written = texts(drawing)
    for label in ("Training", "Test", "epoch", "loss (nats)", "softmax twice", "printed", "lowest possible"):
        assert label in written
    assert written.count("from logits") == 2  # once a panel
    assert ids(drawing, "band") == ["band-0-0", "band-0-1", "band-1-0"]
    assert ids(drawing, "printed") == ["printed-0-2"]
    printed = group(drawing, "printed-0-2")
    assert len(list(printed.iter(f"{SVG}use"))) == 3
    assert all("fill-opacity: 0" in node.get("style", "") for node in printed.iter(f"{SVG}use"))
    assert not list(printed.findall(f"{SVG}path"))  # circles, and no line through them
    guide = ElementTree.tostring(group(drawing, "reference-0-3"), encoding="unicode")
    assert f"stroke: {THEMES['light'].reference}" in guide
    assert "stroke-width" not in guide  # 1 is the default: thin


def test_the_same_label_looks_the_same_in_every_panel() -> None:
    drawing = draw(LINES, theme="dark")
    strokes = [
        re.findall(r"stroke: (#\w{6})", ElementTree.tostring(group(drawing, name), encoding="unicode"))[0]
        for name in ("line-0-0", "line-1-0", "line-0-1")
    ]
    assert strokes[0] == strokes[1] != strokes[2]


def test_a_card_shows_the_first_panel_and_is_small() -> None:
    drawing = draw(LINES, theme="light", size="card")
    assert (drawing.width, drawing.height) == (320, pytest.approx(150, abs=5))
    assert "Test" not in texts(drawing)
    assert "from logits" in texts(drawing)


def test_more_than_six_series_have_a_legend_above_the_axes() -> None:
    def label_places(count: int) -> list[float]:
        chart = LineChart(panels=[panel(*(falling(f"series {n}", n / 10) for n in range(count)))])
        nodes = parsed(draw(chart, theme="light")).iter(f"{SVG}text")
        return [float(node.get("x", "nan")) for node in nodes if (node.text or "").startswith("series")]

    assert len(label_places(8)) == 8
    assert min(label_places(8)) < 100
    assert min(label_places(6)) > 400  # to the right of the axes


def test_lines_are_thinned_without_losing_a_spike() -> None:
    y = [0.0] * 5000
    y[1234] = 7.0
    series = Series(label="spike", x=[float(i) for i in range(5000)], y=y, low=y, high=y)
    thinned = curve(series, panel(series))
    assert len(thinned.x) == len(thinned.y) == len(thinned.low) <= MOST_POINTS + 2
    assert (1234.0, 7.0) in zip(thinned.x, thinned.y, strict=True)
    assert thinned.x[0] == 0
    assert thinned.x[-1] == 4999


def test_curves_with_bands_make_small_files() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (5, 3, 100))
    series = [
        Series(label=f"series {n}", x=EPOCHS, y=y.tolist(), low=(y - 1 + a).tolist(), high=(y + 1 + b).tolist())
        for n, (y, a, b) in enumerate(noise)
    ]
    assert len(draw(LineChart(panels=[panel(*series)]), theme="light").svg) < 60_000


def test_what_cannot_be_drawn_is_left_out() -> None:
    series = Series(label="a", x=[0.0, 1.0, 2.0, 4.0], y=[1.0, NAN, -1.0, 2.0])
    logarithmic = curve(series, panel(series, x_scale="log", y_scale="log"))
    assert logarithmic.end == (4.0, 2.0)
    assert np.isnan(logarithmic.y).tolist() == [False, True, True, False]
    assert np.isnan(logarithmic.x).tolist() == [True, False, False, False]


ODD: dict[str, Chart] = {
    "no panels": LineChart(panels=[]),
    "no series": LineChart(panels=[panel()]),
    "no points": LineChart(panels=[panel(Series(label="a", x=[], y=[]))]),
    "no points, log": LineChart(panels=[panel(Series(label="a", x=[], y=[]), x_scale="log", y_scale="log")]),
    "one point": LineChart(panels=[panel(Series(label="a", x=[3.0], y=[2.0], low=[1.0], high=[3.0]))]),
    "one point, log": LineChart(panels=[panel(Series(label="a", x=[4.0], y=[2.0]), x_scale="log", y_scale="log")]),
    "only nan": LineChart(panels=[panel(Series(label="a", x=[1.0, 2.0], y=[NAN, NAN], low=[NAN] * 2, high=[NAN] * 2))]),
    "none for nan": LineChart(panels=[panel(Series(label="a", x=[1.0, 2.0], y=[1.0, None]))]),  # type: ignore[list-item]
    "short band": LineChart(panels=[panel(Series(label="a", x=[1.0, 2.0], y=[1.0, 2.0], low=[0.5], high=[1.5]))]),
    "infinite": LineChart(panels=[panel(Series(label="a", x=[1.0, math.inf], y=[math.inf, 1.0]))]),
    "constant": LineChart(panels=[panel(Series(label="a", x=[1.0, 2.0], y=[0.0, 0.0]))]),
    "no rows": IntervalChart(rows=[], x_label="difference"),
    "nan row": IntervalChart(rows=[IntervalRow(label="a", value=NAN, low=NAN, high=NAN)], x_label="", zero=None),
    "open interval": IntervalChart(
        rows=[IntervalRow(label="a", value=1.0, low=-math.inf, high=2.0)], x_label="ratio", zero=1.0, x_scale="log"
    ),
    "margin beyond zero on log": IntervalChart(
        rows=[IntervalRow(label="a", value=1.0, low=0.5, high=2.0)], x_label="", zero=1.0, margin=1.5, x_scale="log"
    ),
    "no bars": BarChart(bars=[], x_label="seconds"),
    "empty bar": BarChart(bars=[Bar(label="a", segments=[])], x_label="seconds"),
    "nan segment": BarChart(
        bars=[Bar(label="a", segments=[BarSegment(label="b", value=NAN), BarSegment(label="c", value=-1.0)])],
        x_label="seconds",
    ),
    "zero bar": BarChart(bars=[Bar(label="a", segments=[BarSegment(label="b", value=0.0)])], x_label="s"),
    "no tiles": ImageGrid(tiles=[], columns=0),
    "nan tile": ImageGrid(tiles=[Tile(pixels=[NAN] * 784, caption="")], columns=3, kind="weights"),
    "empty tile": ImageGrid(tiles=[Tile(pixels=[], caption="missing")], columns=3),
    "no matrix": MatrixChart(rows=[], columns=[], values=[], x_label="", y_label=""),
    "ragged matrix": MatrixChart(
        rows=["a", "b"], columns=["a", "b"], values=[[1.0], [NAN, -2.0]], x_label="", y_label=""
    ),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ODD)
def test_odd_charts_are_drawn_too(name: str, size: Size) -> None:
    parsed(draw(ODD[name], theme="light", size=size))


def test_a_chart_without_anything_to_draw_says_so() -> None:
    assert "no data" in texts(draw(ODD["only nan"], theme="light"))
    assert "no data" in texts(draw(ODD["no tiles"], theme="light"))


def test_a_dollar_sign_and_markup_stay_as_they_are() -> None:
    chart = LineChart(panels=[panel(Series(label='cost $x$ <b> & "more"', x=[1.0], y=[1.0]))])
    assert 'cost $x$ <b> & "more"' in " ".join(texts(draw(chart, theme="light")))


def test_intervals_show_estimate_interval_points_and_margin() -> None:
    drawing = draw(INTERVALS, theme="light")
    written = texts(drawing)
    assert "+3.9 (+3.6 to +4.2)" in written
    assert "+0.04 (−0.04 to +0.12)" in written
    assert "margin ±0.3" in written
    for name in ("margin", "zero", "estimate-0", "interval-1", "points-1"):
        group(drawing, name)
    assert len(list(group(drawing, "points-1").iter(f"{SVG}use"))) == 2
    assert "zero" not in draw(msgspec.structs.replace(INTERVALS, zero=None), theme="light").svg


def test_a_value_without_an_interval_stands_alone() -> None:
    chart = IntervalChart(rows=[IntervalRow(label="a", value=12.3, low=12.3, high=12.3)], x_label="s", zero=None)
    assert "12.3" in " ".join(texts(draw(chart, theme="light")))
    assert not any(" to " in text for text in texts(draw(chart, theme="light")))


def test_ratios_have_no_plus_sign() -> None:
    chart = IntervalChart(rows=[IntervalRow(label="a", value=14.2, low=13.5, high=15)], x_label="ratio", zero=1.0)
    assert "14.2 (13.5 to 15.0)" in texts(draw(chart, theme="light"))


def test_bar_names_stand_inside_where_they_fit_and_in_a_legend_otherwise() -> None:
    drawing = draw(BARS, theme="light")
    assert texts(drawing).count("loader") == 2  # inside, and in the legend that "copy" makes necessary
    assert texts(drawing).count("copy") == 1
    assert ids(drawing, "segment") == ["segment-0-0", "segment-0-1", "segment-1-1"]
    roomy = BarChart(bars=[BARS.bars[0]], x_label="")
    wide = [BarSegment(label="loader", value=5), BarSegment(label="copy", value=5)]
    roomy = msgspec.structs.replace(roomy, bars=[Bar(label="full step", segments=wide)])
    assert sorted(text for text in texts(draw(roomy, theme="light")) if text.isalpha()) == ["copy", "loader"]


def test_single_bars_have_their_value_at_the_end() -> None:
    bars = [Bar(label=name, segments=[BarSegment(label="time", value=v)]) for name, v in (("a", 3.2512), ("b", 61_234))]
    written = texts(draw(BarChart(bars=bars, x_label="seconds"), theme="light"))
    assert {"3.25", "61,234", "0", "20,000"} <= set(written)
    assert "time" not in written


def test_pictures_are_embedded_pixel_by_pixel() -> None:
    drawing = draw(IMAGES, theme="light")
    assert drawing.svg.count("data:image/png;base64,") == 3
    assert drawing.svg.count("image-rendering:pixelated") == 3
    assert texts(drawing)[:2] == ["Shirt", "no 0"]


def test_the_scale_of_weights_is_symmetric() -> None:
    written = texts(draw(WEIGHTS, theme="light"))
    assert {"−0.62", "0", "0.62"} <= set(written)


def test_a_tile_that_is_no_square_is_an_error_that_says_so() -> None:
    grid = ImageGrid(tiles=[Tile(pixels=[0.0] * 783, caption="Bag")], columns=1)
    with pytest.raises(FmnistRefError, match=r"found 783 values under 'Bag'\. Pass all 28 × 28 values"):
        draw(grid, theme="light")


def test_a_matrix_has_its_numbers_in_cells_with_legible_text() -> None:
    drawing = draw(MATRIX, theme="light")
    assert {"900", "1,100", "0", "12", "rows: true class; columns: predicted class"} <= set(texts(drawing))
    nodes = parsed(drawing).iter(f"{SVG}text")
    colours = {node.text: re.search(r"fill: (#\w{6})", node.get("style", "")) for node in nodes}
    assert colours["1,100"] is not None
    assert colours["1,100"][1] == "#ffffff"  # on the darkest cell
    assert colours["0"] is None  # black, on white
    assert "900" not in texts(draw(MATRIX, theme="light", size="card"))


def axis_labels(values: list[float], scale: str = "linear", length: float = 450, **about: object) -> list[str]:
    return fit_axis(np.array(values), scale, length, 16, horizontal=True, **about).labels  # type: ignore[arg-type]


def test_ticks_of_batch_sizes_are_those_measured() -> None:
    assert axis_labels([16, 64, 256, 1024, 4096], "log") == ["16", "64", "256", "1,024", "4,096"]
    thinned = axis_labels([2.0**power for power in range(15)], "log")
    assert thinned == ["1", "8", "64", "512", "4,096"]


def test_ticks_on_logarithmic_axes_are_plain_numbers_while_that_is_readable() -> None:
    assert axis_labels([1, 700], "log") == ["1", "10", "100"]
    assert axis_labels([0.2, 1.3], "log") == ["0.2", "0.5", "1"]
    assert axis_labels([0.21, 0.34], "log") == ["0.25", "0.3"]
    assert axis_labels([1e-9, 3e-6], "log")[0] == "10⁻⁹"


def test_ticks_have_proper_signs_and_separators() -> None:
    assert axis_labels([-1.0, 1.0]) == ["−1.0", "−0.5", "0.0", "0.5", "1.0"]
    assert axis_labels([0.0, 60_000.0])[-1] == "60,000"
    assert axis_labels([0.0, 3e-5])[1:3] == ["10⁻⁵", "2×10⁻⁵"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.3, "−0.3"), (1234567, "1,234,567"), (1e7, "10⁷"), (-2e-5, "−2×10⁻⁵"), (0.001, "0.001")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@given(st.lists(st.tuples(st.floats(-50, 250), st.floats(1, 20)), max_size=8))
@settings(deadline=None)
def test_labels_never_overlap_and_stay_inside(labels: list[tuple[float, float]]) -> None:
    wanted, heights = [y for y, _ in labels], [height for _, height in labels]
    places = spread(wanted, heights, 0, 200)
    assert places is not None
    spans = sorted((place - height / 2, place + height / 2) for place, height in zip(places, heights, strict=True))
    for (_, bottom), (top, _) in itertools.pairwise(spans):
        assert top >= bottom - 1e-6
    if spans:
        assert spans[0][0] >= -1e-6
        assert spans[-1][1] <= 200 + 1e-6


def test_labels_that_have_room_stay_where_they_are_and_others_share_the_way() -> None:
    assert spread([20, 100], [10, 10], 0, 200) == [20, 100]
    assert spread([100, 100], [10, 10], 0, 200) == [95, 105]
    assert spread([10, 20], [150, 60], 0, 200) is None


def test_text_breaks_at_spaces_only() -> None:
    assert wrap("one two three", 16, text_width("one two", 16) + 1) == ["one two", "three"]
    assert wrap("unbreakable", 16, 5) == ["unbreakable"]
    assert wrap("a\nb", 16, 500) == ["a", "b"]


def test_data_of_lines_are_tidy_and_unthinned() -> None:
    columns, rows = chart_data(LINES)
    assert columns == ["panel", "series", "role", "x", "y", "low", "high", "x_label", "y_label"]
    assert len(rows) == 100 + 100 + 3 + 2 + 100
    assert rows[0] == [
        "Training",
        "from logits",
        "line",
        1.0,
        1.2,
        pytest.approx(1.1),
        pytest.approx(1.3),
        "epoch",
        "loss (nats)",
    ]
    assert rows[200] == ["Training", "printed", "printed", 1.0, 2.4, "", "", "epoch", "loss (nats)"]


@pytest.mark.parametrize("name", [*CHARTS, *ODD])
def test_data_have_one_cell_a_column_and_no_nan(name: str) -> None:
    columns, rows = chart_data((CHARTS | ODD)[name])
    for row in rows:
        assert len(row) == len(columns)
        assert all(isinstance(cell, str) or math.isfinite(cell) for cell in row)


def test_data_of_the_other_charts() -> None:
    assert chart_data(INTERVALS)[1][:2] == [
        ["one linear layer", "estimate", 0.04, -0.04, 0.12, "difference (percentage points)"],
        ["one linear layer", "single value", 0.0, "", "", "difference (percentage points)"],
    ]
    assert chart_data(BARS)[1][1] == ["full step", "copy", 0.2, "seconds per epoch"]
    assert chart_data(IMAGES)[1][29] == [1, "Shirt no 0", 1, 1, 29.0]
    assert chart_data(MATRIX) == (
        ["true class", "predicted class", "value"],
        [["Shirt", "Shirt", 900.0], ["Shirt", "Coat", 1100.0], ["Coat", "Shirt", 0.0], ["Coat", "Coat", 12.0]],
    )


DIGESTS = """
import hashlib, importlib.util, sys
sys.path.insert(0, sys.argv[1])
spec = importlib.util.spec_from_file_location("charts_of_the_test", sys.argv[2])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for name, chart in module.CHARTS.items():
    for theme in ("dark", "light"):
        print(name, theme, hashlib.sha256(module.draw(chart, theme=theme).svg.encode()).hexdigest())
assert "matplotlib.pyplot" not in sys.modules
"""


def test_equal_charts_give_equal_bytes_whatever_the_surroundings(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: path\naxes.facecolor: red\n")
    surroundings = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {
            "PYTHONHASHSEED": "4711",
            "TZ": "Asia/Tokyo",
            "LC_ALL": "C.UTF-8",
            "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        },
    ]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DIGESTS, str(pytestconfig.rootpath), __file__],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for environment in surroundings
    }
    assert len(outputs) == 1
    assert outputs.pop().count("\n") == 2 * len(CHARTS)


def test_drawing_leaves_the_users_settings_alone() -> None:
    before = dict(matplotlib.rcParams)
    draw(LINES, theme="light")
    assert dict(matplotlib.rcParams) == before
