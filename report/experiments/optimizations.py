"""What might make a training step faster: large memory pages, a compiled step, networks of several seeds trained as one."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Literal

import msgspec
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import MLP, PlainSGD, fit
from report.experiments.hardware import HUGE_PAGES, Device, observe
from report.experiments.throughput import threads_set_to
from report.experiments.training import Images
from report.experiments.worker_pool import Crew
from report.plan import Dataset, Run

AttemptName = Literal["fit", "large_pages", "small_pages", "compiled", "batched"]
Crews = dict[AttemptName, Crew]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One way to train, timed again and again."""

    name: AttemptName
    models: int
    """Trained at once."""
    seconds: dict[Literal["epoch", "first"], list[float]]
    """`epoch`: of one model, so the time over `models`; empty where it could not be had. `first`: the first epoch of all
    models, with what a compiler takes before it."""
    problem: str = ""
    """Why it could not be had."""


class AttemptsResults(msgspec.Struct, frozen=True, kw_only=True):
    """All attempts, timed in turn on one thread."""

    devices: list[Device]
    batch_size: int
    num_images: int
    attempts: list[Attempt]


class BatchedNetworks:
    """
    Networks 784-128-10 of several seeds, their weights in stacks, so that one product does the work of all.

    Parameters
    ----------
    count : int
        How many.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        layers = []
        for seed in range(count):
            torch.manual_seed(seed)
            layers.append([parameter.detach() for parameter in MLP().parameters()])
        self.parameters = [torch.stack(stack).requires_grad_() for stack in zip(*layers, strict=True)]

    def losses(
        self, images: Float[Tensor, "batch features"], labels: Int64[Tensor, " batch"]
    ) -> Float[Tensor, " models"]:
        """Return the mean loss of each model: all see the same batch."""
        weight1, bias1, weight2, bias2 = self.parameters
        hidden = torch.baddbmm(bias1.unsqueeze(1), images.expand(self.count, -1, -1), weight1.transpose(1, 2)).relu()
        logits = torch.baddbmm(bias2.unsqueeze(1), hidden, weight2.transpose(1, 2))  # [models, batch, classes]
        losses = F.cross_entropy(logits.flatten(0, 1), labels.repeat(self.count), reduction="none")
        return losses.view(self.count, -1).mean(1)


def measure_attempts(run: Run, dataset: Dataset) -> AttemptsResults:
    """Time an epoch of each attempt in turn, on one thread; the first round is no part of it."""
    settings = run.parameters
    size = (
        settings["num_images"] // settings["batch_size"] * settings["batch_size"]
    )  # full batches: one shape to compile
    images = Images(dataset.train_images[:size].flatten(1), dataset.train_labels[:size])
    with Crew(images, size=1) as large, Crew(images, size=1) as small, threads_set_to(1):
        crews: Crews = {"large_pages": large, "small_pages": small}
        for name, crew in crews.items():
            with _asking("1" if name == "large_pages" else "0"):  # PyTorch looks for the request once in a process
                crew.train([16], settings["batch_size"])  # starts it
        ways = _ways(images, settings["batch_size"], settings["models"], crews)
        if not settings["compile"]:
            del ways["compiled"]
        first, problems = _first_epochs(ways)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(settings["rounds"]):
            for name, (models, epoch) in ways.items():
                if name not in problems:
                    began = perf_counter()
                    epoch()
                    seconds[name].append((perf_counter() - began) / models)
    return AttemptsResults(
        devices=[observe(torch.device("cpu"))],
        batch_size=settings["batch_size"],
        num_images=size,
        attempts=[
            Attempt(
                name=name,
                models=models,
                seconds={"epoch": seconds[name], "first": [first[name]]},
                problem=problems.get(name, ""),
            )
            for name, (models, _) in ways.items()
        ],
    )


def _ways(
    images: Images, batch_size: int, num_models: int, crews: Crews
) -> dict[AttemptName, tuple[int, Callable[[], object]]]:
    """Return for each attempt how many networks it trains at once, and an epoch of it."""
    plain, networks = MLP(), BatchedNetworks(num_models)
    return {
        "fit": (1, lambda: fit(plain, images.images, images.labels, epochs=1, batch_size=batch_size)),
        "large_pages": (1, lambda: crews["large_pages"].train([128], batch_size)),
        "small_pages": (1, lambda: crews["small_pages"].train([128], batch_size)),
        "compiled": (1, _compiled_epoch(images, batch_size)),
        "batched": (
            networks.count,
            lambda: _descend_epoch(networks.parameters, lambda x, y: networks.losses(x, y).sum(), images, batch_size),
        ),
    }


@contextmanager
def _asking(for_large_pages: Literal["0", "1"]) -> Iterator[None]:
    """Have processes that begin in the meantime ask the system for large memory pages, or do with those it gives unasked."""
    before = os.environ.get(HUGE_PAGES)
    os.environ[HUGE_PAGES] = for_large_pages
    try:
        yield
    finally:
        del os.environ[HUGE_PAGES]
        if before is not None:
            os.environ[HUGE_PAGES] = before


def _first_epochs(ways: dict[AttemptName, tuple[int, Callable[[], object]]]) -> tuple[dict[str, float], dict[str, str]]:
    """Run every way once; a machine without a compiler for C++ can't compile, and that is a result."""
    first: dict[str, float] = {}
    problems: dict[str, str] = {}
    for name, (_, epoch) in ways.items():
        began = perf_counter()
        try:
            epoch()
        except torch._dynamo.exc.TorchDynamoException as problem:
            problems[name] = type(problem).__name__
        first[name] = perf_counter() - began
    return first, problems


def _compiled_epoch(images: Images, batch_size: int) -> Callable[[], object]:
    torch.compiler.config.force_disable_caches = True  # or a second measurement would not show the compiler's time
    warnings.filterwarnings("ignore", "dynamo_pgo force disabled")  # which is what was asked for
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # it warns where there is no CUDA
    model = MLP()
    loss = torch.compile(lambda inputs, labels: F.cross_entropy(model(inputs), labels), dynamic=False)
    return lambda: _descend_epoch(list(model.parameters()), loss, images, batch_size)


def _descend_epoch(
    parameters: list[Tensor], loss: Callable[[Tensor, Tensor], Tensor], images: Images, batch_size: int
) -> None:
    """Go through the images once as `fit` does, whatever the loss is of."""
    optimizer = PlainSGD(parameters, lr=0.01)
    for batch in _batches(len(images.labels), batch_size):
        batch_loss = loss(images.images.index_select(0, batch), images.labels.index_select(0, batch))
        optimizer.zero_grad()
        batch_loss.backward()
        optimizer.step()


def _batches(num_images: int, batch_size: int) -> Iterator[Int64[Tensor, " batch"]]:
    yield from torch.randperm(num_images, generator=torch.Generator().manual_seed(0)).split(batch_size)
