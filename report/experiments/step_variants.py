"""
Training steps by batch size, in variants from which an accelerator gains: in TF32, captured, of many networks; and transfers.

The batch is on the device before the clock starts. All variants of one model and batch size are timed in turn, in rounds
(`timing_blocks`), on both devices; then their memory is freed, since a library may take a slower algorithm where little is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import Literal, TypeVar

import msgspec
import torch
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import MLP, resnet18
from report.experiments.attempts import functional_loss, graph_step
from report.experiments.data_loading import ModelName
from report.experiments.hardware import Device, Seconds, numbers_of_threads, observe
from report.experiments.optimizations import BatchedNetworks
from report.experiments.timing_blocks import Block, Call, time_blocks
from report.plan import Dataset, Run

Variant = Literal["plain", "tf32", "graph", "batched"]
"""`plain`: the step of `fit` in float32. `tf32`: with the inputs of products and convolutions rounded to ten bits. `graph`: with
all operations captured before and launched as one. `batched`: for several networks in one step, by `torch.func`."""
OF_ONE_NETWORK: tuple[Variant, ...] = ("plain", "tf32", "graph")
MODELS: tuple[ModelName, ...] = ("mlp128", "resnet18")
Direction = Literal["to", "from"]
"""Of a copy: to the accelerator, or from it."""
DIRECTIONS: tuple[Direction, ...] = ("to", "from")
LARGEST_RESNET_BATCH_ON_CPU = 1024
"""A larger one takes seconds."""
Timed = TypeVar("Timed")


class VariantTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Steps of one variant."""

    variant: Variant
    model: ModelName
    batch_size: int
    """Images in a step, for each network."""
    networks: int = 1
    device: str
    """Its kind."""
    threads: int
    """Threads that PyTorch used on the CPU."""
    seconds: Seconds
    """Of one step of all networks, by round: the time of a block over its number of steps."""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Copies of one size between the host's memory and the accelerator's."""

    direction: Direction
    is_pinned: bool
    """Whether the host's memory is locked in place, so that the accelerator can read and write it by itself."""
    num_bytes: int
    seconds: Seconds
    """Of one copy, by round."""


class VariantResults(msgspec.Struct, frozen=True, kw_only=True):
    """All variants that fit into the device's memory, and all transfers."""

    devices: list[Device]
    variants: list[VariantTimes]
    transfers: list[Transfer]


def measure_variants(run: Run, dataset: Dataset, devices: list[torch.device]) -> VariantResults:
    """Time the variants on the CPU and on the accelerator, and the transfers between them."""
    settings = run.parameters
    torch.manual_seed(run.seed)
    variants: list[VariantTimes] = []
    for model, batch_size in product(MODELS, settings["batch_sizes"]):
        steps = [
            _step(dataset, device, threads, variant, model, batch_size)
            for device, variant in product(devices, OF_ONE_NETWORK)
            if _is_measured(device, variant, model, batch_size)
            for threads in (numbers_of_threads(device) if model == "mlp128" else [torch.get_num_threads()])
        ]
        if (model, batch_size) == ("mlp128", settings["batch_size"]):
            steps += [
                _batched_step(dataset, device, threads, networks, batch_size)
                for device, networks in product(devices, (1, settings["networks"]))
                for threads in numbers_of_threads(device)
            ]
        variants += _timed(steps, settings["rounds"])
    copies = [
        _copy(devices[-1], direction, is_pinned, 28 * 28 * 4 * images)
        for direction, is_pinned, images in product(DIRECTIONS, (False, True), settings["batch_sizes"])
        if devices[-1].type == "cuda" or not is_pinned
    ]
    return VariantResults(
        devices=[observe(devices[0]), observe(devices[-1])],
        variants=variants,
        transfers=_timed(copies, settings["rounds"]),
    )


def _timed(blocks: Sequence[tuple[Callable[..., Timed], Block]], rounds: int) -> list[Timed]:
    """Time blocks in turn, and free the accelerator's memory; return those that fitted into it."""
    seconds = time_blocks([block for _, block in blocks], rounds)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return [about(seconds=times) for (about, _), times in zip(blocks, seconds, strict=True) if times]


def _is_measured(device: torch.device, variant: Variant, model: ModelName, batch_size: int) -> bool:
    if device.type == "cpu":
        return variant == "plain" and (model == "mlp128" or batch_size <= LARGEST_RESNET_BATCH_ON_CPU)
    return variant == "plain" or device.type == "cuda"


def _step(
    dataset: Dataset, device: torch.device, threads: int, variant: Variant, model: ModelName, batch_size: int
) -> tuple[Callable[..., VariantTimes], Block]:
    """Describe a step of one network, and how to take it."""

    def prepare() -> Call:
        network = (MLP() if model == "mlp128" else resnet18()).to(device).train()
        images, labels = first_images(dataset, batch_size, device)
        step = graph_step(list(network.parameters()), lambda x, y: F.cross_entropy(network(x), y))
        take = partial(step, images.unsqueeze(1), labels)  # [batch, 1, 28, 28]: a convolution needs the channel
        return captured(take) if variant == "graph" else take

    about = partial(
        VariantTimes, variant=variant, model=model, batch_size=batch_size, device=device.type, threads=threads
    )
    return about, Block(device=device, prepare=prepare, threads=threads, allow_tf32=variant == "tf32")


def _batched_step(
    dataset: Dataset, device: torch.device, threads: int, networks: int, batch_size: int
) -> tuple[Callable[..., VariantTimes], Block]:
    """Describe a step of several networks, each on images of its own."""

    def prepare() -> Call:
        images, labels = first_images(dataset, networks * batch_size, device)
        stacks = [stack.detach().to(device) for stack in BatchedNetworks(networks).parameters]
        batches = images.flatten(1).unflatten(0, (networks, batch_size)), labels.unflatten(0, (networks, batch_size))
        return partial(step_of_networks, stacks, *batches)

    about = partial(
        VariantTimes, variant="batched", model="mlp128", batch_size=batch_size, networks=networks, device=device.type,
        threads=threads,
    )  # fmt: skip
    return about, Block(device=device, prepare=prepare, threads=threads)


def step_of_networks(stacks: list[Tensor], images: Tensor, labels: Tensor) -> None:
    """Train networks whose parameters are stacked along a first axis, in place, each on its own batch."""
    gradients = torch.func.vmap(torch.func.grad(functional_loss))(tuple(stacks), images, labels)
    for parameters, gradient in zip(stacks, gradients, strict=True):
        parameters.sub_(gradient, alpha=0.01)


def first_images(dataset: Dataset, count: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the first training images and their labels on a device, from the beginning again if there are fewer."""
    first = dataset.train[torch.arange(count) % len(dataset.train)]
    return first.images.to(device), first.labels.to(device)


def captured(step: Call) -> Call:
    """
    Capture a step as a CUDA graph; return what launches it.

    A graph reads and writes memory by address. So what is returned keeps the step, and with it the images and the network.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # on a stream of its own, as capturing demands
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()

    def launch(captured: Call = step) -> None:
        graph.replay()

    return launch


def _copy(
    device: torch.device, direction: Direction, is_pinned: bool, num_bytes: int
) -> tuple[Callable[..., Transfer], Block]:
    """Describe a copy, and how to make it."""

    def prepare() -> Call:
        host = torch.zeros(num_bytes, dtype=torch.uint8, pin_memory=is_pinned)
        accelerator = torch.zeros(num_bytes, dtype=torch.uint8, device=device)
        return partial(accelerator.copy_, host) if direction == "to" else partial(host.copy_, accelerator)

    about = partial(Transfer, direction=direction, is_pinned=is_pinned, num_bytes=num_bytes)
    return about, Block(device=device, prepare=prepare, threads=torch.get_num_threads())
