"""The group of all commands."""

from __future__ import annotations

import click

from report.cli import bench, claims, costs, publish_reference, run, stability, status, timing, verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fmnist-ref")
def cli() -> None:
    """Run the experiments, test the claims, and publish the answers as a static site."""


for command in (
    run.run,
    status.status,
    claims.claims,
    verify.verify,
    stability.stability,
    timing.timing,
    bench.bench,
    publish_reference.publish_reference,
    costs.costs,
):
    cli.add_command(command)
