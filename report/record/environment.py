"""The machine and versions of a run: an allow-list, so that no host name, user name or path gets into a record."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

import msgspec
import psutil
import torch

from fmnist_ref import describe_device


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
        processor=describe_device("cpu").name,
        cores=usable_cores(),
        memory_bytes=psutil.virtual_memory().total,
        threads=torch.get_num_threads(),
        device=describe_device(device).name,
        operating_system=platform.system(),
        python=platform.python_version(),
        torch=version("torch"),
        torchvision=version("torchvision"),
        numpy=version("numpy"),
    )


def peak_memory_bytes() -> int | None:
    """Return the peak main memory of this process so far; None where the system keeps no statistic."""
    status = Path("/proc/self/status")
    text = status.read_text(encoding="utf-8", errors="replace") if status.exists() else ""
    # The peak of this program: that of getrusage includes the memory of the process that started it.
    peak = re.search(r"^VmHWM:\s*(\d+)", text, re.MULTILINE)
    return int(peak[1]) * 1024 if peak else None


def usable_cores() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
