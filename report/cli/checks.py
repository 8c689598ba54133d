"""Checks before the first run, of what would otherwise fail after everything is measured."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from fmnist_ref import ConfigurationError

LATEST_EPOCH = 253402300799
"""The last second of the year 9999."""
OPEN_FILES = 112
"""Files that one process of a report may open at a time, besides the two for each worker."""
MAX_TEMPORARY = 70
"""Longest path of a temporary folder, in bytes: a socket's path may have 103 or 107, and multiprocessing adds 32."""
MAX_OUTPUT = 120 if sys.platform == "win32" else 400
"""Longest path of the output folder, in bytes: Windows allows 260 in all, and SQLite's cache of live cells 512."""
FOLDERS = ("records", "source", "site", ".sphinx", "data")
FILES = ("verdicts.json", ".lock", ".holder")


def check_environment() -> None:
    """
    Check the interpreter and the environment variables, before modules are imported that read them.

    Raises
    ------
    ConfigurationError
        If the interpreter drops docstrings, or a variable has a value that can't be used.
    """
    if sys.flags.optimize > 1:
        raise ConfigurationError(
            "Python must keep docstrings, which are the text of the API pages",
            "that it drops them (-OO or PYTHONOPTIMIZE=2)",
            "Start it without.",
        )
    os.environ.pop("MPLBACKEND", None)  # for windows on a screen: figures are written to files
    _check_epoch()
    _check_url("FMNIST_REF_SITE_URL", "the published site, such as https://example.org/fmnist-ref/")
    _check_url("FMNIST_REF_REPOSITORY", "the repository, such as https://github.com/example/fmnist-ref")
    _shorten_temporary_folder()


def _check_epoch() -> None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        os.environ.pop("SOURCE_DATE_EPOCH", None)  # an empty value makes NumPy's and Sphinx's import fail
    elif not re.fullmatch("[0-9]{1,12}", epoch) or int(epoch) > LATEST_EPOCH:
        raise ConfigurationError(
            f"SOURCE_DATE_EPOCH must be a number of seconds since 1970, from 0 to {LATEST_EPOCH}",
            repr(epoch),
            "Correct it, or unset it.",
        )


def _check_url(variable: str, expected: str) -> None:
    url = os.environ.get(variable, "")
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        plain = not re.search(r"[\s<>\"?#]", url)
    except ValueError:
        valid = plain = False
    if url and not (valid and plain):
        raise ConfigurationError(
            f"{variable} must be the address of {expected}",
            repr(url),
            "Correct it, or unset it.",
        )


def _shorten_temporary_folder() -> None:
    """Choose another temporary folder if the path is too long for the sockets that worker processes make there."""
    found = tempfile.gettempdir()
    if sys.platform == "win32" or len(os.fsencode(found)) <= MAX_TEMPORARY:
        return
    short = next((folder for folder in ("/tmp", "/var/tmp") if os.access(folder, os.W_OK | os.X_OK)), None)  # noqa: S108
    if short is None:
        raise ConfigurationError(
            f"the path of the temporary folder must be no longer than {MAX_TEMPORARY} bytes",
            found,
            "Set TMPDIR to a shorter one.",
        )
    os.environ["TMPDIR"] = tempfile.tempdir = short


def check_output(output: Path) -> None:
    """
    Check that everything a report writes can be written to an output folder.

    Raises
    ------
    ConfigurationError
        If the path is too long, something else has the name of a file or folder of the report, or a folder is read-only.
    """
    length = len(os.fsencode(output.resolve()))
    if length > MAX_OUTPUT:
        raise ConfigurationError(
            f"the path of the output folder must be no longer than {MAX_OUTPUT} bytes",
            f"{length}",
            "Choose another --output.",
        )
    for name in (*FOLDERS, *FILES):
        path = output / name
        if os.path.lexists(path) and not (path.is_dir() if name in FOLDERS else path.is_file()):
            raise ConfigurationError(
                f"{path} must be a {'folder' if name in FOLDERS else 'file'}",
                "something else of that name",
                "Move it away, or choose another --output.",
            )
    for folder in _existing_folders(output):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise ConfigurationError(
                "the output folder must be writable",
                f"that {folder} is not",
                "Correct its permissions, or choose another --output.",
            )


def _existing_folders(output: Path) -> Iterator[Path]:
    for top in (output, *(output / name for name in FOLDERS)):  # each may be a link
        if top.is_dir():
            yield top
            for folder, names, _ in os.walk(top):
                yield from (Path(folder, name) for name in names)


def check_file(file: Path) -> None:
    """Raise `ConfigurationError` if a file can't be written, whose folder need not exist yet."""
    folder = next(parent for parent in file.absolute().parents if os.path.lexists(parent))
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise ConfigurationError(
            f"{file} must be writable", f"that {folder} is not a writable folder", "Choose another file."
        )


def check_open_files(workers: int) -> None:
    """Raise the limit on open files to what some workers need; raise `ConfigurationError` where that is forbidden."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows has no such limit
        return
    needed = OPEN_FILES + 2 * workers
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != hard < needed:
        raise ConfigurationError(
            f"a report with {workers} workers must be allowed to open {needed} files at a time",
            f"a limit of {hard}",
            "Raise it (ulimit -n), or choose fewer --workers.",
        )
    if resource.RLIM_INFINITY != soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
