"""The command line: ``python -m report [run|status|timing|verify|bench|publish-reference] [options]``; without a command, ``run``."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Any

import click

from fmnist_ref import FmnistRefError
from report import bench as benchmark
from report import commands
from report.workshop import workshop

COMMANDS_WITHOUT_RUN = ("--help", "-h", "--version")
STORAGE_ERRORS = {
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO") if hasattr(errno, name)
}
"""What a disk says that is full, read-only or broken."""


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


_timings = click.option(
    "--timings",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A timing record of an accelerator, made with the command `timing` on another machine.",
)


def _measuring(function: Any) -> Any:
    """Add the options that say where runs are measured."""
    for option in (
        click.option(
            "--workers",
            type=click.IntRange(min=1),
            help="Runs under way at a time.  [default: number of cores; cluster: its workers]",
        ),
        click.option("--scheduler", metavar="ADDRESS", help="Measure on this Dask cluster, as tcp://host:8786."),
    ):
        function = option(function)
    return function


@cli.command()
@_shared
@_timings
@_measuring
def run(workers: int | None, scheduler: str | None, **selection: Any) -> int:
    """Make the report: measure what has no record yet, conclude, render and publish. Can be interrupted at any time."""
    with workshop(scheduler, workers) as place:
        return commands.run(commands.Selection(**selection), place)


@cli.command()
@_shared
@_measuring
@click.option("--sample", type=click.IntRange(min=1), default=3, show_default=True, help="How many runs, by chance.")
@click.option("--draw", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of that chance.")
@click.option("--all", "everything", is_flag=True, help="All recorded runs instead of a sample.")
def verify(
    workers: int | None, scheduler: str | None, sample: int, draw: int, everything: bool, **selection: Any
) -> int:
    """Measure recorded runs again and compare them with their records."""
    with workshop(scheduler, workers) as place:
        return commands.verify(commands.Selection(**selection), place, sample=None if everything else sample, draw=draw)


@cli.command()
@_shared
@_timings
def publish_reference(**selection: Any) -> int:
    """Write the full report's result in brief to report/published.json. For maintainers."""
    return commands.publish_reference(commands.Selection(**selection))


@cli.command()
@_shared
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("timings.json"),
    show_default=True,
    help="Where the timing record is written.",
)
def timing(file: Path, **selection: Any) -> int:
    """Time this machine's accelerator (--device cuda), for a report on any machine."""
    return commands.timing(commands.Selection(**selection), file)


@cli.command()
@_shared
@click.option("--check", is_flag=True, help="End with status 1 if the loop is slower than it is held to be.")
def bench(check: bool, **selection: Any) -> int:
    """Measure how fast the reference loop is (the experiment `speed`), anew and on its own."""
    return benchmark.bench(commands.Selection(**selection), check=check)


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
    except (click.Abort, KeyboardInterrupt):
        return commands.INTERRUPTED
    except OSError as problem:
        if problem.errno not in STORAGE_ERRORS:
            raise
        click.echo(
            f"error: what is measured must be written down; found {problem.strerror}. Make room for it, and give the "
            "same command again: it goes on where it was.",
            err=True,
        )
        return commands.INCOMPLETE


if __name__ == "__main__":
    sys.exit(main())
