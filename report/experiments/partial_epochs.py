"""Training that can be evaluated inside an epoch: `fmnist_ref.fit`, one chunk of images at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import nn

from fmnist_ref import fit
from report.plan import Images


class Chunk(NamedTuple):
    """What training on one chunk took."""

    num_updates: int
    num_images: int
    seconds: float


def train_in_chunks(
    model: nn.Module,
    train: Images,
    *,
    batch_size: int,
    learning_rate: float,
    seed: int,
    images_per_chunk: int,
) -> Iterator[Chunk]:
    """
    Train without end, pausing after every chunk.

    Each epoch is a new permutation of all images. A chunk is a part of it, given to `fit`: as few whole batches as have
    `images_per_chunk` images, and at the end of an epoch what remains. SGD without momentum carries nothing from one
    update to the next but the weights, so this is the same algorithm as one long call of `fit`.

    Yields
    ------
    Chunk
        After each chunk, when `model` has just been trained on it.
    """
    length = math.ceil(images_per_chunk / batch_size) * batch_size
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(train), generator=generator).to(train.images.device)
        for places in order.split(length):
            chunk = train[places]
            history = fit(
                model,
                chunk.images,
                chunk.labels,
                epochs=1,
                batch_size=batch_size,
                learning_rate=learning_rate,
                seed=seed,
            )
            yield Chunk(history.num_steps, len(chunk), history.train_seconds[0])
