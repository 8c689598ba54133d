"""The device that timings were taken on, and the types that all timings share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import msgspec
import torch

from fmnist_ref import DeviceDescription, describe_device

HUGE_PAGES = "THP_MEM_ALLOC_ENABLE"
"""Environment variable by which PyTorch asks Linux for memory pages of 2 MB for all tensors that are at least as large."""
Seconds = Annotated[list[Annotated[float, msgspec.Meta(ge=0)]], msgspec.Meta(min_length=1)]
"""Every repetition, in order."""
Part = Literal["fetch", "gather", "copy", "forward", "backward", "update", "step", "dispatch"]
"""What is timed of a training step. `step` is the whole of it; `fetch` takes a batch from a loader, `gather` from resident
tensors; `dispatch` is a step with next to no arithmetic."""


@dataclass(frozen=True, kw_only=True)
class Device(DeviceDescription):
    """A device, its software, and the settings that decide how fast it is."""

    threads: int
    """Threads that PyTorch used on the CPU."""
    float32_precision: str
    """PyTorch's setting for float32 matrix products: highest, high or medium."""
    tensor_float32_convolutions: bool | None
    """Whether cuDNN may round a convolution's float32 inputs to ten bits; None where there is no CUDA."""


def observe(device: torch.device) -> Device:
    """Describe a device and the settings in force."""
    described = describe_device(device)
    return Device(
        **asdict(described),
        threads=torch.get_num_threads(),
        float32_precision=torch.get_float32_matmul_precision(),
        tensor_float32_convolutions=torch.backends.cudnn.allow_tf32 if described.kind == "cuda" else None,
    )


def numbers_of_threads(device: torch.device) -> list[int]:
    """List with how many threads work on a device is timed: on the CPU with one and with all, since small work may gain nothing."""
    threads = torch.get_num_threads()
    return sorted({1, threads}) if device.type == "cpu" else [threads]


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Let PyTorch use this many threads inside the context."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
