"""Which device computes: find it, describe it, and wait for it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from fmnist_ref.errors import DeviceError

__all__ = ["DeviceDescription", "describe_device", "resolve_device", "synchronize"]


def resolve_device(device: str | torch.device | None = "auto") -> torch.device:
    """
    Return the device that is asked for, if this machine has it.

    Parameters
    ----------
    device : str, torch.device or None, default "auto"
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"xpu"``, the last three with an index if wanted, as in
        ``"cuda:1"``. ``"auto"`` or None takes the accelerator that PyTorch finds, and the CPU where it finds
        none.

    Returns
    -------
    torch.device
        The device. An accelerator always has its index.

    Raises
    ------
    DeviceError
        If the name is unknown or the machine has no such device. No other device is taken instead.

    See Also
    --------
    describe_device : What the device is.
    torch.accelerator : The part of PyTorch that is asked.

    Examples
    --------
    >>> from fmnist_ref import resolve_device
    >>> resolve_device("cpu")
    device(type='cpu')
    >>> resolve_device("gpu")
    Traceback (most recent call last):
    ...
    fmnist_ref.errors.DeviceError: the device must be one that PyTorch knows; ...
    """
    accelerators = _accelerators()
    cpu = torch.device("cpu")
    present = {"cpu": cpu, "cpu:0": cpu, "auto": cpu} | {str(accelerator): accelerator for accelerator in accelerators}
    if accelerators:
        current = accelerators[torch.accelerator.current_device_index()]
        present |= {current.type: current, "auto": current}
    name = "auto" if device is None else str(device)
    if name in present:
        return present[name]
    try:
        torch.device(name)
    except RuntimeError as error:
        raise DeviceError(
            "the device must be one that PyTorch knows",
            repr(name),
            "Pass auto, cpu, cuda, mps or xpu, the last three with an index if wanted, as in cuda:1.",
        ) from error
    usable = ", ".join(["cpu", *map(str, accelerators)])
    raise DeviceError(
        f"the device must be one that PyTorch can use on this machine: {usable}",
        repr(name),
        "Pass one of these, or auto, or install the build of PyTorch that is made for the device.",
    )


def _accelerators() -> list[torch.device]:
    """List every accelerator of the one kind that this build of PyTorch can use."""
    kind = torch.accelerator.current_accelerator(check_available=True)
    if kind is None:
        return []
    return [torch.device(kind.type, index) for index in range(torch.accelerator.device_count())]


def synchronize(device: torch.device) -> None:
    """
    Wait until the device has done all that it was given.

    Parameters
    ----------
    device : torch.device
        As returned by :func:`resolve_device`. The CPU is never behind, so that nothing happens for it.

    See Also
    --------
    torch.accelerator.synchronize : Does the waiting.

    Notes
    -----
    An accelerator works through a queue: a call such as a matrix product returns when it is
    queued, not when it is done. A clock that is read without waiting measures the queueing [1]_.

    References
    ----------
    .. [1] PyTorch, "Asynchronous execution", *CUDA semantics*,
       https://docs.pytorch.org/docs/stable/notes/cuda.html#asynchronous-execution.

    Examples
    --------
    >>> from fmnist_ref import resolve_device, synchronize
    >>> synchronize(resolve_device("cpu"))
    """
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


@dataclass(frozen=True)
class DeviceDescription:
    """
    What a device is, without saying whose.

    Attributes
    ----------
    name : str
        The maker's name for the processor or accelerator.
    kind : str
        PyTorch's name for its kind: ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"xpu"``.
    total_memory_bytes : int or None
        Its memory, in bytes; None where the system does not tell.
    torch_version : str
        Version of PyTorch.
    backend_version : str or None
        Version of what PyTorch reaches the device through: CUDA, ROCm, oneAPI or macOS. None for the CPU.

    See Also
    --------
    describe_device : Makes it.

    Examples
    --------
    >>> DeviceDescription(
    ...     "Accelerator X", "cuda", 16 * 2**30, "2.9.0", "13.0"
    ... ).kind
    'cuda'
    """

    name: str
    kind: str
    total_memory_bytes: int | None
    torch_version: str
    backend_version: str | None


def describe_device(device: str | torch.device | None = "auto") -> DeviceDescription:
    """
    Return a device's name, kind, memory and software, and nothing that tells whose it is.

    Parameters
    ----------
    device : str, torch.device or None, default "auto"
        As for :func:`resolve_device`.

    Returns
    -------
    DeviceDescription
        The description. It has no host name, user name, serial number or path.

    Raises
    ------
    DeviceError
        If the device is unknown or absent.

    See Also
    --------
    resolve_device : Which device a name stands for.

    Examples
    --------
    >>> from fmnist_ref import describe_device
    >>> describe_device("cpu").kind
    'cpu'
    """
    resolved = resolve_device(device)
    if resolved.type == "cpu":
        name, memory, version = _processor_name(), _system_memory_bytes(), None
    else:
        name, memory, version = _accelerator_facts(resolved)
    return DeviceDescription(name, resolved.type, memory, str(torch.__version__), version)


def _accelerator_facts(device: torch.device) -> tuple[str, int | None, str | None]:
    """Return an accelerator's name, memory in bytes, and version of its software."""
    if device.type == "mps":
        return f"Apple {platform.machine()}", torch.mps.recommended_max_memory(), platform.mac_ver()[0]
    properties = torch.get_device_module(device).get_device_properties(device)
    versions = {"cuda": torch.version.cuda or torch.version.hip, "xpu": torch.version.xpu}
    return properties.name, properties.total_memory, versions.get(device.type)


def _processor_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's name from where Linux keeps it, or else what Python says."""
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or platform.machine()


def _system_memory_bytes() -> int | None:
    """Return the memory of the machine, where the system follows POSIX."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):
        return None
