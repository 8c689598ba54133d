"""Writing files so that what has not changed is not touched, and nothing is ever half written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def write_if_changed(path: Path, content: str | bytes) -> bool:
    """Write a file unless it holds just that already; return whether it was written."""
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def copy_tree(source: Path, target: Path) -> set[Path]:
    """Copy a folder's files where they differ; return the files that now stand for it, relative to `target`."""
    kept = set()
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and "__pycache__" not in relative.parts:
            write_if_changed(target / relative, path.read_bytes())
            kept.add(relative)
    return kept


def remove_partial(folder: Path) -> None:
    """Delete what a killed process was writing when it ended; nothing may be writing to the folder now."""
    for path in folder.rglob("*.partial"):
        path.unlink()


def remove_others(folder: Path, kept: Iterable[Path]) -> None:
    """Delete every file of a folder that is not among those kept, and folders left empty."""
    keep = {folder / relative for relative in kept}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path not in keep:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            shutil.rmtree(path)
