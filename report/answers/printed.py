"""The figures that the notebook printed, as published; see the CSV beside this module."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Printed(NamedTuple):
    """One printed figure."""

    epoch: int
    batch: int | None
    value: float


@cache
def printed(series: str) -> tuple[Printed, ...]:
    """Return one printed series: ``part1_epoch``, ``q4_epoch``, ``q5_batch``, ``q6_cpu_seconds``, ``q6_gpu_seconds``."""
    with Path(__file__).with_name("notebook_printed.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Printed(int(row["epoch"]), int(row["batch"]) if row["batch"] else None, float(row["value"]))
            for row in csv.DictReader(file)
            if row["series"] == series
        )
