"""
How noisy a mini-batch gradient is, by batch size and over the course of training.

Measured, for a 784-128-10 ReLU network trained as in the notebook (SGD at 0.01, batch size 64, 60,000 images, from logits):
the total variance of the gradient over random mini-batches of 1 to 4096 images, drawn independently and with
replacement, at the initial weights and after ten epochs. And at these, and after one epoch, the simple noise scale of
McCandlish et al. (2018) from the gradients of the first 5,000 training images one by one. The squared length of the
gradient fluctuates from update to update, so that, as they do, variance and squared length are averaged over ten
neighbouring checkpoints before one is divided by the other: one update apart at the initial weights, a tenth of an epoch
apart later. Five seeds are enough by far: of five earlier ones, each grew by more than two doublings, and the interval of
the mean was 4.3 ± 1.4 doublings, against none. About 40 seconds a run on one thread.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import islice

import msgspec
import torch
from torch import nn

from fmnist_ref import MLP, fit, gradient_noise_scale, gradient_variance
from report.experiments.partial_epochs import train_in_chunks
from report.plan import Dataset, Experiment, Images, Inputs, Profile, Run

BATCH_SIZES = (1, 4, 16, 64, 256, 1024, 4096)
CHECKPOINTS_PER_EPOCH = 10
"""Where the noise scale is averaged over neighbouring checkpoints; at the initial weights there is one after each update."""
IMAGES_PER_VARIANCE = 32_768
"""Limit to the images drawn for one variance; there are between 32 and 256 batches in any case."""


class NoiseSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The gradient's noise after some epochs; squared units are nats² per squared weight."""

    epoch: int
    trace_covariance: list[float]
    """Variance of a single image's gradient, summed over the weights, at each of the neighbouring checkpoints."""
    squared_gradient_norm: list[float]
    """Unbiased estimates of the squared length of the gradient, at the same checkpoints."""
    noise_scale: float | None
    """Images: the ratio of the two means; None where the mean of the squared length is not above zero."""
    variance: list[float] = []
    """Variance of the gradient of random batches, for each batch size; empty where only the noise scale was estimated."""


class GradientNoiseResults(msgspec.Struct, frozen=True, kw_only=True):
    """One training run, with the noise before training and after some of its epochs."""

    snapshots: list[NoiseSnapshot]
    batch_sizes: list[int]
    """Batch sizes of the variances."""
    num_images: int
    """Images from whose gradients each noise scale was estimated."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: one on every seed."""
    parameters = {
        "variance_at": profile.pick(full=[0, 10], quick=[0, 1]),
        "noise_scale_at": profile.pick(full=[0, 1, 10], quick=[0, 1]),
        "num_checkpoints": profile.pick(full=10, quick=2),
        "num_images": profile.pick(full=5_000, quick=1_000),
        "batch_sizes": profile.pick(full=list(BATCH_SIZES), quick=list(BATCH_SIZES[::3])),
        "batch_size": 64,
        "learning_rate": 0.01,
    }
    for seed in profile.seeds_of():
        yield Run(experiment="gradient_noise", arm="from_logits", seed=seed, parameters=parameters)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> GradientNoiseResults:
    """Train with one seed and estimate the noise on the way."""
    settings = run.parameters
    torch.manual_seed(run.seed)
    model = MLP().to(run.device)
    snapshots: list[NoiseSnapshot] = []

    def record(epoch: int) -> None:
        if epoch in settings["noise_scale_at"]:
            snapshots.append(_snapshot(run, model, dataset, epoch))

    record(0)
    fit(
        model,
        dataset.train_images,
        dataset.train_labels,
        epochs=max(settings["noise_scale_at"]),
        batch_size=settings["batch_size"],
        learning_rate=settings["learning_rate"],
        seed=run.seed,
        after_epoch=record,
    )
    return GradientNoiseResults(
        snapshots=snapshots, batch_sizes=settings["batch_sizes"], num_images=settings["num_images"]
    )


def _snapshot(run: Run, model: nn.Module, dataset: Dataset, epoch: int) -> NoiseSnapshot:
    """Estimate the noise around the model's present weights."""
    settings = run.parameters
    train = dataset.train
    noise = [
        gradient_noise_scale(checkpoint, train.images, train.labels, num_images=settings["num_images"])
        for checkpoint in _checkpoints(run, model, train, epoch)
    ]
    trace, squared_norm = [n.trace_covariance for n in noise], [n.squared_gradient_norm for n in noise]
    sizes = settings["batch_sizes"] if epoch in settings["variance_at"] else []
    return NoiseSnapshot(
        epoch=epoch,
        trace_covariance=trace,
        squared_gradient_norm=squared_norm,
        noise_scale=sum(trace) / sum(squared_norm) if sum(squared_norm) > 0 else None,
        variance=[
            gradient_variance(
                model,
                train.images,
                train.labels,
                batch_size=batch_size,
                num_batches=max(32, min(256, IMAGES_PER_VARIANCE // batch_size)),
                seed=run.seed,
            )
            for batch_size in sizes
        ],
    )


def _checkpoints(run: Run, model: nn.Module, train: Images, epoch: int) -> Iterator[nn.Module]:
    """Yield the model, and then a copy of it that trains on for a while, at each of its next checkpoints."""
    settings = run.parameters
    yield model
    copied = copy.deepcopy(model)
    images_per_chunk = len(train) // CHECKPOINTS_PER_EPOCH if epoch else settings["batch_size"]
    chunks = train_in_chunks(
        copied,
        train,
        batch_size=settings["batch_size"],
        learning_rate=settings["learning_rate"],
        seed=run.seed + 1_000,  # another data order than that of the epochs before
        images_per_chunk=images_per_chunk,
    )
    for _ in islice(chunks, settings["num_checkpoints"] - 1):
        yield copied


EXPERIMENT = Experiment(plan=plan, measure=measure)
