"""
How noisy a mini-batch gradient is, by batch size and over the course of training.

Measured, for a 784-128-10 ReLU network trained as in the notebook (SGD at 0.01, batch size 64, 60,000 images, from logits):
the total variance of the gradient over random mini-batches of 1 to 4096 images, drawn independently and with
replacement, at the initial weights, after one epoch and after ten. And at these, and after three epochs, the simple noise
scale of McCandlish et al. (2018) from the gradients of the first 10,000 training images one by one. About 30 seconds a run
on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch
from torch import nn

from fmnist_ref import MLP, fit, gradient_noise_scale, gradient_variance
from report.plan import Dataset, Experiment, Inputs, Profile, Run

BATCH_SIZES = (1, 4, 16, 64, 256, 1024, 4096)
IMAGES_PER_VARIANCE = 32_768
"""Limit to the images drawn for one variance; there are between 32 and 256 batches in any case."""


class NoiseSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The gradient's noise after some epochs; squared units are nats² per squared weight."""

    epoch: int
    trace_covariance: float
    """Variance of a single image's gradient, summed over the weights."""
    squared_gradient_norm: float
    noise_scale: float | None
    """Images; None where the estimate of the squared gradient is not above zero."""
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
        "variance_at": profile.pick(full=[0, 1, 10], quick=[0, 1]),
        "noise_scale_at": profile.pick(full=[0, 1, 3, 10], quick=[0, 1]),
        "num_images": profile.pick(full=10_000, quick=1_000),
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
    """Estimate the noise at the model's present weights."""
    settings = run.parameters
    noise = gradient_noise_scale(model, dataset.train_images, dataset.train_labels, num_images=settings["num_images"])
    sizes = settings["batch_sizes"] if epoch in settings["variance_at"] else []
    return NoiseSnapshot(
        epoch=epoch,
        trace_covariance=noise.trace_covariance,
        squared_gradient_norm=noise.squared_gradient_norm,
        noise_scale=noise.noise_scale if noise.squared_gradient_norm > 0 else None,
        variance=[
            gradient_variance(
                model,
                dataset.train_images,
                dataset.train_labels,
                batch_size=batch_size,
                num_batches=max(32, min(256, IMAGES_PER_VARIANCE // batch_size)),
                seed=run.seed,
            )
            for batch_size in sizes
        ],
    )


EXPERIMENT = Experiment(plan=plan, measure=measure)
