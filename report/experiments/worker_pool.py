"""Processes that train beside each other, each on its own copy of the images: what a busy pool of workers does."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from fmnist_ref import MLP, denormalize, fit, normalize
from report.experiments.training import Images

_images: Images
"""Of a crew's process."""


class Crew:
    """
    So many processes of one thread each.

    Parameters
    ----------
    images : Images
        Sent to each of them as grey levels, once.
    size : int
        How many.
    """

    def __init__(self, images: Images, size: int) -> None:
        self.size = size
        self._pool = ProcessPoolExecutor(
            size,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_take,
            initargs=(denormalize(images.images).numpy(), images.labels.numpy()),
        )

    def __enter__(self) -> Self:
        """Give itself; the processes start with their first work."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)

    def train(self, widths: Sequence[int], batch_size: int) -> list[float]:
        """Train one epoch of a network of each width, whoever is free; return the seconds of each."""
        return list(self._pool.map(_train, widths, [batch_size] * len(widths)))


def _take(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> None:
    global _images
    torch.set_num_threads(1)
    _images = Images(normalize(torch.from_numpy(images)), torch.from_numpy(labels))


def _train(width: int, batch_size: int) -> float:
    began = perf_counter()
    fit(MLP((width,)), _images.images, _images.labels, epochs=1, batch_size=batch_size)
    return perf_counter() - began
