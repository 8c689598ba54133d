"""The command line, one module for each command: ``python -m report [COMMAND] [options]``; without a command, ``run``."""

from __future__ import annotations

import errno
import sys

import click

from fmnist_ref import FmnistRefError
from report.cli import bench, claims, publish_reference, run, status, timing, verify
from report.cli.options import INCOMPLETE, INTERRUPTED

OPTIONS_WITHOUT_COMMAND = ("--help", "-h", "--version")
STORAGE_ERRORS = {
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO") if hasattr(errno, name)
}
"""Errors of a disk that is full, read-only or broken."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fmnist-ref")
def cli() -> None:
    """Run the experiments, test the claims, and publish the answers as a static site."""


for command in (
    run.run,
    status.status,
    claims.claims,
    verify.verify,
    timing.timing,
    bench.bench,
    publish_reference.publish_reference,
):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 1 incomplete, 2 bad input, 130 interrupted."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or (words[0].startswith("-") and words[0] not in OPTIONS_WITHOUT_COMMAND):
        words = ["run", *words]
    try:
        return int(cli.main(words, prog_name="python -m report", standalone_mode=False) or 0)
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}", err=True)
        return 2
    except FmnistRefError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as problem:
        if problem.errno not in STORAGE_ERRORS:
            raise
        click.echo(
            f"error: the output folder must take what is measured; found {problem.strerror}. Make room, and give the "
            "same command again: it continues where it stopped.",
            err=True,
        )
        return INCOMPLETE
