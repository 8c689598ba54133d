"""Short calls, timed in blocks that last long enough for a clock, in rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import perf_counter

import msgspec
import torch

from fmnist_ref import synchronize
from report.experiments.hardware import torch_threads

BLOCK_SECONDS = 0.03
"""About as long as a block takes: its call is repeated to fill it."""
MOST_CALLS = 300
"""In a block."""
WARM_UP_SHARE = 4
"""Before each block a quarter of its calls go untimed."""
Call = Callable[[], object]


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """What is timed: calls on a device."""

    device: torch.device
    prepare: Callable[[], Call]
    """Allocates what the call needs, and returns it."""
    threads: int
    """Threads of PyTorch on the CPU."""
    allow_tf32: bool = False
    """Whether CUDA may round the inputs of float32 products and convolutions to ten bits."""

    @contextmanager
    def settings(self) -> Iterator[None]:
        """Compute as the block demands inside the context."""
        with torch_threads(self.threads), tf32(allowed=self.allow_tf32):
            yield


def time_blocks(blocks: list[Block], rounds: int) -> list[list[float]]:
    """
    Time blocks in turn, in rounds.

    Calls are queued one after the other, as in a training loop, and the device is waited for at the end of a block.

    Returns
    -------
    list of list of float
        For each block the seconds of a call, by round; an empty list for one that does not fit into the device's memory.
    """
    seconds: list[list[float]] = [[] for _ in blocks]
    prepared: dict[int, tuple[Call, int]] = {}
    for number, block in enumerate(blocks):
        with suppress(torch.OutOfMemoryError), block.settings():
            call = block.prepare()
            _time(call, 1, block.device)  # loads kernels and fills caches
            calls = BLOCK_SECONDS / max(_time(call, 1, block.device), 1e-9)
            prepared[number] = call, max(1, min(MOST_CALLS, round(calls)))
    for _ in range(rounds):
        for number, (call, calls) in prepared.items():
            with suppress(torch.OutOfMemoryError), blocks[number].settings():
                _time(call, -(-calls // WARM_UP_SHARE), blocks[number].device)  # an idle accelerator lowers its clock
                seconds[number].append(_time(call, calls, blocks[number].device))
    return [times if len(times) == rounds else [] for times in seconds]


def _time(call: Call, calls: int, device: torch.device) -> float:
    """Return the seconds of a call."""
    synchronize(device)
    start = perf_counter()
    for _ in range(calls):
        call()
    synchronize(device)
    return (perf_counter() - start) / calls


@contextmanager
def tf32(*, allowed: bool) -> Iterator[None]:
    """Let CUDA compute float32 products and convolutions in TF32, or not; restore both settings at the end."""
    precision, convolutions = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    torch.backends.cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.backends.cudnn.allow_tf32 = convolutions
