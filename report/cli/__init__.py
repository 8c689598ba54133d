"""The command line, one module for each command: ``python -m report [COMMAND] [options]``; without a command, ``run``."""

from __future__ import annotations

import errno
import sys
from contextlib import suppress

import click

from fmnist_ref import FmnistRefError
from report.cli.checks import check_environment
from report.cli.terminal import safe_output

DONE, INCOMPLETE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
OPTIONS_WITHOUT_COMMAND = ("--help", "-h", "--version")
STORAGE_ERRORS = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "ENOTDIR", "EISDIR", "EEXIST", "ENAMETOOLONG")
    if hasattr(errno, name)
}
"""Errors of a disk that is full, read-only or broken, or of something else where a file or folder must be."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 1 incomplete, 2 bad input, 130 interrupted."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or (words[0].startswith("-") and words[0] not in OPTIONS_WITHOUT_COMMAND):
        words = ["run", *words]
    with suppress(KeyboardInterrupt), safe_output():  # also one that comes while the output is prepared or put back
        try:
            check_environment()
            # only now: NumPy and Matplotlib fail on import with variables that they can't read
            from report.cli.commands import cli

            return int(cli.main(words, prog_name="python -m report", standalone_mode=False) or DONE)
        except click.ClickException as error:
            return _stop(error.format_message(), BAD_INPUT)
        except FmnistRefError as error:
            return _stop(str(error), BAD_INPUT)
        except (click.Abort, KeyboardInterrupt):
            return INTERRUPTED
        except OSError as problem:
            if problem.errno not in STORAGE_ERRORS:
                raise
            where = f" ({problem.filename})" if problem.filename else ""
            return _stop(
                f"the output folder must be writable; found {problem.strerror}{where}. Mend that, and give the same "
                "command again: it continues where it stopped.",
                INCOMPLETE,
            )
    return INTERRUPTED


def _stop(message: str, status: int) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return status
