"""The worker process: load the images once, then measure run after run."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import psutil
import torch

from fmnist_ref import load, normalize
from report.experiments import EXPERIMENTS
from report.plan import Dataset, Run
from report.record.environment import observe, peak_memory_bytes
from report.record.store import Measured

LONG_RUN = 1.0
"""Seconds. After a shorter run it isn't worth the time to look for memory to free."""


def start(threads: int, gives_way: bool = False) -> None:
    """Initialise a worker: set PyTorch's threads, ignore SIGINT, which the parent handles, and exit when the parent exits."""
    torch.set_num_threads(threads)
    if gives_way:
        _lower_priority()
    gc.freeze()  # what PyTorch makes at import lasts as long as the process: the collector need not visit it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _lower_priority() -> None:
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(10)


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)  # a killed parent closes no queue: without this the worker would wait forever


@cache
def dataset(folder: str) -> Dataset:
    """Load and normalise all images, once per process."""
    train, test = load("train", folder), load("test", folder)
    return Dataset(normalize(train.images), train.labels, normalize(test.images), test.labels)


def measure(run: Run, inputs: Mapping[str, Mapping[str, Any]], folder: str) -> Measured:
    """Measure one run on the images in a folder."""
    return measure_on(dataset(folder), run, inputs)


def measure_on(images: Dataset, run: Run, inputs: Mapping[str, Mapping[str, Any]]) -> Measured:
    """Measure one run on some images."""
    began = time.perf_counter()
    results = EXPERIMENTS[run.experiment].measure(run, images, inputs)
    wall_seconds = time.perf_counter() - began
    measured = Measured(
        results=msgspec.to_builtins(results, str_keys=True),
        wall_seconds=wall_seconds,
        peak_memory_bytes=peak_memory_bytes(),
        environment=observe(run.device),
    )
    if wall_seconds > LONG_RUN:
        _free_memory()
    return measured


def _free_memory() -> None:
    """Free what earlier runs have left, and return it to the system: else a worker grows from run to run."""
    gc.collect()  # callbacks of a training refer to themselves, and so to a copy of the images
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
