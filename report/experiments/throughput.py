"""One epoch of the notebook's network by several methods: its own loop, the loader's remedies, `fit`, and lower bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from report.experiments.hand_written import hand_written_epoch
from report.experiments.hardware import Device, observe
from report.experiments.loader import TransformedImages
from report.experiments.worker_pool import WorkerPool
from report.plan import Dataset, Images, Run

MethodName = Literal[
    "notebook",
    "loader_workers",
    "tensor_dataset",
    "fit",
    "fit_one_thread",
    "fit_pool",
    "scikit_learn",
    "torch_sgd",
    "hand_written",
    "products",
    "calls",
    "accelerator",  # where the run has one
    "large_pages",
    "small_pages",
    "sgd_foreach",
    "sgd_fused",
    "fused_loss",
    "fused_network",
    "functional",
    "compiled",
    "compiled_step",
    "batched",
]
LOADER_WORKERS = 2
WARM_UP_BATCHES = 50
"""Of the slow methods, before the first round: enough to start workers; the others warm up with a whole epoch."""
SLOW_SHARE = 4
"""A slow method trains a quarter of an epoch in each round, and its time is multiplied by four."""


class EpochTimes(msgspec.Struct, kw_only=True):
    """One method of training for an epoch, timed again and again."""

    name: MethodName
    threads: int = 1
    """Of each process that computes."""
    processes: int = 1
    """That compute, or load, side by side."""
    networks: int = 1
    """Trained at once."""
    seconds: dict[Literal["epoch", "first"], list[float]] = {}
    """`epoch`: of one network, so the time over `networks`, in every round; empty where the method can't run. `first`: what
    comes before the first round, with the start of workers and the time of a compiler."""
    problem: str = ""
    """Why the method can't run on this machine."""


class ThroughputResults(msgspec.Struct, frozen=True, kw_only=True):
    """All methods, timed in turn."""

    devices: list[Device]
    batch_size: int
    num_images: int
    """In an epoch: all 60,000, or fewer for a first look."""
    methods: list[EpochTimes]


@dataclass(frozen=True)
class Method:
    """A method that is to be timed, and its times."""

    times: EpochTimes
    work: Callable[[], object]
    """What is timed in every round."""
    epochs: float = 1.0
    """How much of an epoch it is."""
    warm_up: Callable[[], object] | None = None
    """What to do before the first round, if not the same."""

    def time(self, work: Callable[[], object]) -> float:
        """Return the seconds that some work takes with the method's threads."""
        with threads_set_to(self.times.threads):
            began = perf_counter()
            work()
            return perf_counter() - began


def measure_throughput(run: Run, dataset: Dataset, device: torch.device) -> ThroughputResults:
    """Time an epoch of every method in turn."""
    settings = run.parameters
    images, threads = dataset.train[: settings["num_images"]], torch.get_num_threads()
    with WorkerPool(images, size=threads) as pool:
        methods = _methods(images, settings["batch_size"], threads, pool)
        if device.type != "cpu":
            epoch = _fit_epoch(images.to(str(device)), settings["batch_size"], MLP().to(device))
            methods.append(Method(EpochTimes(name="accelerator", threads=threads), epoch))
        times = time_in_rounds(methods, settings["rounds"])
    return ThroughputResults(
        devices=[observe(kind) for kind in dict.fromkeys([torch.device("cpu"), device])],
        batch_size=settings["batch_size"],
        num_images=len(images),
        methods=times,
    )


def time_in_rounds(methods: Sequence[Method], rounds: int) -> list[EpochTimes]:
    """Warm every method up, then time each in every round: a change in the machine's load affects all alike."""
    for method in methods:
        _warm_up(method)
    for _ in range(rounds):
        for method in methods:
            if not method.times.problem:
                seconds = method.time(method.work) / method.epochs / method.times.networks
                method.times.seconds["epoch"].append(seconds)
    return [method.times for method in methods]


def _warm_up(method: Method) -> None:
    """Start workers, compile and fill caches; a machine without a compiler for C++ can't compile, and that is a result."""
    began = perf_counter()
    try:
        method.time(method.warm_up or method.work)
    except torch._dynamo.exc.TorchDynamoException as error:
        method.times.problem = type(error).__name__
    method.times.seconds = {"epoch": [], "first": [perf_counter() - began]}


def _methods(images: Images, batch_size: int, threads: int, pool: WorkerPool) -> list[Method]:
    # A copy of the labels: torch moves what it sends to a loader's workers, and arrays made from it would be left behind.
    transformed = TransformedImages(denormalize(images.images), images.labels.clone())
    make = partial(DataLoader[Any], batch_size=batch_size, shuffle=True)
    with_workers = make(
        transformed, num_workers=LOADER_WORKERS, persistent_workers=True, multiprocessing_context="spawn"
    )  # spawn: fork and torch's thread pools deadlock
    tensors = make(TensorDataset(images.images, images.labels))

    num_batches = -(-len(images) // batch_size)
    timed_batches = -(-num_batches // SLOW_SHARE)

    def slow(times: EpochTimes, batches: Iterable[tuple[Tensor, Tensor]]) -> Method:
        epoch = notebook_epoch(batches)  # takes longer than the epochs of all other methods together
        return Method(
            times,
            partial(epoch, timed_batches),
            epochs=timed_batches / num_batches,
            warm_up=partial(epoch, WARM_UP_BATCHES),
        )

    return [
        slow(EpochTimes(name="notebook", threads=threads), make(transformed)),
        slow(EpochTimes(name="loader_workers", threads=threads, processes=LOADER_WORKERS), with_workers),
        Method(EpochTimes(name="tensor_dataset", threads=threads), notebook_epoch(tensors)),
        Method(EpochTimes(name="fit", threads=threads), _fit_epoch(images, batch_size, MLP())),
        Method(EpochTimes(name="fit_one_thread"), _fit_epoch(images, batch_size, MLP())),
        Method(
            EpochTimes(name="fit_pool", processes=pool.size, networks=pool.size),
            lambda: pool.train([128] * pool.size, batch_size),
        ),
        Method(EpochTimes(name="torch_sgd"), fit_with_sgd(images, batch_size)),
        Method(EpochTimes(name="scikit_learn"), scikit_learn_epoch(images, batch_size)),
        Method(
            EpochTimes(name="hand_written"),
            partial(hand_written_epoch, MLP(), images.images, images.labels, batch_size=batch_size),
        ),
        Method(EpochTimes(name="products"), partial(large_products, len(images), batch_size)),
        Method(EpochTimes(name="calls"), calls_without_arithmetic(images, num_batches)),
    ]


def notebook_epoch(batches: Iterable[tuple[Tensor, Tensor]]) -> Callable[..., float]:
    """Return a function that trains as the notebook does: softmax in the model, and the loss read after every batch."""
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


def fit_with_sgd(images: Images, batch_size: int, **settings: bool) -> Callable[[], object]:
    """Return a function that trains for an epoch by `fit` with `torch.optim.SGD`, in one of its implementations."""
    model = MLP()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, **settings)
    return partial(fit, model, images.images, images.labels, epochs=1, batch_size=batch_size, optimizer=optimizer)


def scikit_learn_epoch(images: Images, batch_size: int) -> Callable[[], object]:
    """Return a function that trains the same network by scikit-learn."""
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        (128,), solver="sgd", alpha=0.0, batch_size=batch_size, learning_rate_init=0.01, momentum=0.0,
        nesterovs_momentum=False, random_state=0,
    )  # fmt: skip
    rows, labels = images.images.flatten(1).numpy(), images.labels.numpy()
    return partial(network.partial_fit, rows, labels, classes=range(10))


def large_products(num_images: int, batch_size: int) -> None:
    """Compute the two large matrix products of every step, on operands in the cache: no loop over the data does less."""
    images, weight, gradient = torch.ones(batch_size, 784), torch.ones(128, 784), torch.ones(batch_size, 128)
    for _ in range(-(-num_images // batch_size)):
        images @ weight.t()
        gradient.t() @ images


def calls_without_arithmetic(images: Images, num_steps: int) -> Callable[[], object]:
    """Return a function that takes hand-written steps of one unit on one pixel of one image: calls, and no arithmetic."""
    pixels = images.images[:num_steps, :1, :1].contiguous()
    model = MLP((1,), in_features=1)
    return partial(hand_written_epoch, model, pixels, images.labels[:num_steps], batch_size=1)


@contextmanager
def threads_set_to(threads: int) -> Iterator[None]:
    """Limit PyTorch, and the libraries that NumPy uses, to `threads` threads inside this context."""
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        torch.set_num_threads(before)
