"""What a timing was taken on, as the records of timings tell it."""

from __future__ import annotations

from typing import Annotated

import msgspec
import torch

from fmnist_ref import describe_device

HUGE_PAGES = "THP_MEM_ALLOC_ENABLE"
"""Environment variable by which PyTorch asks Linux for memory pages of 2 MB for all tensors that are at least as large."""
Seconds = Annotated[list[Annotated[float, msgspec.Meta(ge=0)]], msgspec.Meta(min_length=1)]
"""Every repetition, in order."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device, its software, and the settings that decide how fast it is."""

    kind: str
    """PyTorch's name: cpu, cuda, mps, xpu."""
    name: str
    memory_bytes: int | None
    """Of the device; of the machine for the CPU."""
    torch_version: str
    backend_version: str | None
    """Of CUDA, ROCm, oneAPI or macOS; None for the CPU."""
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
        kind=described.kind,
        name=described.name,
        memory_bytes=described.total_memory_bytes,
        torch_version=described.torch_version,
        backend_version=described.backend_version,
        threads=torch.get_num_threads(),
        float32_precision=torch.get_float32_matmul_precision(),
        tensor_float32_convolutions=torch.backends.cudnn.allow_tf32 if described.kind == "cuda" else None,
    )
