"""Passes over batches: through the notebook's loader or over resident tensors, empty or with training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from time import perf_counter
from typing import Literal

import msgspec
import torch
from torch import nn
from torch.nn import functional as F

from fmnist_ref import MLP, denormalize, resnet18, synchronize
from report.experiments.hardware import Device, Part, Seconds, observe
from report.experiments.loader import Batch, TransformedImages, image_loader, resident_batches
from report.plan import Dataset, Run

WARMUP_BATCHES = 5
"""Fetched before each pass: workers have filled their queues in the meantime, and must not have a head start."""
RESIDENT_FACTOR = 4
"""How many times more batches a pass over resident tensors has, whose batches take so much less time."""
Source = Literal["loader", "resident"]
ModelName = Literal["mlp128", "resnet18"]


class Passes(msgspec.Struct, frozen=True, kw_only=True):
    """Repeated identical passes over batches from one source."""

    source: Source
    workers: int
    """Processes that load beside the main one."""
    model: ModelName | None
    """What the loop trains: the 784-128-10 network or ResNet-18; None if it is empty, as the notebook's."""
    device: str
    """Kind of the device that the batches went to."""
    num_batches: int
    """Batches of each pass, all of them full."""
    seconds: dict[Part, Seconds]
    """Time of each pass by part; an empty loop has only `fetch` and `copy`."""


class LoaderResults(msgspec.Struct, frozen=True, kw_only=True):
    """Passes of every kind."""

    devices: list[Device]
    batch_size: int
    passes: list[Passes]


def measure_loader(run: Run, dataset: Dataset, devices: list[torch.device]) -> LoaderResults:
    """Time passes of every kind on every device, all kinds in turn. The first round starts workers and isn't counted."""
    settings = run.parameters
    rounds = 1 + settings["repetitions"]
    of_a_round = 2 * settings["batches"] + settings["resnet_batches"] + 3 * WARMUP_BATCHES  # empty, and both models
    total = len(devices) * rounds * of_a_round
    images = TransformedImages(denormalize(dataset.train_images), dataset.train_labels)
    loaders = {
        workers: iter(image_loader(images, num_batches=total, batch_size=settings["batch_size"], workers=workers))
        for workers in (0, 2)
    }
    cases = [case for device in devices for case in _cases(dataset, device, loaders, settings)]
    for turn in range(rounds):
        for device, passes, batches, model in cases:
            time_pass(islice(batches, WARMUP_BATCHES), device, model)
            times = time_pass(islice(batches, passes.num_batches), device, model)
            for part, seconds in times.items() if turn else ():
                passes.seconds.setdefault(part, []).append(seconds)
    return LoaderResults(
        devices=[observe(device) for device in devices],
        batch_size=settings["batch_size"],
        passes=[passes for _, passes, _, _ in cases],
    )


def _cases(
    dataset: Dataset, device: torch.device, loaders: Mapping[int, Iterator[Batch]], settings: dict[str, int]
) -> Iterator[tuple[torch.device, Passes, Iterator[Batch], nn.Module | None]]:
    """Yield the kinds of pass on one device: its passes, still without times, their batches, and the model to train."""
    resident = resident_batches(
        dataset.train_images.to(device), dataset.train_labels.to(device), batch_size=settings["batch_size"]
    )
    sources: list[tuple[Source, int, Iterator[Batch]]] = [
        ("loader", 0, loaders[0]),
        ("loader", 2, loaders[2]),
        ("resident", 0, resident),
    ]
    for name in (None, "mlp128", "resnet18"):
        for source, workers, batches in sources:
            if name == "resnet18" and source == "resident":
                continue
            torch.manual_seed(0)
            model = {None: None, "mlp128": MLP, "resnet18": resnet18}[name]
            number = settings["resnet_batches" if name == "resnet18" else "batches"]
            passes = Passes(
                source=source,
                workers=workers,
                model=name,
                device=device.type,
                num_batches=RESIDENT_FACTOR * number if source == "resident" else number,
                seconds={},
            )
            yield device, passes, batches, model().to(device) if model else None


def time_pass(batches: Iterable[Batch], device: torch.device, model: nn.Module | None) -> dict[Part, float]:
    """
    Go through batches as the notebook does, and time each part of the loop.

    Parameters
    ----------
    batches : iterable
        Images and labels.
    device : torch.device
        Where they are sent.
    model : torch.nn.Module or None
        What to train on them; None for an empty loop.

    Returns
    -------
    dict of str to float
        Total seconds of each part; the clock is read when the device has finished it.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01) if model else None
    parts: tuple[Part, ...] = ("fetch", "copy", "forward", "backward", "update") if model else ("fetch", "copy")
    seconds = dict.fromkeys(parts, 0.0)
    synchronize(device)
    last = perf_counter()

    def lap(part: Part) -> None:
        nonlocal last
        synchronize(device)
        now = perf_counter()
        seconds[part] += now - last
        last = now

    for images, labels in batches:
        lap("fetch")
        inputs, targets = images.to(device), labels.to(device)
        lap("copy")
        if model and optimizer:
            loss = F.cross_entropy(model(inputs), targets)
            lap("forward")
            optimizer.zero_grad()
            loss.backward()
            lap("backward")
            optimizer.step()
            lap("update")
    return seconds
