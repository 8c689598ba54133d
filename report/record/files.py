"""Write files only if they change, and whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


def write_if_changed(path: Path, content: str | bytes) -> bool:
    """Write a file unless it has this content already; return whether it was written."""
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    write_whole(path, data)
    return True


def write_whole(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write a file whole or not at all: under a temporary name, flushed to disk if it is to be durable, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@dataclass(frozen=True)
class FolderWriter:
    """Writes files of a folder, and collects what belongs there: `remove_others` takes the rest away."""

    folder: Path
    kept: set[Path] = field(default_factory=set)
    """Relative to the folder."""

    def write(self, relative: str, content: str | bytes) -> bool:
        """Write a file as `write_if_changed` does."""
        self.kept.add(Path(relative))
        return write_if_changed(self.folder / relative, content)


def copy_tree(source: Path, target: Path) -> set[Path]:
    """Copy the files of a folder that differ from those in `target`; return the paths of all, relative to the folder."""
    kept = set()
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and "__pycache__" not in relative.parts:
            write_if_changed(target / relative, path.read_bytes())
            kept.add(relative)
    return kept


def remove_partial(folder: Path) -> None:
    """Delete the temporary files of a killed process. No other process may write to the folder at the same time."""
    for path in folder.rglob("*.partial"):
        path.unlink()


def remove_others(folder: Path, kept: Iterable[Path]) -> None:
    """Delete every file in a folder that is not in `kept`, and then every empty folder."""
    keep = {folder / relative for relative in kept}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path not in keep:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            shutil.rmtree(path)
