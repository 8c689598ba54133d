"""The package and its source as files of the site."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "packages"
"""Folder of the site with the files."""


def build_packages(published: Path) -> None:
    """
    Build the wheel and the source archive into a folder of the site, and copy `CITATION.cff` there.

    The project's build backend runs in this Python, which needs no network. Equal checkouts give equal files.

    Parameters
    ----------
    published : Path
        Folder that is copied to the root of the site.
    """
    folder = published / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder.resolve())]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own interpreter
    shutil.copyfile(ROOT / "CITATION.cff", folder / "CITATION.cff")
