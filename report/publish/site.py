"""Publish: the Sphinx build, and the lines of provenance that the home page shows."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from fmnist_ref import __version__
from report.publish.archive import write_archive
from report.record.environment import observe

ROOT = Path(__file__).parents[2]
JOBS = 12
"""Sphinx deals its pages out by the alphabet, and those with cells are neighbours: with few jobs one would get them all."""


class BuildError(Exception):
    """Sphinx found something wrong with the pages."""


def about(device: str, data_source: str, data_sha256: str) -> dict[str, Any]:
    """Collect what the home page says of the whole: version, commit, date, machine and data."""
    environment = msgspec.to_builtins(observe(device))
    return {
        "version": __version__,
        "commit": _commit(),
        "made_on": _today().date().isoformat(),
        "data_source": data_source,
        "data_sha256": data_sha256,
        "environment": {key: str(value) for key, value in environment.items()},
    }


def build(source: Path, output: Path) -> Path:
    """
    Build the HTML site, strictly, and pack it for reading offline.

    Parameters
    ----------
    source : Path
        Sphinx source folder.
    output : Path
        The report's output folder: the site goes into its ``site/``, caches into ``.sphinx/``.

    Returns
    -------
    Path
        The site's ``index.html``.

    Raises
    ------
    BuildError
        If Sphinx gives a warning or an error.
    """
    cache = output / ".sphinx"
    static = output / "site" / "_static"
    if static.is_file():
        static.unlink()  # the theme leaves its logo under this name when a first build breaks off
    command = [
        *(sys.executable, "-m", "sphinx", "-b", "html", "-n", "-W", "--keep-going", "-q", "-j", str(JOBS)),
        *("-d", str(cache / "doctrees"), str(source), str(output / "site")),
    ]
    environment = os.environ | {
        "FMNIST_REF_NOTEBOOK_CACHE": str(cache / "notebooks"),
        "OMP_NUM_THREADS": "1",  # small cells, several pages at a time
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        problem = [line for line in done.stderr.splitlines() if not line.startswith("[IPKernelApp]")]
        raise BuildError("\n".join(problem).strip() or done.stdout.strip())
    write_archive(output / "site")
    return output / "site" / "index.html"


def _today() -> datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def _commit() -> str | None:
    """Return the checkout's commit, marked if it has changes; None outside a checkout."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607
            cwd=ROOT,
            env=os.environ | {"GIT_CEILING_DIRECTORIES": str(ROOT.parent)},  # a repository around this one is another's
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()
