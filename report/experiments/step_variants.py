"""
Training steps by batch size and as an accelerator gains from them: rounded, captured, many networks at once; and transfers.

The batch is on the device before the clock starts. Steps are queued one after the other, as in a training loop: a block of them
is timed, and the device is waited for at its end. All variants have one block in every round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import product
from time import perf_counter
from typing import Literal

import msgspec
import torch
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import MLP, resnet18, synchronize
from report.experiments.attempts import functional_loss, graph_step
from report.experiments.hardware import Device, Seconds, observe
from report.experiments.optimizations import BatchedNetworks
from report.plan import Dataset, Run

Variant = Literal["plain", "tf32", "graph", "batched"]
"""`plain`: the step of `fit` in float32. `tf32`: with the inputs of products and convolutions rounded to ten bits. `graph`: with
all operations captured before and launched as one. `batched`: for several networks in one step, by `torch.func`."""
OF_ONE_NETWORK: tuple[Variant, ...] = ("plain", "tf32", "graph")
Model = Literal["mlp128", "resnet18"]
MODELS: tuple[Model, ...] = ("mlp128", "resnet18")
Direction = Literal["to", "from"]
"""Of a copy: to the accelerator, or from it."""
DIRECTIONS: tuple[Direction, ...] = ("to", "from")
BLOCK_SECONDS = 0.03
"""About as long as a block takes: steps are repeated to fill it."""
MOST_STEPS = 300
"""In a block."""
LARGEST_RESNET_BATCH_ON_CPU = 1024
"""A larger one takes seconds."""
Call = Callable[[], object]


class VariantTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Steps of one variant."""

    variant: Variant
    model: Model
    batch_size: int
    """Images in a step, for each network."""
    networks: int = 1
    device: str
    """Its kind."""
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


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """What is timed: calls on a device, made ready by `prepare`."""

    device: torch.device
    prepare: Callable[[], Call]
    rounds_inputs: bool = False
    """Whether TF32 is allowed."""


def measure_variants(run: Run, dataset: Dataset, devices: list[torch.device]) -> VariantResults:
    """Time the variants on the CPU and on the accelerator, and the transfers between them."""
    settings = run.parameters
    torch.manual_seed(run.seed)
    steps = [
        _step(dataset, device, variant, model, batch_size)
        for device, variant, model, batch_size in product(devices, OF_ONE_NETWORK, MODELS, settings["batch_sizes"])
        if _is_measured(device, variant, model, batch_size)
    ]
    steps += [
        _batched_step(dataset, device, networks, settings["batch_size"])
        for device, networks in product(devices, (1, settings["networks"]))
    ]
    copies = [
        _copy(devices[-1], direction, is_pinned, 28 * 28 * 4 * images)
        for direction, is_pinned, images in product(DIRECTIONS, (False, True), settings["batch_sizes"])
        if devices[-1].type == "cuda" or not is_pinned
    ]
    timed = time_in_turn([block for _, block in [*steps, *copies]], settings["rounds"])
    made = [make(seconds=seconds) for (make, _), seconds in zip([*steps, *copies], timed, strict=True) if seconds]
    return VariantResults(
        devices=[observe(devices[0]), observe(devices[-1])],
        variants=[times for times in made if isinstance(times, VariantTimes)],
        transfers=[times for times in made if isinstance(times, Transfer)],
    )


def _is_measured(device: torch.device, variant: Variant, model: Model, batch_size: int) -> bool:
    if device.type == "cpu":
        return variant == "plain" and (model == "mlp128" or batch_size <= LARGEST_RESNET_BATCH_ON_CPU)
    return variant == "plain" or device.type == "cuda"


def _step(
    dataset: Dataset, device: torch.device, variant: Variant, model: Model, batch_size: int
) -> tuple[Callable[..., VariantTimes], Block]:
    """Describe a step of one network, and how to take it."""

    def prepare() -> Call:
        network = (MLP() if model == "mlp128" else resnet18()).to(device).train()
        images, labels = first_images(dataset, batch_size, device)
        step = graph_step(list(network.parameters()), lambda x, y: F.cross_entropy(network(x), y))
        take = partial(step, images.unsqueeze(1), labels)  # [batch, 1, 28, 28]: a convolution needs the channel
        return captured(take) if variant == "graph" else take

    about = partial(VariantTimes, variant=variant, model=model, batch_size=batch_size, device=device.type)
    return about, Block(device=device, prepare=prepare, rounds_inputs=variant == "tf32")


def _batched_step(
    dataset: Dataset, device: torch.device, networks: int, batch_size: int
) -> tuple[Callable[..., VariantTimes], Block]:
    """Describe a step of several networks, each on images of its own."""

    def prepare() -> Call:
        images, labels = first_images(dataset, networks * batch_size, device)
        stacks = [stack.detach().to(device) for stack in BatchedNetworks(networks).parameters]
        batches = images.flatten(1).unflatten(0, (networks, batch_size)), labels.unflatten(0, (networks, batch_size))
        return partial(step_of_networks, stacks, *batches)

    about = partial(
        VariantTimes, variant="batched", model="mlp128", batch_size=batch_size, networks=networks, device=device.type
    )
    return about, Block(device=device, prepare=prepare)


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
    """Capture a step as a CUDA graph; return what launches it."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # on a stream of its own, as capturing demands
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    replay: Call = graph.replay
    return replay


def _copy(
    device: torch.device, direction: Direction, is_pinned: bool, num_bytes: int
) -> tuple[Callable[..., Transfer], Block]:
    """Describe a copy, and how to make it."""

    def prepare() -> Call:
        host = torch.zeros(num_bytes, dtype=torch.uint8, pin_memory=is_pinned)
        accelerator = torch.zeros(num_bytes, dtype=torch.uint8, device=device)
        return partial(accelerator.copy_, host) if direction == "to" else partial(host.copy_, accelerator)

    return partial(Transfer, direction=direction, is_pinned=is_pinned, num_bytes=num_bytes), Block(
        device=device, prepare=prepare
    )


def time_in_turn(blocks: list[Block], rounds: int) -> list[list[float]]:
    """Return the seconds of a call of each block, by round; none for a block that does not fit into the device's memory."""
    seconds: list[list[float]] = [[] for _ in blocks]
    prepared: dict[int, tuple[Call, int]] = {}
    for number, block in enumerate(blocks):
        with suppress(torch.OutOfMemoryError), tensor_float32(block.rounds_inputs):
            call = block.prepare()
            _time(call, 1, block.device)  # loads kernels and fills caches
            calls = BLOCK_SECONDS / max(_time(call, 1, block.device), 1e-9)
            prepared[number] = call, max(1, min(MOST_STEPS, round(calls)))
    for _ in range(rounds):
        for number, (call, calls) in prepared.items():
            with tensor_float32(blocks[number].rounds_inputs):
                seconds[number].append(_time(call, calls, blocks[number].device))
    return seconds


def _time(call: Call, calls: int, device: torch.device) -> float:
    """Return the seconds of a call."""
    synchronize(device)
    start = perf_counter()
    for _ in range(calls):
        call()
    synchronize(device)
    return (perf_counter() - start) / calls


@contextmanager
def tensor_float32(is_allowed: bool) -> Iterator[None]:
    """Let CUDA round the inputs of float32 products and convolutions, or not; as it was before at the end."""
    precision, convolutions = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if is_allowed else "highest")
    torch.backends.cudnn.allow_tf32 = is_allowed
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.backends.cudnn.allow_tf32 = convolutions
