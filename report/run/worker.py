"""What happens in a worker process: load the images once, then measure run after run."""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import torch

from fmnist_ref import load, normalize
from report.experiments import EXPERIMENTS
from report.plan import Dataset, Run
from report.record.environment import Environment, observe, peak_memory_bytes
from report.run import processes

LONG_RUN = 1.0
"""Seconds; what a shorter run leaves is not worth the time of looking for it."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker sends back."""

    results: dict[str, Any]
    wall_seconds: float
    peak_memory_bytes: int | None
    environment: Environment


def start(threads: int) -> None:
    """Prepare a new worker process, and give it so many threads."""
    torch.set_num_threads(threads)
    gc.freeze()  # what PyTorch has made at import lasts as long as the process: no search needs to look at it
    processes.begin()


@cache
def dataset(folder: str) -> Dataset:
    """Load and normalise all images, once per process."""
    train, test = load("train", folder), load("test", folder)
    return Dataset(normalize(train.images), train.labels, normalize(test.images), test.labels)


def _give_memory_back() -> None:
    """Drop what earlier runs have left and hand it back to the system: a worker would grow from run to run."""
    gc.collect()  # a training's callbacks refer to themselves, and with that to a copy of the images
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def measure(run: Run, inputs: Mapping[str, Mapping[str, Any]], folder: str) -> Measured:
    """Measure one run on the images in a folder."""
    images = dataset(folder)
    began = time.perf_counter()
    results = EXPERIMENTS[run.experiment].measure(run, images, inputs)
    wall_seconds = time.perf_counter() - began
    measured = Measured(
        results=msgspec.json.decode(msgspec.json.encode(results)),  # exactly what a record would give back
        wall_seconds=wall_seconds,
        peak_memory_bytes=peak_memory_bytes(),
        environment=observe(run.device),
    )
    if wall_seconds > LONG_RUN:
        _give_memory_back()
    return measured
