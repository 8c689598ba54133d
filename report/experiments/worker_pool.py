"""Processes that train side by side, each on its own copy of the images, as a report's workers do."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from time import perf_counter

import numpy as np
import numpy.typing as npt
import torch

from fmnist_ref import MLP, denormalize, fit, normalize
from report.plan import Images

_images: Images
"""Of a worker process."""


class WorkerPool(ProcessPoolExecutor):
    """
    Processes of one thread each, which start with their first work.

    Parameters
    ----------
    images : Images
        Sent to each of them as grey levels, once.
    size : int
        Number of processes.
    """

    def __init__(self, images: Images, size: int) -> None:
        self.size = size
        super().__init__(
            size,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_receive,
            initargs=(denormalize(images.images).numpy(), images.labels.numpy()),
        )

    def train(self, widths: Sequence[int], batch_size: int) -> list[float]:
        """Train one epoch of a network of each width, on whichever process is free; return the seconds of each."""
        return list(self.map(_train, widths, repeat(batch_size)))


def _receive(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> None:
    global _images
    torch.set_num_threads(1)
    _images = Images(normalize(torch.from_numpy(images)), torch.from_numpy(labels))


def _train(width: int, batch_size: int) -> float:
    began = perf_counter()
    fit(MLP((width,)), _images.images, _images.labels, epochs=1, batch_size=batch_size)
    return perf_counter() - began
