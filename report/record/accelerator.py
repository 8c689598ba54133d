"""
Timing records: timings of an accelerator on one machine, for a report on another.

A timing record is one JSON file with the records of those arms of `devices` that need an accelerator. It is written on the
machine that has one (`python -m report timing --device cuda`). A report on any other machine reads it (`--timings FILE`),
and shows the names and versions of the device with the timings. Each record has its own schema number and checksum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from fmnist_ref import ConfigurationError
from report.experiments import plan
from report.experiments.devices import RESULTS
from report.experiments.hardware import Device
from report.plan import Profile, ProfileName, Run
from report.record.files import write_if_changed
from report.record.store import MAX_BYTES, Record, decode, encode

FORMAT: Final = "fmnist-ref timings"
PUBLISHED: Final = Path(__file__).parents[1] / "published" / "timings" / "nvidia-h100.json"
"""What a report reads that is given no other: without it, most readers could not see what a GPU gains."""
RUN_ID = re.compile(r"devices\.accelerator_[a-z]+\.seed\d{1,9}\.[0-9a-f]{10}")
"""Run ids become names of published files, and so must hold nothing else."""
MAX_NAME = 120
REMEDY = "Make one with `python -m report timing --device cuda` on the machine that has the accelerator."


class Bundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as a whole."""

    format: Literal["fmnist-ref timings"]
    records: list[msgspec.Raw]


def runs(device: str, profile: ProfileName = "full") -> list[Run]:
    """
    List the runs of a timing record.

    Parameters
    ----------
    device : str
        The accelerator to measure.
    profile : {"quick", "full"}
        Sets the number of repetitions.

    Returns
    -------
    list of Run
        The arms of `devices` that need an accelerator.

    Raises
    ------
    ConfigurationError
        If the device is the CPU, which every report measures anyway.
    """
    planned = plan(Profile(name=profile, seeds=1, device=device), ["devices"])
    found = [run for run in planned if run.parameters["accelerator"]]
    if not found:
        raise ConfigurationError(
            "a timing record must be of an accelerator", repr(device), "Pass cuda, mps or xpu; reports time the CPU."
        )
    return found


def write(records: Iterable[Record], path: Path) -> None:
    """Write a timing record whole or not at all."""
    bundled = [msgspec.Raw(msgspec.json.format(encode(record), indent=-1)) for record in records]  # all in one line
    write_if_changed(path, msgspec.json.encode(Bundle(format=FORMAT, records=bundled), order="sorted") + b"\n")


def read(path: Path) -> list[Record]:
    """
    Read a timing record from an untrusted file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    list of Record
        One for each arm, in the order of the file.

    Raises
    ------
    ConfigurationError
        If the file is missing, too large, damaged, or anything else than the records of one accelerator.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise msgspec.ValidationError(f"a file larger than {MAX_BYTES} bytes")
        bundle = msgspec.json.decode(path.read_bytes(), type=Bundle)
        records = [decode(bytes(raw)) for raw in bundle.records]
        _check(records)
    except OSError as problem:
        raise _refused(path, problem.strerror or type(problem).__name__) from problem
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise _refused(path, " ".join(str(problem).split())[:200]) from problem
    return records


def _check(records: Sequence[Record]) -> None:
    """Raise `msgspec.ValidationError` unless these are records that answers can read and pages can show."""
    if not records:
        raise msgspec.ValidationError("no record in it")
    if len({record.arm for record in records}) < len(records):
        raise msgspec.ValidationError("two records of the same arm")
    names: set[str] = set()
    for record in records:
        timed, accelerator = str(record.parameters.get("timed")), record.parameters.get("accelerator")
        known = accelerator is True and timed in RESULTS
        if (record.experiment, record.arm) != ("devices", f"accelerator_{timed}") or not known:
            raise msgspec.ValidationError("a record of something else than an accelerator's timing")
        if not RUN_ID.fullmatch(record.run) or not record.run.startswith(f"devices.{record.arm}.seed{record.seed}."):
            raise msgspec.ValidationError("a record whose id does not fit its content")
        devices = msgspec.convert(record.results, RESULTS[timed]).devices
        if len(devices) != 2 or devices[0].kind != "cpu" or devices[1].kind == "cpu":
            raise msgspec.ValidationError("a record that is not of a CPU and an accelerator")
        _check_texts(devices)
        names.add(devices[1].name)
    if len(names) > 1:
        raise msgspec.ValidationError("records of more than one accelerator")


def _check_texts(devices: Sequence[Device]) -> None:
    """Raise `msgspec.ValidationError` for text that can't be the name of a device, a version or a setting."""
    for device in devices:
        for text in msgspec.to_builtins(device).values():
            if isinstance(text, str) and not (0 < len(text) <= MAX_NAME and text.isprintable()):
                raise msgspec.ValidationError("a device whose description is not a short line of text")


def _refused(path: Path, found: str) -> ConfigurationError:
    return ConfigurationError(f"{path.name} must be a timing record that this version wrote", found, REMEDY)
