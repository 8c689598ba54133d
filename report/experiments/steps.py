"""Training steps on resident data: by width, for ResNet-18, part by part; and a clock that does not wait for the device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import product
from time import perf_counter
from typing import Literal

import msgspec
import torch
from torch import nn
from torch.nn import functional as F

from fmnist_ref import MLP, StepTiming, resnet18, synchronize, time_training_step
from report.experiments.hardware import Device, Part, Seconds, numbers_of_threads, observe, torch_threads
from report.experiments.training import num_parameters
from report.plan import Dataset, Run

ACCELERATOR_WARM_UP = 50
"""Repetitions before those that count: while the host works, an idle accelerator lowers its clock."""
PARTS: tuple[Part, ...] = ("gather", "copy", "forward", "backward", "update", "step")


class StepTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Steps of one model on one device."""

    model: str
    """``resnet18``, or ``mlp32`` and so on by the units of the hidden layer."""
    width: int | None
    """Units of the hidden layer; None for ResNet-18."""
    device: str
    """Its kind."""
    threads: int
    """Threads that PyTorch used on the CPU."""
    num_parameters: int
    peak_memory_bytes: int | None
    """Peak bytes allocated on the device, resident images included; None where PyTorch keeps no statistic (CPU, MPS)."""
    seconds: dict[Part, list[Seconds]]
    """As in `fmnist_ref.StepTiming`, by round: `step` is a whole step, and does not include the copy."""


class Products(msgspec.Struct, frozen=True, kw_only=True):
    """Products of two square float32 matrices, large enough to keep the device busy."""

    device: str
    size: int
    """Rows of each matrix: a product takes 2 × size³ floating-point operations."""
    seconds: Seconds


class StepsResults(msgspec.Struct, frozen=True, kw_only=True):
    """Steps of all models on all devices."""

    devices: list[Device]
    batch_size: int
    steps: list[StepTimes]
    products: list[Products]


class ClockTimes(msgspec.Struct, frozen=True, kw_only=True):
    """The same steps, each timed twice."""

    model: str
    batch_size: int
    seconds: dict[Literal["queued", "done"], Seconds]
    """Until the program had queued the step, and until the device had done it."""


class ClockResults(msgspec.Struct, frozen=True, kw_only=True):
    """Both times, for a small step and for large ones."""

    devices: list[Device]
    clocks: list[ClockTimes]


def measure_steps(run: Run, dataset: Dataset, devices: list[torch.device]) -> StepsResults:
    """Time steps of every model on every device, in rounds; on the CPU with one thread and with all."""
    settings = run.parameters
    widths: dict[str, int | None] = {f"mlp{width}": width for width in settings["widths"]} | {"resnet18": None}
    timings: dict[tuple[str, str, int], list[StepTiming]] = defaultdict(list)
    products: dict[str, list[float]] = defaultdict(list)
    counts = {}
    for _ in range(settings["rounds"]):
        for device in devices:
            products[device.type] += time_products(device, _product_size(device))
            for (name, width), threads in product(widths.items(), numbers_of_threads(device)):
                torch.manual_seed(run.seed)
                model = resnet18() if width is None else MLP((width,))
                counts[name] = num_parameters(model)
                repetitions = settings["resnet_repetitions" if width is None else "repetitions"]
                with torch_threads(threads):
                    timing = time_training_step(
                        model,
                        dataset.train_images.unsqueeze(1),  # [n, 1, 28, 28]: a convolution needs the channel
                        dataset.train_labels,
                        batch_size=settings["batch_size"],
                        device=device,
                        warmup=max(1, repetitions // 4) if device.type == "cpu" else ACCELERATOR_WARM_UP,
                        repetitions=repetitions,
                    )
                timings[name, device.type, threads].append(timing)
    return StepsResults(
        devices=[observe(device) for device in devices],
        batch_size=settings["batch_size"],
        steps=[
            StepTimes(
                model=name,
                width=widths[name],
                device=device,
                threads=threads,
                num_parameters=counts[name],
                peak_memory_bytes=max((t.peak_memory_bytes for t in rounds if t.peak_memory_bytes), default=None),
                seconds={part: [getattr(timing, f"{part}_seconds") for timing in rounds] for part in PARTS},
            )
            for (name, device, threads), rounds in timings.items()
        ],
        products=[
            Products(device=device.type, size=_product_size(device), seconds=products[device.type])
            for device in devices
        ],
    )


def _product_size(device: torch.device) -> int:
    return 1024 if device.type == "cpu" else 4096  # some 20 ms and less than 50 ms


def time_products(device: torch.device, size: int, repetitions: int = 5) -> list[float]:
    """Time products of two random square matrices after one for warming up; in seconds."""
    a, b = (torch.randn(size, size, generator=torch.Generator().manual_seed(s)).to(device) for s in (0, 1))
    seconds = []
    for _ in range(1 + repetitions):
        synchronize(device)
        start = perf_counter()
        a @ b
        synchronize(device)
        seconds.append(perf_counter() - start)
    return seconds[1:]


def step_flop(width: int, batch_size: int, in_features: int = 784, num_classes: int = 10) -> float:
    """
    Count the floating-point operations of the matrix products in one training step of a one-hidden-layer network.

    Parameters
    ----------
    width : int
        Units of the hidden layer.
    batch_size : int
        Images in the step.
    in_features, num_classes : int
        Inputs and outputs of the network.

    Returns
    -------
    float
        Two operations for each multiplication with its addition. The first layer has two products, its output and its
        weights' gradient; the second has both of these and its inputs' gradient.
    """
    return 2.0 * batch_size * width * (2 * in_features + 3 * num_classes)


def measure_clock(run: Run, dataset: Dataset, device: torch.device) -> ClockResults:
    """Read the clock before and after waiting for the device, for the notebook's small step and for large ones."""
    cases: list[tuple[str, Callable[[], nn.Module], int]] = [("mlp128", MLP, run.parameters["batch_size"])]
    cases += [("resnet18", resnet18, batch_size) for batch_size in run.parameters["large_batch_sizes"]]
    clocks = []
    for name, build, batch_size in cases:
        torch.manual_seed(run.seed)
        images = dataset.train_images[:batch_size].unsqueeze(1).to(device)
        labels = dataset.train_labels[:batch_size].to(device)
        model = build().to(device).train()
        readings = [read_clock_twice(model, images, labels, device) for _ in range(10 + run.parameters["repetitions"])]
        queued, done = zip(*readings[10:], strict=True)  # the first ten load kernels and fill caches
        clocks.append(
            ClockTimes(model=name, batch_size=len(labels), seconds={"queued": list(queued), "done": list(done)})
        )
    return ClockResults(devices=[observe(torch.device("cpu")), observe(device)], clocks=clocks)


def read_clock_twice(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, device: torch.device
) -> tuple[float, float]:
    """Take one training step; return the seconds until it was queued, and until it was done."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    synchronize(device)
    start = perf_counter()
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    queued = perf_counter() - start
    synchronize(device)
    return queued, perf_counter() - start
