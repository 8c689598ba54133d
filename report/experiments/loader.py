"""
The notebook's way of feeding a model: every image through PIL and torchvision, one at a time, and then into a batch.

Shared by the experiments that time it or compare with it. torchvision's own data set would want its files in a folder;
`TransformedImages` does the same to images that are in memory already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float32, Int64, UInt8
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, RandomSampler

Batch = tuple[Float32[Tensor, "batch ..."], Int64[Tensor, " batch"]]


class TransformedImages(Dataset[tuple[Tensor, int]]):
    """
    Grey images that are transformed one by one, each time again, as torchvision's `FashionMNIST` does.

    Parameters
    ----------
    images : UInt8[Tensor, "n 28 28"]
        Grey levels from 0 to 255.
    labels : Int64[Tensor, " n"]
        Their classes.
    """

    def __init__(self, images: UInt8[Tensor, "n 28 28"], labels: Int64[Tensor, " n"]) -> None:
        from torchvision import transforms  # here: it takes 170 MB, and most workers never load an image

        self.images = images
        self.labels = labels
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])

    def __len__(self) -> int:
        """Count the images."""
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Convert one image to a PIL image, and that to a normalised tensor of shape [1, 28, 28]."""
        image = Image.fromarray(self.images[index].numpy())
        return self.transform(image), int(self.labels[index])


def image_loader(
    images: TransformedImages, *, num_batches: int, batch_size: int = 64, workers: int = 0, seed: int = 0
) -> DataLoader[Any]:
    """
    Make a shuffling loader like the notebook's, with a given number of full batches.

    Parameters
    ----------
    images : TransformedImages
        What to draw from.
    num_batches : int
        Batches in all; each permutation of the images is followed by another.
    batch_size : int
        Images in a batch.
    workers : int
        Processes that load beside this one; the notebook has none.
    seed : int
        Seed of the permutations.

    Returns
    -------
    DataLoader
        Yields images of shape [batch, 1, 28, 28] and labels.
    """
    generator = torch.Generator().manual_seed(seed)
    return DataLoader(
        images,
        batch_size,
        sampler=RandomSampler(images, num_samples=num_batches * batch_size, generator=generator),
        num_workers=workers,
        multiprocessing_context="spawn" if workers else None,  # fork and torch's thread pools deadlock
        generator=generator,
    )


def resident_batches(
    images: Float32[Tensor, "n ..."], labels: Int64[Tensor, " n"], *, batch_size: int = 64, seed: int = 0
) -> Iterator[Batch]:
    """Draw full batches without end from tensors that stay on their device, permutation after permutation."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(images), generator=generator).to(images.device)
        for batch in order[: len(images) // batch_size * batch_size].split(batch_size):
            yield images.index_select(0, batch), labels.index_select(0, batch)
