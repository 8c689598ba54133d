"""What a run ran on: an allow-list, so that no host name, user name or path can slip into a record."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec
import psutil
import torch

from fmnist_ref import describe_device, resolve_device


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The machine and the versions behind a record."""

    processor: str
    """Model name of the CPU."""
    cores: int
    """Processors that this process may use."""
    memory_bytes: int
    """Main memory of the machine."""
    threads: int
    """Threads that PyTorch used within an operation."""
    device: str
    """Name of the device that trained."""
    operating_system: str
    """Family only: Linux, Darwin, Windows."""
    python: str
    torch: str
    torchvision: str
    numpy: str


def observe(device: str = "cpu") -> Environment:
    """Describe the machine as it is now, in this process."""
    return Environment(
        processor=processor_name(),
        cores=usable_cores(),
        memory_bytes=psutil.virtual_memory().total,
        threads=torch.get_num_threads(),
        device=describe_device(resolve_device(device)).name,
        operating_system=platform.system(),
        python=platform.python_version(),
        torch=version("torch"),
        torchvision=version("torchvision"),
        numpy=version("numpy"),
    )


def peak_memory_bytes() -> int | None:
    """Return the most main memory that this process has held so far; None where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    # The high water mark of this program: that of getrusage would begin with the memory of the process that started it.
    for line in status.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def usable_cores() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def processor_name() -> str:
    """Return the processor's model name: from the kernel where it tells, else the architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
