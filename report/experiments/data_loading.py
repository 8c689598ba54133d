"""Passes over batches: through the notebook's loader or over resident tensors, empty or with training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from time import perf_counter
from typing import Literal

import msgspec
import torch
from torch import nn
from torch.nn import functional as F

from fmnist_ref import MLP, denormalize, synchronize
from report.experiments.hardware import Device, Seconds, observe
from report.experiments.loader import Batch, TransformedImages, image_loader, resident_batches
from report.plan import Dataset, Run

WARMUP_BATCHES = 5
"""Taken before each pass: workers that have filled their queues in the meantime must not have a head start."""
RESIDENT_FACTOR = 4
"""So many times more batches in a pass over resident tensors, whose batches take so much less time."""
Part = Literal["fetch", "copy", "forward", "backward", "update"]
Source = Literal["loader", "resident"]


class Passes(msgspec.Struct, frozen=True, kw_only=True):
    """Repeated identical passes over batches from one source."""

    source: Source
    workers: int
    """Processes that load beside the main one."""
    trains: bool
    """Whether the loop trains a 784-128-10 network, or is empty as the notebook's."""
    device: str
    """Kind of the device that the batches went to."""
    num_batches: int
    """Batches of each pass, all of them full."""
    seconds: dict[Part, Seconds]
    """Time of each pass by part; an empty loop has only the first two."""


class LoaderResults(msgspec.Struct, frozen=True, kw_only=True):
    """Passes of every kind."""

    devices: list[Device]
    batch_size: int
    passes: list[Passes]


class Lane(msgspec.Struct, kw_only=True):
    """One kind of pass under way: where its batches come from, and its times so far."""

    source: Source
    workers: int
    device: torch.device
    model: nn.Module | None
    """What is trained; None for an empty loop."""
    batches: Iterator[Batch]
    num_batches: int
    seconds: dict[Part, list[float]] = {}


def measure_loader(run: Run, dataset: Dataset, devices: list[torch.device]) -> LoaderResults:
    """Time passes of every kind on every device, all kinds in turn; the first round, which starts workers, apart."""
    settings = run.parameters
    rounds = 1 + settings["repetitions"]
    lanes = _lanes(dataset, devices, settings["batch_size"], settings["batches"], rounds)
    for turn in range(rounds):
        for lane in lanes:
            time_pass(islice(lane.batches, WARMUP_BATCHES), lane.device, lane.model)
            times = time_pass(islice(lane.batches, lane.num_batches), lane.device, lane.model)
            for part, seconds in times.items() if turn else ():
                lane.seconds.setdefault(part, []).append(seconds)
    passes = [
        Passes(
            source=lane.source,
            workers=lane.workers,
            trains=lane.model is not None,
            device=lane.device.type,
            num_batches=lane.num_batches,
            seconds=lane.seconds,
        )
        for lane in lanes
    ]
    return LoaderResults(devices=[observe(d) for d in devices], batch_size=settings["batch_size"], passes=passes)


def _lanes(dataset: Dataset, devices: list[torch.device], batch_size: int, num_batches: int, rounds: int) -> list[Lane]:
    """Make every kind of pass: two loaders, which all devices share, and one resident source for each device."""
    images = TransformedImages(denormalize(dataset.train_images), dataset.train_labels)
    total = 2 * len(devices) * rounds * (WARMUP_BATCHES + num_batches)  # empty and training, on each device
    loaders = {
        workers: iter(image_loader(images, num_batches=total, batch_size=batch_size, workers=workers))
        for workers in (0, 2)
    }
    lanes = []
    for device in devices:
        resident = resident_batches(
            dataset.train_images.to(device), dataset.train_labels.to(device), batch_size=batch_size
        )
        sources: list[tuple[Source, int, Iterator[Batch], int]] = [
            ("loader", 0, loaders[0], num_batches),
            ("loader", 2, loaders[2], num_batches),
            ("resident", 0, resident, RESIDENT_FACTOR * num_batches),
        ]
        for trains in (False, True):
            for source, workers, batches, number in sources:
                torch.manual_seed(0)
                lanes.append(
                    Lane(
                        source=source,
                        workers=workers,
                        device=device,
                        model=MLP().to(device) if trains else None,
                        batches=batches,
                        num_batches=number,
                    )
                )
    return lanes


def time_pass(batches: Iterable[Batch], device: torch.device, model: nn.Module | None) -> dict[Part, float]:
    """
    Go through batches as the notebook does, and say how long each part of the loop took in all.

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
        Seconds, the device awaited after every part.
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
