from __future__ import annotations

import base64
import io
import itertools
import math
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import matplotlib
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image, ImageFont

from fmnist_ref.errors import FmnistRefError
from report.answers.answer import FigureSpec
from report.answers.charts import (
    Bar,
    BarChart,
    BarSegment,
    Chart,
    CycleDrawing,
    CycleStep,
    ImageGrid,
    IntervalChart,
    IntervalRow,
    Layer,
    LineChart,
    MatrixChart,
    MatrixPanel,
    NetworkDrawing,
    Panel,
    Scale,
    Series,
    Tile,
)
from report.record.files import FolderWriter
from report.record.reader import Records
from report.record.store import RecordStore
from report.render.artifacts import Exporter
from report.render.figures import RECOLOURED, SizeName, Svg, ThemeName, chart_data, draw, draw_in_both_themes
from report.render.figures.colour import SHAPE_CONTRAST, TEXT_CONTRAST, THEMES, Theme, contrast, text_on
from report.render.figures.intervals import interval_text
from report.render.figures.labels import spread
from report.render.figures.layout import SIZES
from report.render.figures.styles import series_styles
from report.render.figures.text import balance, text_width, wrap
from report.render.figures.ticks import tick_label

NAN = math.nan
EPOCHS = [float(epoch) for epoch in range(1, 101)]
SVG = "{http://www.w3.org/2000/svg}"
THEME_NAMES: tuple[ThemeName, ...] = ("light", "dark")
SIZE_NAMES: tuple[SizeName, ...] = ("page", "narrow", "card")


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
LONG_LABELS = LineChart(
    panels=[
        panel(*(falling(f"a network with {n} hidden layers", 0.02 * n) for n in range(6)), x_scale="log"),
        panel(*(falling(f"a network with {n} hidden layers", 1.0) for n in range(6)), y_scale="log"),
    ]
)
MANY_LINES = LineChart(panels=[panel(*(falling(f"series {n}", n / 10) for n in range(8)), title="Eight lines")])
INTERVALS = IntervalChart(
    rows=[
        IntervalRow(label="one linear layer", value=0.04, low=-0.04, high=0.12, points=[0.0, 0.1]),
        IntervalRow(label="one ReLU layer", value=3.91, low=3.6, high=4.2, points=[3.8, 4.0]),
    ],
    x_label="difference (percentage points)",
    margin=0.3,
)
LARGE_NUMBERS = IntervalChart(
    rows=[IntervalRow(label="loader", value=61_234.0, low=8_000.0, high=97_000.0)],
    x_label="images per second on one core, with the loader of the notebook and without its two workers",
    zero=None,
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
CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
LONG_CAPTIONS = ImageGrid(
    tiles=[Tile(pixels=[0.5] * 784, caption=f"{name}, logistic regression") for name in CLASSES],
    columns=5,
    kind="weights",
)
MATRIX = MatrixChart(
    panels=[MatrixPanel(rows=["Shirt", "Coat"], values=[[900.0, 1100.0], [0.0, 12.0]])],
    columns=["Shirt", "Coat"],
    x_label="predicted class",
    y_label="true class",
)
NETWORK = NetworkDrawing(
    layers=[
        Layer(units=784, label="784 pixels of an image"),
        Layer(
            units=128,
            label="128 hidden units",
            computed_by="weighted sum of all pixels, then ReLU: 100,480 parameters",
            is_dense=True,
        ),
        Layer(units=10, label="10 probabilities, one for each class", computed_by="softmax"),
        Layer(units=1, label="loss", computed_by="cross-entropy, with the true class"),
    ]
)
CYCLE = CycleDrawing(
    steps=[
        CycleStep(label="Take the next batch", code="for data, target in train_loader"),
        CycleStep(label="Clear the old gradient", code="optimizer.zero_grad()"),
        CycleStep(label="Forward pass: predict", code="output = model(data)"),
        CycleStep(label="Measure the loss", code="loss = criterion(output, target)"),
        CycleStep(label="Backward pass: find the gradient", code="loss.backward()"),
        CycleStep(label="Update the weights", code="optimizer.step()"),
    ]
)
CHARTS: dict[str, Chart] = {
    "lines": LINES,
    "long labels": LONG_LABELS,
    "many lines": MANY_LINES,
    "intervals": INTERVALS,
    "large numbers": LARGE_NUMBERS,
    "bars": BARS,
    "images": IMAGES,
    "weights": WEIGHTS,
    "long captions": LONG_CAPTIONS,
    "matrix": MATRIX,
    "ten classes": msgspec.structs.replace(
        MATRIX,
        panels=[MatrixPanel(rows=CLASSES, values=[[float(a * b) for a in range(10)] for b in range(10)])],
        columns=CLASSES,
    ),
    "two heat maps": MatrixChart(
        panels=[
            MatrixPanel(title=title, rows=CLASSES, values=[[float(a * b) for a in range(25)] for b in range(10)])
            for title in ("as published", "from logits")
        ],
        columns=[str(seed) for seed in range(25)],
        x_label="seed",
        y_label="class",
    ),
    "network": NETWORK,
    "cycle": CYCLE,
}


def parsed(drawing: Svg) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.text)  # noqa: S314 - our own output


def texts(drawing: Svg) -> list[str]:
    return ["".join(node.itertext()).strip() for node in parsed(drawing).iter(f"{SVG}text")]


def ids(drawing: Svg, prefix: str) -> list[str]:
    return re.findall(rf'id="({prefix}-[^"]*)"', drawing.text)


def group(drawing: Svg, name: str) -> ElementTree.Element:
    root = parsed(drawing)
    return next(node for node in root.iter(f"{SVG}g") if node.get("id") == name)


def all_drawings() -> list[tuple[str, ThemeName, SizeName]]:
    return list(itertools.product(CHARTS, THEME_NAMES, SIZE_NAMES))


@cache
def drawn(name: str, theme: ThemeName, size: SizeName) -> Svg:
    return draw(CHARTS[name], theme=theme, size=size)


@pytest.mark.parametrize("size", SIZE_NAMES)
@pytest.mark.parametrize("name", [*(name for name, chart in CHARTS.items() if isinstance(chart, RECOLOURED)), "matrix"])
def test_both_pictures_are_those_drawn_for_each_theme(name: str, size: SizeName) -> None:
    for theme, drawing in draw_in_both_themes(CHARTS[name], size).items():
        assert without_ids(drawing) == without_ids(drawn(name, theme, size))


def without_ids(drawing: Svg) -> str:
    """Return the SVG with its ids numbered: matplotlib's depend on the colours."""
    numbers: dict[str, str] = {}
    return re.sub(r"\b[mph][0-9a-f]{10}\b", lambda id: numbers.setdefault(id[0], f"id{len(numbers)}"), drawing.text)


@pytest.mark.parametrize(("name", "theme", "size"), all_drawings())
def test_every_chart_is_a_small_transparent_well_formed_picture(name: str, theme: ThemeName, size: SizeName) -> None:
    drawing = drawn(name, theme, size)
    root = parsed(drawing)
    assert (root.get("width"), root.get("height")) == (str(drawing.width), str(drawing.height))
    assert drawing.width == SIZES[size].width
    assert root.get("viewBox") == f"0 0 {drawing.width} {drawing.height}"
    assert len(drawing.text) < 100_000
    assert f"L {drawing.width} {drawing.height} " not in drawing.text  # no sheet behind the figure
    assert "<metadata" not in drawing.text
    assert "DejaVu" not in drawing.text


@pytest.mark.parametrize(("name", "theme", "size"), all_drawings())
def test_text_is_large_and_dark_enough(name: str, theme: ThemeName, size: SizeName) -> None:
    drawing = drawn(name, theme, size)
    sizes = [float(found) for found in re.findall(r"font-size: ([\d.]+)px", drawing.text)]
    least = {"page": 13, "narrow": 11, "card": 11}[size]
    assert len(sizes) == len(texts(drawing))
    assert all(found >= least for found in sizes)
    if name in (
        "matrix",
        "ten classes",
        "two heat maps",
        "bars",
    ):  # their text stands on fills of its own: tested with `text_on`
        return
    for node in parsed(drawing).iter(f"{SVG}text"):
        fill = re.search(r"fill: (#\w{6})", node.get("style", ""))
        colour = fill[1] if fill else "#000000"
        assert contrast(colour, THEMES[theme].background) >= TEXT_CONTRAST, node.text


class Ink(NamedTuple):
    """Where a text is seen, as Pillow draws it: independent of the code that lays it out."""

    text: str
    corners: NDArray[np.float64]


def ink(node: ElementTree.Element) -> Ink:
    """Measure one text of an SVG in the widest font that it may be shown in."""
    style, transform, text = node.get("style", ""), node.get("transform", ""), "".join(node.itertext())
    face = "DejaVuSans-Bold.ttf" if "font-weight: 700" in style else "DejaVuSans.ttf"
    font_size = float(re.search(r"font-size: ([\d.]+)px", style)[1])  # type: ignore[index]
    anchor = (re.search(r"text-anchor: (\w)", style) or ["", "s"])[1]
    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{face}", font_size)
    left, top, right, bottom = font.getbbox(text, anchor={"s": "ls", "m": "ms", "e": "rs"}[anchor])
    moved = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", transform)
    origin = moved.groups() if moved else (node.get("x", "nan"), node.get("y", "nan"))
    turned = re.search(r"rotate\(([-\d.]+)", transform)
    angle = math.radians(float(turned[1])) if turned else 0.0
    rotation = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    box = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float64)
    return Ink(text, box @ rotation + np.array(origin, dtype=np.float64))


def overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Return whether two rectangles share more than a pixel: there is then no line that separates them."""
    for side in (*np.diff(one, axis=0)[:2], *np.diff(other, axis=0)[:2]):
        normal = np.array([-side[1], side[0]]) / np.hypot(*side)
        first, second = one @ normal, other @ normal
        if min(first.max(), second.max()) - max(first.min(), second.min()) < 1:
            return False
    return True


@pytest.mark.parametrize(("name", "size"), list(itertools.product(CHARTS, SIZE_NAMES)))
def test_no_text_is_cut_off_or_covered_by_another(name: str, size: SizeName) -> None:
    drawing = drawn(name, "light", size)
    inks = [ink(node) for node in parsed(drawing).iter(f"{SVG}text")]
    for text, corners in inks:
        assert corners.min() >= -1, text
        assert (corners.max(axis=0) <= (drawing.width + 1, drawing.height + 1)).all(), text
    for one, other in itertools.combinations(inks, 2):
        assert not overlap(one.corners, other.corners), (one.text, other.text)


def test_overlap_is_found_between_rectangles_at_any_angle() -> None:
    square = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], dtype=np.float64)
    diamond = np.array([(0, -10), (10, 0), (0, 10), (-10, 0)], dtype=np.float64)
    assert overlap(square, square + 8)
    assert not overlap(square, square + np.array([11, 0]))
    assert overlap(square, diamond)
    assert not overlap(square + 6, diamond)  # though their bounding boxes overlap


def test_luminance_and_contrast_are_those_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WCAG's own example of just too little


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_series_differ_in_colour_dashes_and_marker_and_stand_out(theme: Theme) -> None:
    series = [Series(label=str(index), x=[], y=[]) for index in range(14)]
    found = list(series_styles(series, theme, font_size=16).values())
    for style in found:
        assert contrast(style["color"], theme.background) >= SHAPE_CONTRAST
    assert len({style["color"] for style in found[:7]}) == len({style["linestyle"] for style in found[:7]}) == 7
    assert len({(style["color"], style["linestyle"]) for style in found}) == 14
    assert len({(style["color"], style["marker"]) for style in found}) == 14
    for colour in (theme.text, theme.muted):
        assert contrast(colour, theme.background) >= TEXT_CONTRAST
    for colour in (theme.text, theme.muted):
        assert contrast(colour, theme.margin) >= TEXT_CONTRAST
    assert contrast(theme.reference, theme.background) >= SHAPE_CONTRAST


def test_a_large_layer_is_drawn_with_its_middle_left_out() -> None:
    drawing = draw(NETWORK, theme="light")
    circles = [
        len(list(shown.iter(f"{SVG}use"))) for shown in parsed(drawing).iter(f"{SVG}g") if "Path" in shown.get("id", "")
    ]
    assert sorted(circles) == sorted([8, 3, 8, 3, 10, 1])  # and three dots for what is left out


@pytest.mark.parametrize(("size", "columns"), [("page", 3), ("narrow", 2)])
def test_a_cycle_runs_clockwise(size: SizeName, columns: int) -> None:
    inks = [ink(node) for node in parsed(draw(CYCLE, theme="light", size=size)).iter(f"{SVG}text")]
    centres = np.array([text.corners.mean(axis=0) for text in inks if re.match(r"\d\. ", text.text)])
    x, y = centres.T
    area = float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2  # with y downwards, clockwise is positive
    assert len(centres) == 6
    assert area > 0.7 * float(np.prod(np.ptp(centres, axis=0)))
    assert len({round(place / 20) for place in x}) == columns


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


def test_labels_stand_beside_the_axes_where_they_fit_and_in_a_legend_otherwise() -> None:
    def left_ends(count: int, label: str, size: SizeName) -> list[float]:
        chart = LineChart(panels=[panel(*(falling(f"{label} {n}", n / 10) for n in range(count)))])
        inks = [ink(node) for node in parsed(draw(chart, theme="light", size=size)).iter(f"{SVG}text")]
        return [found.corners[:, 0].min() for found in inks if found.text.startswith(label.split()[0])]

    assert len(left_ends(6, "series", "page")) == 6
    assert min(left_ends(6, "series", "page")) > 500
    assert len(left_ends(8, "series", "page")) == 8
    assert min(left_ends(8, "series", "page")) < 100
    assert min(left_ends(5, "series with a rather long name", "page")) > 500
    assert min(left_ends(5, "series with a rather long name", "narrow")) < 50
    assert min(left_ends(5, "series with a rather long name", "card")) > 150  # a card has no room for a legend


def test_direct_labels_follow_the_ends_of_their_lines() -> None:
    levels = {"low": 0.0, "high": 9.0, "middle": 5.0}
    chart = LineChart(panels=[panel(*(Series(label=k, x=[0.0, 1.0], y=[4.0, v]) for k, v in levels.items()))])
    heights = {
        node.text: ink(node).corners[:, 1].mean() for node in parsed(draw(chart, theme="light")).iter(f"{SVG}text")
    }
    assert heights["high"] < heights["middle"] < heights["low"]


def test_an_axis_that_falls_goes_the_other_way_and_so_do_its_ticks() -> None:
    series = Series(label="gap", x=[0.4, 0.3, 0.2], y=[0.0, 1.0, 2.0])

    def place(tick: str, *, falls: bool) -> float:
        chart = LineChart(panels=[Panel(series=[series], x_label="loss", y_label="y", x_falls=falls)])
        inks = [ink(node) for node in parsed(draw(chart, theme="light")).iter(f"{SVG}text")]
        return next(found.corners[:, 0].mean() for found in inks if found.text == tick)

    assert place("0.20", falls=False) < place("0.40", falls=False)
    assert place("0.40", falls=True) < place("0.20", falls=True)


def test_a_series_without_a_label_has_none() -> None:
    chart = LineChart(panels=[panel(falling("", 0.0))])
    assert not [text for text in texts(draw(chart, theme="light")) if text.startswith("_")]


def test_curves_with_bands_make_small_files() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (5, 3, 100))
    series = [
        Series(label=f"series {n}", x=EPOCHS, y=y.tolist(), low=(y - 1 + a).tolist(), high=(y + 1 + b).tolist())
        for n, (y, a, b) in enumerate(noise)
    ]
    assert len(draw(LineChart(panels=[panel(*series)]), theme="light").text) < 60_000


@pytest.mark.parametrize(("scale", "pieces", "points"), [("linear", 2, 7), ("log", 3, 6)])
def test_a_value_that_cannot_be_drawn_leaves_a_gap(scale: Scale, pieces: int, points: int) -> None:
    y = [1.0, 2.0, NAN, 3.0, 4.0, -1.0, 5.0, 6.0]
    chart = LineChart(panels=[panel(Series(label="a", x=[float(n) for n in range(8)], y=y), y_scale=scale)])
    (path,) = group(draw(chart, theme="light"), "line-0-0").findall(f"{SVG}path")
    assert path.get("d", "").count("M") == pieces
    assert len(re.findall("[ML]", path.get("d", ""))) == points


ODD: dict[str, Chart] = {
    "no panels": LineChart(panels=[]),
    "no series": LineChart(panels=[panel()]),
    "no points": LineChart(panels=[panel(Series(label="a", x=[], y=[]))]),
    "no points, log": LineChart(panels=[panel(Series(label="a", x=[], y=[]), x_scale="log", y_scale="log")]),
    "one point": LineChart(panels=[panel(Series(label="a", x=[3.0], y=[2.0], low=[1.0], high=[3.0]))]),
    "one point, log": LineChart(panels=[panel(Series(label="a", x=[4.0], y=[2.0]), x_scale="log", y_scale="log")]),
    "only nan": LineChart(panels=[panel(Series(label="a", x=[1.0, 2.0], y=[NAN, NAN], low=[NAN] * 2, high=[NAN] * 2))]),
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
        bars=[Bar(label="a", segments=[BarSegment(label="b", value=NAN), BarSegment(label="c", value=1.0)])],
        x_label="seconds",
    ),
    "zero bar": BarChart(bars=[Bar(label="a", segments=[BarSegment(label="b", value=0.0)])], x_label="s"),
    "no tiles": ImageGrid(tiles=[], columns=0),
    "nan tile": ImageGrid(tiles=[Tile(pixels=[NAN] * 784, caption="")], columns=3, kind="weights"),
    "nothing confused": MatrixChart(
        panels=[MatrixPanel(rows=["a", "b"], values=[[0.0, 0.0], [0.0, 0.0]])],
        columns=["a", "b"],
        x_label="columns",
        y_label="rows",
    ),
}


@pytest.mark.parametrize("size", SIZE_NAMES)
@pytest.mark.parametrize("name", ODD)
def test_odd_charts_are_drawn_too(name: str, size: SizeName) -> None:
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
    for name in ("margin", "zero"):
        group(drawing, name)
    assert len(list(group(drawing, "points").iter(f"{SVG}use"))) == 4
    assert len(list(group(drawing, "estimates").iter(f"{SVG}use"))) == 2
    assert "zero" not in draw(msgspec.structs.replace(INTERVALS, zero=None), theme="light").text


def test_a_value_without_an_interval_stands_alone() -> None:
    chart = IntervalChart(rows=[IntervalRow(label="a", value=12.3, low=12.3, high=12.3)], x_label="s", zero=None)
    assert "12.3" in " ".join(texts(draw(chart, theme="light")))
    assert not any(" to " in text for text in texts(draw(chart, theme="light")))


def test_ratios_have_no_plus_sign() -> None:
    chart = IntervalChart(rows=[IntervalRow(label="a", value=14.2, low=13.5, high=15)], x_label="ratio", zero=1.0)
    assert "14.2 (13.5 to 15.0)" in texts(draw(chart, theme="light"))


def test_intervals_are_left_out_where_they_would_squeeze_the_plot() -> None:
    assert any("(+3.6 to +4.2)" in text for text in texts(draw(INTERVALS, theme="light")))
    narrow, card = (texts(draw(INTERVALS, theme="light", size=size)) for size in ("narrow", "card"))
    assert not any(" to " in text for text in (*narrow, *card))
    assert "+3.9" in narrow
    assert "+3.9" not in card


def test_segments_are_named_in_the_legend_and_where_they_have_room() -> None:
    written = texts(draw(BARS, theme="light"))
    assert written.count("loader") == 2
    assert written.count("copy") == 1


def test_pictures_are_embedded_pixel_by_pixel() -> None:
    drawing = draw(IMAGES, theme="light")
    assert drawing.text.count("data:image/png;base64,") == 3
    assert drawing.text.count("image-rendering:pixelated") == 3
    assert texts(drawing)[:2] == ["Shirt", "no 0"]


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_pictures_are_upright_and_a_weight_of_zero_has_the_colour_of_the_page(theme: ThemeName) -> None:
    drawing = drawn("weights", theme, "page")
    tile, _key = re.findall(r'base64,\s*([^"]+)"', drawing.text)
    assert "matrix(5 0 0 5 0 0)" in drawing.text  # five pixels to each of the picture's, not upside down
    with Image.open(io.BytesIO(base64.b64decode(tile))) as picture:
        assert picture.size == (28, 28)
        row, column = divmod(300, 28)  # where the weight is zero
        shade = picture.convert("RGB").getpixel((column, row))
    page = [round(255 * channel) for channel in to_rgb(THEMES[theme].background)]
    assert shade == pytest.approx(page, abs=3)


def test_the_scale_of_weights_is_symmetric() -> None:
    written = texts(draw(WEIGHTS, theme="light"))
    assert {"−0.5", "0.0", "0.5"} <= set(written)


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


def test_heat_maps_share_their_colours_and_a_card_has_the_first() -> None:
    panels = [
        MatrixPanel(title=name, rows=["a"], values=[[value, 0.0]]) for name, value in (("few", 1.0), ("many", 100.0))
    ]
    chart = MatrixChart(panels=panels, columns=["x", "y"], x_label="column", y_label="row")
    drawing = draw(chart, theme="light")
    assert {"few (rows: row; columns: column)", "many (rows: row; columns: column)"} <= set(texts(drawing))
    nodes = parsed(drawing).iter(f"{SVG}text")
    colours = {node.text: re.search(r"fill: (#\w{6})", node.get("style", "")) for node in nodes}
    assert colours["100"] is not None  # white, on the darkest cell
    assert colours["1"] is None  # black: a hundredth of the largest value in any map
    card = draw(chart, theme="light", size="card").text
    assert "cells-0" in card
    assert "cells-1" not in card


def tick_labels(values: list[float], scale: Scale = "linear", size: SizeName = "page") -> list[str]:
    chart = LineChart(panels=[panel(Series(label="", x=values, y=values), x_scale=scale)])
    ticks = [node for node in parsed(draw(chart, theme="light", size=size)).iter() if "xtick" in node.get("id", "")]
    return ["".join(node.itertext()).strip() for node in ticks]


def test_ticks_of_batch_sizes_are_those_measured() -> None:
    assert tick_labels([16, 64, 256, 1024, 4096], "log") == ["16", "64", "256", "1,024", "4,096"]
    assert tick_labels([2.0**power for power in range(15)], "log") == [
        "1",
        "4",
        "16",
        "64",
        "256",
        "1,024",
        "4,096",
        "16,384",
    ]
    assert tick_labels([2.0**power for power in range(15)], "log", "card") == ["1", "8", "64", "512", "4,096"]


def test_ticks_of_whole_numbers_are_whole() -> None:
    assert tick_labels([1, 2, 3]) == ["1", "2", "3"]
    assert tick_labels([1]) == ["1"]


def test_ticks_on_logarithmic_axes_are_plain_numbers_while_that_is_readable() -> None:
    assert tick_labels([1, 700], "log") == ["1", "10", "100"]
    assert tick_labels([0.2, 1.3], "log") == ["0.2", "0.5", "1"]
    assert tick_labels([0.21, 0.34], "log")[:3] == ["0.22", "0.24", "0.26"]
    assert tick_labels([1e-9, 3e-6], "log")[0] == "10⁻⁹"


def test_ticks_have_proper_signs_and_separators() -> None:
    assert tick_labels([-1.0, 0.9]) == ["−1.0", "−0.5", "0.0", "0.5"]
    assert tick_labels([0.0, 60_000.0])[-1] == "60,000"
    assert {"0", "10⁻⁵", "2×10⁻⁵"} <= set(tick_labels([0.0, 3e-5]))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.3, "−0.3"), (1234567, "1,234,567"), (1e7, "10⁷"), (-2e-5, "−2×10⁻⁵"), (0.001, "0.001")],
)
def test_numbers(value: float, text: str) -> None:
    assert tick_label(value, [value]) == text


@given(st.lists(st.tuples(st.floats(-50, 250), st.floats(1, 20)), max_size=8))
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
    assert spread([20, 100], [10, 10], 0, 200) == pytest.approx([20, 100])
    assert spread([100, 100], [10, 10], 0, 200) == pytest.approx([95, 105])
    assert spread([10, 20], [150, 60], 0, 200) is None


def test_text_breaks_at_spaces_only() -> None:
    assert wrap("one two three", 16, text_width("one two", 16) + 1) == "one two\nthree"
    assert wrap("unbreakable", 16, 5) == "unbreakable"
    assert wrap("a\nb", 16, 500) == "a\nb"


def test_balanced_lines_are_as_few_as_wrapped_ones_and_of_similar_length() -> None:
    width = text_width("one two three four", 16) + 1
    assert wrap("one two three four five", 16, width) == "one two three four\nfive"
    assert balance("one two three four five", 16, width) == "one two three\nfour five"
    assert balance("", 16, width) == ""


def test_data_of_lines_are_tidy_and_unrounded() -> None:
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
        ["panel", "true class", "predicted class", "value"],
        [
            ["", "Shirt", "Shirt", 900.0],
            ["", "Shirt", "Coat", 1100.0],
            ["", "Coat", "Shirt", 0.0],
            ["", "Coat", "Coat", 12.0],
        ],
    )


DIGESTS = """
import hashlib, importlib.util, sys
sys.path.insert(0, sys.argv[1])
spec = importlib.util.spec_from_file_location("charts_of_the_test", sys.argv[2])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for name, chart in module.CHARTS.items():
    for theme in ("dark", "light"):
        print(name, theme, hashlib.sha256(module.draw(chart, theme=theme).text.encode()).hexdigest())
assert "matplotlib.pyplot" not in sys.modules
"""


def test_equal_charts_give_equal_bytes_whatever_the_surroundings(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: path\naxes.titlepad: 40\n")
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
    with matplotlib.rc_context({"font.size": 31, "axes.titlepad": 40}):
        before = dict(matplotlib.rcParams)
        draw(LINES, theme="light")
        assert dict(matplotlib.rcParams) == before


def test_alternative_texts_have_true_minus_signs(tmp_path: Path) -> None:
    content = FigureSpec(
        chart=INTERVALS, title="", alt="the 784-128-10 network: -0.5 (-2 to +1)", caption="", records=()
    )
    figure = Exporter(FolderWriter(tmp_path), Records(RecordStore(tmp_path, ""), [])).figure(
        "q1-differences", content, draw
    )
    assert figure.alt == "the 784-128-10 network: −0.5 (−2 to +1)"
    assert (tmp_path / figure.wide.light).read_text() == draw(INTERVALS, theme="light").text
    assert (figure.narrow.width, figure.wide.width) == (360, 720)


def test_an_interval_chart_is_written_out_and_any_other_chart_needs_a_text(tmp_path: Path) -> None:
    exporter = Exporter(FolderWriter(tmp_path), Records(RecordStore(tmp_path, ""), []))
    figure = exporter.figure("intervals", FigureSpec(chart=INTERVALS, title="", caption=""), draw)
    about = f"{INTERVALS.x_label[0].upper()}{INTERVALS.x_label[1:]}: {INTERVALS.rows[0].label} "
    assert figure.alt.startswith(about)
    for row in INTERVALS.rows:
        assert interval_text(row, signed=INTERVALS.zero == 0) in figure.alt
    with pytest.raises(ValueError, match="lines has no alternative text"):
        exporter.figure("lines", FigureSpec(chart=LINES, title="", caption=""), draw)
