"""
What a training step costs, by batch size: time, and memory.

Measured, for the 784-128-10 ReLU network on the run's device with all its threads: the time of a step by
`fmnist_ref.time_training_step` for batch sizes 1 to 16384 in factors of 4, in 16 rounds over all of them, upwards and
downwards in turn, so that a change in the machine's load affects all alike; every repetition is kept. The speeds differ
by a factor of several, so that the rounds need only be enough for a t interval on log ratios to mean something. And the bytes that autograd saves for the backward pass,
counted exactly, beside those of the parameters, their gradients, and the training images. On an accelerator also the
peak memory of tensors. About 25 seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import torch
from torch import Tensor, nn

from fmnist_ref import MLP, cross_entropy, time_training_step
from report.experiments.hardware import Device, observe
from report.plan import Dataset, Experiment, Inputs, Profile, Run

BATCH_SIZES = tuple(4**power for power in range(8))  # 1 to 16384
MAX_REPETITIONS = 100


class StepCost(msgspec.Struct, frozen=True, kw_only=True):
    """Cost of a training step at one batch size."""

    batch_size: int
    saved_bytes: int
    """Kept by autograd from the forward pass for the backward pass, parameters not counted."""
    seconds: list[list[float]]
    """Of whole steps, per round."""
    peak_memory_bytes: int | None = None
    """Peak bytes allocated on the device, resident images included; None on the CPU."""


class BatchCostResults(msgspec.Struct, frozen=True, kw_only=True):
    """Costs by batch size, and the memory that all batch sizes need."""

    device: Device
    parameter_bytes: int
    gradient_bytes: int
    images_bytes: int
    """All training images in memory, float32."""
    steps: list[StepCost]


def plan(profile: Profile) -> Iterator[Run]:
    """List the one run: its repetitions take the place of seeds."""
    parameters = {"rounds": profile.pick(full=16, quick=2), "seconds_per_arm": profile.pick(full=0.15, quick=0.1)}
    yield Run(experiment="batch_cost", arm="steps", seed=0, parameters=parameters)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> BatchCostResults:
    """Measure every batch size, round after round."""
    images, labels = dataset.train_images.to(run.device), dataset.train_labels.to(run.device)
    torch.manual_seed(run.seed)
    model = MLP().to(run.device)
    seconds: dict[int, list[list[float]]] = {batch_size: [] for batch_size in BATCH_SIZES}
    peaks: dict[int, int | None] = {}
    repetitions = {
        batch_size: _repetitions(model, images, labels, batch_size, run.parameters["seconds_per_arm"])
        for batch_size in BATCH_SIZES
    }
    for round_ in range(run.parameters["rounds"]):
        for batch_size in BATCH_SIZES if round_ % 2 == 0 else reversed(BATCH_SIZES):
            timing = time_training_step(
                model,
                images,
                labels,
                batch_size=batch_size,
                warmup=1,
                repetitions=repetitions[batch_size],
                seed=run.seed,
            )
            seconds[batch_size].append(timing.step_seconds)
            peaks[batch_size] = timing.peak_memory_bytes
    weights = [weight.nbytes for weight in model.parameters()]
    return BatchCostResults(
        device=observe(torch.device(run.device)),
        parameter_bytes=sum(weights),
        gradient_bytes=sum(weights),
        images_bytes=images.nbytes,
        steps=[
            StepCost(
                batch_size=batch_size,
                saved_bytes=bytes_saved_for_backward(model, images, labels, batch_size),
                seconds=seconds[batch_size],
                peak_memory_bytes=peaks[batch_size],
            )
            for batch_size in BATCH_SIZES
        ],
    )


def _repetitions(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int, budget_seconds: float) -> int:
    """Choose how often a step is timed in a round, so that each batch size takes about the same time."""
    time_training_step(model, images, labels, batch_size=batch_size, warmup=1, repetitions=1)
    began = time.perf_counter()
    time_training_step(model, images, labels, batch_size=batch_size, warmup=1, repetitions=2)
    one = (time.perf_counter() - began) / 3
    return min(MAX_REPETITIONS, max(2, round(budget_seconds / one)))


def bytes_saved_for_backward(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> int:
    """Count the bytes that autograd keeps from a forward pass for the backward pass, each storage once."""
    parameters = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    saved: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    batch = torch.arange(batch_size, device=images.device) % len(images)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = cross_entropy(model(images.index_select(0, batch)), labels.index_select(0, batch))
    loss.backward()  # keeps every storage alive until here: no address is reused, so none is counted twice
    return sum(saved.values())


EXPERIMENT = Experiment(plan=plan, measure=measure, exclusive=True)
