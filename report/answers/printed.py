"""The figures that the notebook printed, as published; see the CSV beside this module."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from report.answers.charts import Series


class Printed(NamedTuple):
    """One printed figure."""

    epoch: int
    batch: int | None
    value: float


def printed_points(points: Iterable[Printed], x: Callable[[Printed], float]) -> Series:
    """Draw figures that the notebook printed."""
    shown = list(points)
    return Series(label="printed in the notebook", x=list(map(x, shown)), y=[p.value for p in shown], role="printed")


@cache
def printed(series: str) -> tuple[Printed, ...]:
    """Return one printed series: ``part1_epoch``, ``q4_epoch``, ``q5_batch``, ``q6_cpu_seconds``, ``q6_gpu_seconds``."""
    with Path(__file__).with_name("notebook_printed.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Printed(int(row["epoch"]), int(row["batch"]) if row["batch"] else None, float(row["value"]))
            for row in csv.DictReader(file)
            if row["series"] == series
        )
