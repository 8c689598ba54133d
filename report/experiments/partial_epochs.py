"""Training that can be looked at inside an epoch: `fmnist_ref.fit`, a stretch of images at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import nn

from fmnist_ref import fit
from report.experiments.training import Images


class Chunk(NamedTuple):
    """What one stretch of training took."""

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
    Train without end, pausing after every stretch.

    Each epoch is a new permutation of all images. A stretch is a run of it, as many whole batches as come nearest to
    `images_per_stretch`, given to `fit`; the last of an epoch is what remains. SGD without momentum carries nothing
    from one update to the next but the weights, so that this is the same algorithm as one long call of `fit`.

    Yields
    ------
    Stretch
        After each stretch, with `model` as it then is.
    """
    length = max(1, round(images_per_chunk / batch_size)) * batch_size
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(train.images), generator=generator).to(train.images.device)
        for stretch in order.split(length):
            history = fit(
                model,
                train.images.index_select(0, stretch),
                train.labels.index_select(0, stretch),
                epochs=1,
                batch_size=batch_size,
                learning_rate=learning_rate,
                seed=seed,
            )
            yield Chunk(history.num_steps, len(stretch), history.train_seconds[0])
