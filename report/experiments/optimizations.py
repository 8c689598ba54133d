"""What might make a training step faster: memory pages, other optimizers and graphs, compilers, several seeds as one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import MLP, fit
from report.experiments import attempts
from report.experiments.hand_written import hand_written_epoch
from report.experiments.hardware import HUGE_PAGES, observe
from report.experiments.throughput import (
    EpochTimes,
    Method,
    MethodName,
    ThroughputResults,
    fit_with_sgd,
    time_in_rounds,
)
from report.experiments.worker_pool import WorkerPool
from report.plan import Dataset, Images, Run

COMPILED: tuple[MethodName, ...] = ("compiled", "compiled_step")
"""Left out of a quick report, which doesn't wait for a compiler."""


class BatchedNetworks:
    """
    Networks 784-128-10 of several seeds, their weights in stacks, so that one product does the work of all.

    Parameters
    ----------
    count : int
        Number of networks.
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


def measure_optimizations(run: Run, dataset: Dataset) -> ThroughputResults:
    """Time an epoch of each optimization in turn, on one thread."""
    settings = run.parameters
    batch_size = settings["batch_size"]
    size = settings["num_images"] // batch_size * batch_size  # full batches: one shape to compile
    images = Images(dataset.train_images[:size].flatten(1), dataset.train_labels[:size])
    with WorkerPool(images, size=1) as large_pages, WorkerPool(images, size=1) as small_pages:
        for pool, wanted in ((large_pages, "1"), (small_pages, "0")):
            with huge_pages_set_to(wanted):  # PyTorch reads the variable once in a process
                pool.train([16], batch_size)  # starts it
        methods = [
            Method(
                EpochTimes(name="fit"),
                partial(fit, MLP(), images.images, images.labels, epochs=1, batch_size=batch_size),
            ),
            Method(EpochTimes(name="large_pages"), partial(large_pages.train, [128], batch_size)),
            Method(EpochTimes(name="small_pages"), partial(small_pages.train, [128], batch_size)),
            *_other_steps(images, batch_size, settings["models"]),
        ]
        if not settings["compile"]:
            methods = [method for method in methods if method.times.name not in COMPILED]
        times = time_in_rounds(methods, settings["rounds"])
    return ThroughputResults(
        devices=[observe(torch.device("cpu"))], batch_size=batch_size, num_images=size, methods=times
    )


def _other_steps(images: Images, batch_size: int, num_networks: int) -> list[Method]:
    """List the ways to write the step, the leanest last."""

    def epoch(name: MethodName, step: attempts.Step, networks: int = 1) -> Method:
        return Method(EpochTimes(name=name, networks=networks), partial(attempts.train_epoch, step, images, batch_size))

    networks = BatchedNetworks(num_networks)
    batched_step = attempts.graph_step(networks.parameters, lambda x, y: networks.losses(x, y).sum())
    return [
        Method(EpochTimes(name="torch_sgd"), fit_with_sgd(images, batch_size)),
        Method(EpochTimes(name="sgd_foreach"), fit_with_sgd(images, batch_size, foreach=True)),
        Method(EpochTimes(name="sgd_fused"), fit_with_sgd(images, batch_size, fused=True)),
        epoch("fused_loss", attempts.fused_loss_step(MLP())),
        epoch("fused_network", attempts.fused_network_step(MLP())),
        epoch("functional", partial(attempts.functional_step, attempts.parameters_of(MLP()))),
        epoch("compiled", attempts.compiled_loss_step(MLP())),
        epoch("compiled_step", attempts.compiled_step(MLP())),
        epoch("batched", batched_step, networks.count),
        Method(
            EpochTimes(name="hand_written"),
            partial(hand_written_epoch, MLP(), images.images, images.labels, batch_size=batch_size),
        ),
    ]


@contextmanager
def huge_pages_set_to(value: str) -> Iterator[None]:
    """Set PyTorch's variable for huge memory pages, for processes started inside this context."""
    before = os.environ.get(HUGE_PAGES)
    os.environ[HUGE_PAGES] = value
    try:
        yield
    finally:
        del os.environ[HUGE_PAGES]
        if before is not None:
            os.environ[HUGE_PAGES] = before
