"""The Sphinx build, and what the home page says about the whole report."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from fmnist_ref import __version__
from report.publish.archive import write_archive
from report.publish.kernels import forked_kernels
from report.publish.packages import build_packages
from report.record.environment import observe
from report.record.files import copy_tree, remove_others

ROOT = Path(__file__).resolve().parents[2]
JOBS = 12
"""Sphinx deals pages out in alphabetical order, in which those with live cells are neighbours: few jobs share them badly.
An incremental build runs no cells, and takes longer to start jobs than it gains by them."""
PORT_TAKEN = "Kernel died before replying to kernel_info"
"""What Jupyter says where two kernels that start at the same moment were given the same port."""
ADVICE = re.compile(
    r"Versions\n=+\n.*?(?=Traceback\n=+)"  # the file that Sphinx names has them too
    # a kernel that is stopped while it ends
    r"|^Exception ignored in [^\n]*IPKernelApp[^\n]*\n(?:Traceback[^\n]*\n(?:[ \t][^\n]*\n)*[^\n]*)?"
    r"|^\[IPKernelApp\].*?$|^To report this error to the developers.*?$|^Please also report this.*?$",
    re.DOTALL | re.MULTILINE,
)
"""What Sphinx says besides what is wrong: its developers have nothing to do with these pages."""


RunSphinx = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]
"""Runs Sphinx once, with these arguments of its command."""


class BuildError(Exception):
    """Sphinx found something wrong with the pages."""


def about(device: str, data_source: str, data_sha256: str) -> dict[str, Any]:
    """Collect what the home page says about the whole report: version, commit, date, machine and data."""
    environment = msgspec.to_builtins(observe(device))
    return {
        "version": __version__,
        "commit": _commit(),
        "address": os.environ.get("FMNIST_REF_SITE_URL", ""),
        "made_on": _today().date().isoformat(),
        "data_source": data_source,
        "data_sha256": data_sha256,
        "environment": {key: str(value) for key, value in environment.items()},
    }


@contextmanager
def sphinx_process(output: Path) -> Iterator[RunSphinx]:
    """Start the process that runs Sphinx, since its imports take seconds; yield the function that tells it, once, what to build."""
    with (
        forked_kernels(_environment(output / ".sphinx")) as environment,
        subprocess.Popen(
            [sys.executable, "-m", "report.publish.sphinx_build"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):

        def run_sphinx(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
            words = (os.fsencode(argument).hex() for argument in arguments)
            said = process.communicate(" ".join(words))
            return subprocess.CompletedProcess(arguments, process.returncode, *said)

        try:
            yield run_sphinx
        finally:
            process.kill()  # if it has not run, or not to its end


def build(source: Path, output: Path, *, incremental: bool = False, run_sphinx: RunSphinx | None = None) -> Path:
    """
    Build the HTML site, with warnings as errors, and pack it for reading offline.

    Unless the build is incremental, the packages are made and Sphinx reads and writes everything anew, so that no page of an
    earlier build can be left over. The results of live cells are kept between builds. The site that stands is replaced when the
    new one is complete.

    Parameters
    ----------
    source : Path
        Sphinx source folder.
    output : Path
        The report's output folder. The site goes into ``site/``, caches into ``.sphinx/``.
    incremental : bool
        Whether pages are left as the build before made them where Sphinx sees no change: for a site that will be made again.
    run_sphinx : callable, optional
        From a `sphinx_process` that was started earlier; by default one is started now.

    Returns
    -------
    Path
        The site's ``index.html``.

    Raises
    ------
    BuildError
        If Sphinx gives a warning or an error.
    """
    cache, site = output / ".sphinx", output / "site"
    made = cache / "html"
    if not incremental:
        build_packages(source / "published")
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(cache / "doctrees", ignore_errors=True)
    jobs = 1 if incremental else JOBS
    arguments = ["-b", "html", "-n", "-W", "--keep-going", "-q", "-j", str(jobs), "-d", str(cache / "doctrees")]
    arguments += [str(source), str(made)]
    in_new_process = partial(_run_in_new_process, output)
    done = (run_sphinx or in_new_process)(arguments)
    if PORT_TAKEN in done.stderr:  # what other kernels have done is cached
        done = in_new_process(arguments)
    if done.returncode != 0:
        problem = ADVICE.sub("", done.stderr).strip() or done.stdout.strip()
        raise BuildError(
            f"\n{problem}\n\nThe records are kept, so the same command comes back to this point at once. If it fails again, "
            f"delete {cache} and {source}, which it makes anew. If that doesn't help, send these lines to the "
            "maintainers of fmnist-ref."
        )
    write_archive(made)
    remove_others(site, copy_tree(made, site))
    return site / "index.html"


def _run_in_new_process(output: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    with sphinx_process(output) as run_sphinx:
        return run_sphinx(arguments)


def _environment(cache: Path) -> dict[str, str]:
    """Return the environment of Sphinx and of the live cells, as little dependent on the user's as possible."""
    own = {
        "FMNIST_REF_NOTEBOOK_CACHE": str(cache / "notebooks"),
        "OMP_NUM_THREADS": "1",  # cells are small, and several pages run at a time
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        # UTF-8 in every locale, and none that may not be installed
        "PYTHONUTF8": "1",
        "PYTHONIOENCODING": "utf-8",
        "LC_ALL": "C",
        "LANGUAGE": "en",
        # not the user's, whose home may be missing or read-only, and whose settings may change what cells print
        "IPYTHONDIR": str(cache / "ipython"),
        **{f"JUPYTER_{name}_DIR": str(cache / "jupyter" / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")},
    }
    return os.environ | own


def _today() -> datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def _commit() -> str | None:
    """Return the checkout's commit, marked if it has changes; None outside a checkout, or inside another one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607
            cwd=ROOT,
            env=environment
            | {"GIT_CEILING_DIRECTORIES": str(ROOT.parent)},  # a repository around this one is another's
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()
