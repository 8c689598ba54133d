"""
What the images are: classes, grey levels, duplicates.

Measured: images per class in each part, mean and standard deviation of the grey values, exact duplicates within and
across the parts, and one image of each class to show. Five seconds on one thread; nothing is random.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

import msgspec
import torch
from torch import Tensor

from fmnist_ref import denormalize
from report.plan import Dataset, Experiment, Inputs, Profile, Run


class ImagesResults(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over all images of both parts of the data set."""

    train_per_class: list[int]
    test_per_class: list[int]
    mean_grey: float
    """Of the training images, 0 to 255."""
    deviation_grey: float
    """Standard deviation of the same."""
    share_of_zeros: float
    """Share of the training images' pixels that are 0."""
    train_duplicates: int
    """Training images that repeat an earlier one bit for bit."""
    test_duplicates: int
    shared: int
    """Test images that are bit for bit among the training images."""
    samples: list[list[int]]
    """For each class, the grey values of its first four training images, image after image."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the one run; it is the same in both profiles."""
    del profile
    yield Run(experiment="images", arm="census", seed=0)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> ImagesResults:
    """Count and compare all images."""
    del run, inputs
    train, test = denormalize(dataset.train_images), denormalize(dataset.test_images)
    train_hashes, test_hashes = _hashes(train), _hashes(test)
    levels = torch.bincount(train.flatten(), minlength=256).double()
    values = torch.arange(256, dtype=torch.float64)
    mean = float((levels * values).sum() / levels.sum())
    return ImagesResults(
        train_per_class=torch.bincount(dataset.train_labels, minlength=10).tolist(),
        test_per_class=torch.bincount(dataset.test_labels, minlength=10).tolist(),
        mean_grey=mean,
        deviation_grey=float(((levels * (values - mean) ** 2).sum() / levels.sum()).sqrt()),
        share_of_zeros=float(levels[0] / levels.sum()),
        train_duplicates=len(train_hashes) - len(set(train_hashes)),
        test_duplicates=len(test_hashes) - len(set(test_hashes)),
        shared=sum(Counter(test_hashes)[digest] for digest in set(test_hashes) & set(train_hashes)),
        samples=[train[dataset.train_labels == label][:4].flatten().tolist() for label in range(10)],
    )


def _hashes(images: Tensor) -> list[bytes]:
    return [hashlib.sha256(image.numpy().tobytes()).digest() for image in images]


EXPERIMENT = Experiment(plan=plan, measure=measure)
