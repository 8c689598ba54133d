"""Reliability diagrams: accuracy against confidence, beside the line on which the two are equal."""

from __future__ import annotations

from collections.abc import Iterable

from report.answers.charts import LineChart, Panel, Series


def reliability_diagram(curves: Iterable[Series]) -> LineChart:
    """Draw each model's share of recognised images, in percent, against its confidence in percent."""
    equal = Series(label="perfectly calibrated", x=[0.0, 100.0], y=[0.0, 100.0], role="reference")
    panel = Panel(series=[equal, *curves], x_label="confidence (%)", y_label="share of these images recognised (%)")
    return LineChart(panels=[panel])
