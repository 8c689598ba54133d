"""Lock an output folder, which takes one report at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from fmnist_ref import ConfigurationError


@contextmanager
def only_one(output: Path) -> Iterator[None]:
    """
    Lock an output folder inside this context.

    Parameters
    ----------
    output : Path
        Made if it doesn't exist.

    Raises
    ------
    ConfigurationError
        If the folder can't be written, or another report has locked it.
    """
    holder = output / ".holder"
    try:
        output.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(output / ".lock", timeout=0)
        lock.acquire()
    except filelock.Timeout:
        who = "another process"
        with suppress(OSError):  # it may end just now
            who = holder.read_text(encoding="utf-8").strip()
        raise ConfigurationError(
            "an output folder takes one report at a time",
            f"{output} held by {who}",
            "Wait for it, or choose another --output.",
        ) from None
    except OSError as problem:
        raise ConfigurationError(
            "the output folder must be writable", f"{output}: {problem.strerror}", "Choose another --output."
        ) from problem
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
