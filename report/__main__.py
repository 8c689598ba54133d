"""The command line: ``python -m report [run|status] [options]``; without a command, ``run``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from fmnist_ref import FmnistRefError
from report import commands
from report.environment import usable_cores

COMMANDS_WITHOUT_RUN = ("--help", "-h", "--version")


def _shared(function: Any) -> Any:
    """Add the options that say which report is meant."""
    for option in (
        click.option(
            "--output",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path("build"),
            show_default=True,
            help="Where everything is written.",
        ),
        click.option(
            "--data", type=click.Path(path_type=Path), help="Folder with the four IDX files.", envvar="FMNIST_REF_DATA"
        ),
        click.option(
            "--device", default="cpu", show_default=True, help="Where to train: cpu, auto, cuda, mps, xpu, cuda:1 …"
        ),
        click.option("--seeds", type=click.IntRange(min=1), help="Seeds per arm.  [default: 5; quick: 2]"),
        click.option(
            "--only",
            multiple=True,
            metavar="NAME",
            help="Only this experiment, or this answer's (q1 … q6, part1); may be repeated.",
        ),
        click.option(
            "--profile",
            type=click.Choice(["full", "quick"]),
            default="full",
            show_default=True,
            help="quick: a first look in minutes, without verdicts.",
        ),
    ):
        function = option(function)
    return function


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fmnist-ref")
def cli() -> None:
    """Run the experiments, put the claims to the test, and publish the answers as a static site."""


@cli.command()
@_shared
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=usable_cores,
    show_default="number of cores",
    help="Runs under way at a time.",
)
def run(workers: int, **selection: Any) -> int:
    """Make the report: measure what has no record yet, conclude, render and publish. Can be interrupted at any time."""
    return commands.run(commands.Selection(**selection), workers=workers)


@cli.command()
@_shared
def status(**selection: Any) -> int:
    """Say for every run whether it is done, missing, or stale and why."""
    return commands.status(commands.Selection(**selection))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 1 incomplete, 2 bad input, 130 interrupted."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or (words[0].startswith("-") and words[0] not in COMMANDS_WITHOUT_RUN):
        words = ["run", *words]
    try:
        return int(cli.main(words, prog_name="python -m report", standalone_mode=False) or 0)
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}", err=True)
        return 2
    except FmnistRefError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    except click.Abort:
        return commands.INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
