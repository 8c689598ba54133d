"""One epoch of the notebook's network by every rung of a ladder: its own loop, the loader's remedies, `fit`, the floor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from time import perf_counter
from typing import Any, Literal

import msgspec
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from fmnist_ref import MLP, PublishedNN, denormalize, fit
from report.experiments.hardware import Device, Seconds, observe
from report.experiments.loader import TransformedImages
from report.experiments.training import Images
from report.experiments.worker_pool import Crew
from report.plan import Dataset, Run

RungName = Literal[
    "notebook",
    "loader_workers",
    "tensor_dataset",
    "fit",
    "fit_one_thread",
    "fit_pool",
    "scikit_learn",
    "products",
    "accelerator",  # where the run has one
]
LOADER_WORKERS = 2
SLOW: frozenset[RungName] = frozenset({"notebook", "loader_workers"})
"""Rungs that take part in every third round only: an epoch of either takes longer than all the others' together."""
WARM_UP_BATCHES = 50
"""Of the slow rungs, before the first round: enough to start workers; the other rungs warm up with a whole epoch."""


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One way of going through the images once, timed again and again."""

    name: RungName
    threads: int
    """Of each process that computes."""
    processes: int
    """That compute, or load, beside each other."""
    seconds: Seconds
    """Of one epoch; where processes train beside each other, wall time over their number."""


class LadderResults(msgspec.Struct, frozen=True, kw_only=True):
    """All rungs, timed in turn."""

    devices: list[Device]
    batch_size: int
    num_images: int
    """In an epoch: all 60,000, or fewer for a first look."""
    rungs: list[Rung]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A rung before it is timed."""

    name: RungName
    threads: int
    processes: int
    epoch: Callable[[], object]
    warm_up: Callable[[], object]


def measure_ladder(run: Run, dataset: Dataset, device: torch.device) -> LadderResults:
    """Time an epoch of every rung in turn, after a warm-up that starts workers and fills caches."""
    settings = run.parameters
    images = Images(dataset.train_images[: settings["num_images"]], dataset.train_labels[: settings["num_images"]])
    threads = torch.get_num_threads()
    with Crew(images, size=threads) as crew:
        ways = _ways(images, settings["batch_size"], threads, crew)
        if device.type != "cpu":
            resident = Images(images.images.to(device), images.labels.to(device))
            epoch = _fit_epoch(resident, settings["batch_size"], MLP().to(device))
            ways.append(Way(name="accelerator", threads=threads, processes=1, epoch=epoch, warm_up=epoch))
        seconds: dict[str, list[float]] = {way.name: [] for way in ways}
        for way in ways:
            with threads_set_to(way.threads):
                way.warm_up()
        for turn in range(settings["rounds"]):
            for way in ways:
                if way.name in SLOW and turn % 3:
                    continue
                with threads_set_to(way.threads):
                    began = perf_counter()
                    way.epoch()
                    seconds[way.name].append(
                        (perf_counter() - began) / (way.processes if way.name == "fit_pool" else 1)
                    )
    return LadderResults(
        devices=[observe(kind) for kind in dict.fromkeys([torch.device("cpu"), device])],
        batch_size=settings["batch_size"],
        num_images=len(images.labels),
        rungs=[
            Rung(name=way.name, threads=way.threads, processes=way.processes, seconds=seconds[way.name]) for way in ways
        ],
    )


def _ways(images: Images, batch_size: int, threads: int, crew: Crew) -> list[Way]:
    # A copy of the labels: torch moves what it sends to a loader's workers, and arrays made from it would be left behind.
    transformed = TransformedImages(denormalize(images.images), images.labels.clone())
    make = partial(DataLoader[Any], batch_size=batch_size, shuffle=True)
    tensors = TensorDataset(images.images, images.labels)
    workers = make(
        transformed, num_workers=LOADER_WORKERS, persistent_workers=True, multiprocessing_context="spawn"
    )  # spawn: fork and torch's thread pools deadlock
    found: list[tuple[RungName, int, int, Callable[..., object]]] = [
        ("notebook", threads, 1, _notebook_epoch(make(transformed))),
        ("loader_workers", threads, LOADER_WORKERS, _notebook_epoch(workers)),
        ("tensor_dataset", threads, 1, _notebook_epoch(make(tensors))),
        ("fit", threads, 1, _fit_epoch(images, batch_size, MLP())),
        ("fit_one_thread", 1, 1, _fit_epoch(images, batch_size, MLP())),
        ("fit_pool", 1, crew.size, lambda: crew.train([128] * crew.size, batch_size)),
        ("scikit_learn", 1, 1, _scikit_learn_epoch(images, batch_size)),
        ("products", 1, 1, partial(_large_products, len(images.labels), batch_size)),
    ]
    return [
        Way(
            name=name,
            threads=threads,
            processes=processes,
            epoch=epoch,
            warm_up=partial(epoch, WARM_UP_BATCHES) if name in SLOW else epoch,
        )
        for name, threads, processes, epoch in found
    ]


def _notebook_epoch(batches: Iterable[tuple[Tensor, Tensor]]) -> Callable[..., float]:
    """Train as the notebook does: softmax in the model, and a loss that is read off after every batch."""
    model = PublishedNN()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def epoch(num_batches: int | None = None) -> float:
        running_loss = 0.0
        for images, labels in islice(batches, num_batches):
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        return running_loss

    return epoch


def _fit_epoch(images: Images, batch_size: int, model: MLP) -> Callable[[], object]:
    return partial(fit, model, images.images, images.labels, epochs=1, batch_size=batch_size)


def _scikit_learn_epoch(images: Images, batch_size: int) -> Callable[[], object]:
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        (128,), solver="sgd", alpha=0.0, batch_size=batch_size, learning_rate_init=0.01, momentum=0.0,
        nesterovs_momentum=False, random_state=0,
    )  # fmt: skip
    rows, labels = images.images.flatten(1).numpy(), images.labels.numpy()
    return partial(network.partial_fit, rows, labels, classes=range(10))


def _large_products(num_images: int, batch_size: int) -> None:
    """Do the two large matrix products of every step, on operands that lie in the cache: no loop over the data can do less."""
    images, weight, gradient = torch.ones(batch_size, 784), torch.ones(128, 784), torch.ones(batch_size, 128)
    for _ in range(-(-num_images // batch_size)):
        images @ weight.t()
        gradient.t() @ images


@contextmanager
def threads_set_to(threads: int) -> Iterator[None]:
    """Give PyTorch and the libraries beneath NumPy so many threads for the while."""
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        torch.set_num_threads(before)
