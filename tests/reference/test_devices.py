"""Devices, with stand-ins for the accelerators that a test machine lacks."""

import platform
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from fmnist_ref import DeviceError, describe_device, devices, resolve_device, synchronize

Install = Callable[[str, int, int], list[torch.device]]


@pytest.fixture
def accelerator(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that makes PyTorch report accelerators; it returns the list of devices awaited."""

    def install(kind: str, count: int, current: int = 0) -> list[torch.device]:
        awaited: list[torch.device] = []
        monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: torch.device(kind))
        monkeypatch.setattr(torch.accelerator, "device_count", lambda: count)
        monkeypatch.setattr(torch.accelerator, "current_device_index", lambda: current)
        monkeypatch.setattr(torch.accelerator, "synchronize", awaited.append)
        return awaited

    return install


@pytest.fixture
def no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)


@pytest.mark.usefixtures("no_accelerator")
@pytest.mark.parametrize("name", ["auto", None, "cpu", "cpu:0", torch.device("cpu")])
def test_without_accelerator_every_good_name_is_the_cpu(name: str | torch.device | None) -> None:
    assert resolve_device(name) == torch.device("cpu")


@pytest.mark.usefixtures("no_accelerator")
@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "xpu", "cpu:1", "meta", torch.device("cuda", 0)])
def test_absent_device_is_an_error_that_lists_what_is_there(name: str | torch.device) -> None:
    with pytest.raises(DeviceError) as caught:
        resolve_device(name)
    assert str(caught.value) == (
        f"the device must be one that PyTorch can use on this machine: cpu; found '{name}'. "
        "Pass one of these, or auto, or install the build of PyTorch that is made for the device."
    )


@pytest.mark.parametrize("name", ["gpu", "", "cuda:x", "cuda:-1", "CPU", "cpu\n"])
def test_unknown_device_is_an_error_that_lists_what_is_known(name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        resolve_device(name)
    assert str(caught.value) == (
        f"the device must be one that PyTorch knows; found {name!r}. "
        "Pass auto, cpu, cuda, mps or xpu, the last three with an index if wanted, as in cuda:1."
    )


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_auto_takes_the_current_accelerator(kind: str, accelerator: Install) -> None:
    accelerator(kind, 2, 1)
    expected = torch.device(kind, 1)
    assert [resolve_device(name) for name in ("auto", None, kind, f"{kind}:1", expected)] == [expected] * 5
    assert resolve_device(f"{kind}:0") == torch.device(kind, 0)
    assert resolve_device("cpu") == torch.device("cpu")


def test_index_beyond_the_last_lists_all(accelerator: Install) -> None:
    accelerator("cuda", 2, 0)
    with pytest.raises(DeviceError, match=r"on this machine: cpu, cuda:0, cuda:1; found 'cuda:2'\."):
        resolve_device("cuda:2")
    with pytest.raises(DeviceError, match=r"on this machine: cpu, cuda:0, cuda:1; found 'mps'\."):
        resolve_device("mps")


def test_only_accelerators_are_awaited(accelerator: Install) -> None:
    awaited = accelerator("cuda", 1, 0)
    synchronize(torch.device("cpu"))
    assert awaited == []
    synchronize(torch.device("cuda", 0))
    assert awaited == [torch.device("cuda", 0)]


def test_cpu_is_described() -> None:
    description = describe_device("cpu")
    assert description.kind == "cpu"
    assert description.name
    assert platform.node() not in description.name
    assert description.total_memory_bytes is None or description.total_memory_bytes > 2**28
    assert description.torch_version == torch.__version__
    assert type(description.torch_version) is str
    assert description.backend_version is None


@pytest.mark.parametrize(
    ("kind", "versions", "expected"),
    [
        ("cuda", {"cuda": "13.0", "hip": None}, "13.0"),
        ("cuda", {"cuda": None, "hip": "7.1"}, "7.1"),
        ("xpu", {"xpu": "20250302"}, "20250302"),
    ],
)
def test_accelerator_is_described(
    kind: str, versions: dict[str, str | None], expected: str, accelerator: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    accelerator(kind, 2, 0)
    asked = []

    def get_device_properties(device: torch.device) -> SimpleNamespace:
        asked.append(device)
        return SimpleNamespace(name="Accelerator X", total_memory=16 * 2**30)

    module = SimpleNamespace(get_device_properties=get_device_properties)
    monkeypatch.setattr(torch, "get_device_module", lambda device: module)
    for name, version in versions.items():
        monkeypatch.setattr(torch.version, name, version)
    description = describe_device(f"{kind}:1")
    assert asked == [torch.device(kind, 1)]
    assert (description.name, description.kind) == ("Accelerator X", kind)
    assert description.total_memory_bytes == 16 * 2**30
    assert description.backend_version == expected


def test_apple_gpu_is_described(accelerator: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    accelerator("mps", 1, 0)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 12 * 2**30)
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(platform, "mac_ver", lambda: ("15.5", ("", "", ""), ""))
    description = describe_device()
    assert (description.name, description.kind) == ("Apple arm64", "mps")
    assert description.total_memory_bytes == 12 * 2**30
    assert description.backend_version == "15.5"


def test_processor_name_comes_from_linux_or_else_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Processor  Y 3.0 GHz\nmodel name\t: Z\n")
    assert devices._processor_name(cpuinfo) == "Processor Y 3.0 GHz"
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    cpuinfo.write_text("processor\t: 0\nFeatures\t: fp\n")
    assert devices._processor_name(cpuinfo) == "aarch64"
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert devices._processor_name(tmp_path / "absent") == "arm"


@pytest.mark.parametrize("error", [AttributeError, ValueError])
def test_memory_is_none_where_the_system_does_not_tell(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def sysconf(_: str) -> int:
        raise error

    monkeypatch.setattr(devices.os, "sysconf", sysconf)
    assert describe_device("cpu").total_memory_bytes is None
