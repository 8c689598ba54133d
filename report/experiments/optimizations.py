"""What might make a training step faster: large memory pages, a compiled step, networks of several seeds trained as one."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import MLP, PlainSGD, fit
from report.experiments.hardware import HUGE_PAGES, observe
from report.experiments.throughput import EpochTimes, Method, ThroughputResults, time_in_rounds
from report.experiments.worker_pool import WorkerPool
from report.plan import Dataset, Images, Run


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
        plain, networks = MLP(), BatchedNetworks(settings["models"])
        methods = [
            Method(
                EpochTimes(name="fit"),
                partial(fit, plain, images.images, images.labels, epochs=1, batch_size=batch_size),
            ),
            Method(EpochTimes(name="large_pages"), partial(large_pages.train, [128], batch_size)),
            Method(EpochTimes(name="small_pages"), partial(small_pages.train, [128], batch_size)),
            Method(EpochTimes(name="compiled"), compiled_epoch(images, batch_size)),
            Method(
                EpochTimes(name="batched", networks=networks.count),
                partial(sgd_epoch, networks.parameters, lambda x, y: networks.losses(x, y).sum(), images, batch_size),
            ),
        ]
        if not settings["compile"]:
            methods = [method for method in methods if method.times.name != "compiled"]
        times = time_in_rounds(methods, settings["rounds"])
    return ThroughputResults(
        devices=[observe(torch.device("cpu"))], batch_size=batch_size, num_images=size, methods=times
    )


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


def compiled_epoch(images: Images, batch_size: int) -> Callable[[], object]:
    """Return a function that trains for an epoch with a compiled forward and backward pass."""
    torch.compiler.config.force_disable_caches = True  # or a second run would not show the compiler's time
    warnings.filterwarnings("ignore", "dynamo_pgo force disabled")  # as intended
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # it warns where there is no CUDA
    model = MLP()
    loss = torch.compile(lambda inputs, labels: F.cross_entropy(model(inputs), labels), dynamic=False)
    return partial(sgd_epoch, list(model.parameters()), loss, images, batch_size)


def sgd_epoch(
    parameters: list[Tensor], loss: Callable[[Tensor, Tensor], Tensor], images: Images, batch_size: int
) -> None:
    """Train for one epoch as `fit` does, with any loss of images and labels."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    optimizer = PlainSGD(parameters, lr=0.01)
    for batch in order.split(batch_size):
        optimizer.zero_grad()
        loss(images.images.index_select(0, batch), images.labels.index_select(0, batch)).backward()
        optimizer.step()
