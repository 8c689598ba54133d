"""What a report takes in all: minutes, beside the notebook's, and memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from report.answers.speed import answer
from report.answers.speed.goals import ladder, rung_of
from report.answers.speed.scaling import by_workers, list_schedule, measured_workers
from report.conclude.statistics import Estimate, with_range
from report.record.reader import NoRecords, Records

IMAGES_PER_EPOCH = 60_000
NOTEBOOK_EPOCHS = 310
"""Twice a hundred, ten, and twice fifty that only fetch the images."""


@answer.number("worker-memory")
def worker_memory(records: Records) -> Estimate:
    """Return the most memory that any worker held, in GB: its images, its model, and PyTorch itself."""
    costs = records.costs()
    peaks = [cost.peak_memory_bytes / 1e9 for cost in costs.values() if cost.peak_memory_bytes and not cost.exclusive]
    if not peaks:
        raise NoRecords("memory: this system does not say")
    return with_range(peaks, reduce=np.max, unit="GB", n_of="runs", digits=2)


@answer.number("report-minutes")
def minutes_of_the_report(records: Records) -> Estimate:
    """Add up what all recorded runs take on a worker for each core, and those that measure time after them."""
    costs = records.costs()
    workers = max(by_workers(measured_workers(records)))
    shared = list_schedule([cost.wall_seconds for cost in costs.values() if not cost.exclusive], workers)
    total = (shared + sum(cost.wall_seconds for cost in costs.values() if cost.exclusive)) / 60
    return _minutes(total, n=len(costs), n_of="runs")


@answer.number("notebook-minutes")
def minutes_of_the_notebook(records: Records) -> Estimate:
    """Scale the notebook's epoch to the 310 of its programs."""
    results = ladder(records)
    epoch = float(np.median(rung_of(results, "notebook").seconds["epoch"])) * IMAGES_PER_EPOCH / results.num_images
    return _minutes(epoch * NOTEBOOK_EPOCHS / 60, n=NOTEBOOK_EPOCHS, n_of="epochs")


def _minutes(value: float, **about: Any) -> Estimate:
    return Estimate(value=value, unit="min", method="sum of measured times", digits=0, **about)
