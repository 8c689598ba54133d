"""Question 2, through a DataLoader: what it costs to fetch the images, and which batch size is then the fastest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from report.answers.q2 import answer
from report.answers.q2.cost import MICROSECONDS
from report.answers.q2.levels import LEVEL
from report.answers.q2.optimum import seconds_by_seed, taken_to
from report.answers.timed import loader, median, passes_of
from report.conclude.statistics import Estimate, log_ratio
from report.record.reader import NoRecords, Records

IMAGES_IN_AN_EPOCH = 50_000
NOTEBOOKS = 64
"""The notebook's batch size, with which the others are compared."""


def fetch_seconds(records: Records) -> NDArray[np.float64]:
    """Return the seconds in which the notebook's DataLoader fetches one image, whatever the batch, in each pass."""
    results = loader(records)
    passes = passes_of(results, "loader", model="mlp128")
    return np.array(passes.seconds["fetch"]) / passes.num_batches / results.batch_size


@answer.number("loader-per-image")
def loader_per_image(records: Records) -> Estimate:
    """Estimate the time in which the notebook's DataLoader fetches one image, in microseconds."""
    return median(fetch_seconds(records), scale=MICROSECONDS, unit="µs", n_of="passes")


@answer.number("with-loader-16", 16)
@answer.number("with-loader-256", 256)
def with_loader(records: Records, batch_size: int) -> Estimate:
    """
    Estimate how many times as long as with 64 images training would take to the level if a DataLoader fetched them all.

    The interval covers the seeds alone.
    """
    training, epochs = seconds_by_seed(records), taken_to(records, "relu1", LEVEL, lambda moment: moment.epochs)
    fetching = IMAGES_IN_AN_EPOCH * float(np.median(fetch_seconds(records)))
    sizes = (batch_size, NOTEBOOKS)
    both = [
        [training[seed][size] + epochs[seed][size] * fetching for size in sizes]
        for seed in training
        if training[seed].keys() >= set(sizes)
    ]
    if not both:
        raise NoRecords("no seed has both batch sizes")
    return log_ratio(*zip(*both, strict=True), n_of="seeds")
