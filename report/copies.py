"""
Reports of copied records, as large as one likes, and what it takes to write their pages.

`main` reads an `Order` from standard input and writes `RenderingResults` to standard output: it is how the experiment
`rendering` measures the pages without being a part of them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter

import msgspec

from report.commands import DATA_SHA256
from report.environment import observe
from report.experiments.base import Profile, ProfileName, Run
from report.experiments.rendering import Order, RenderingResults
from report.plan import measures_time, plan
from report.publication import Edition
from report.records import Record, RecordStore, encode, results_checksum


def trained(profile: ProfileName, seeds: int) -> list[Run]:
    """List the runs of a report that do not measure time, each after those that it needs."""
    return [run for run in plan(Profile(name=profile, seeds=seeds)) if not measures_time(run)]


def seeds_for(profile: ProfileName, num_records: int) -> int:
    """Return how many seeds have about so many records."""
    first, two = (len(trained(profile, seeds)) for seeds in (1, 2))
    return max(1, 1 + round((num_records - first) / (two - first)))


def write_copies(order: Order, runs: list[Run], folder: Path) -> None:
    """Write a record of each run, with the results of the first seed's run of its arm."""
    originals = {(run.experiment, run.arm): order.results[run.id] for run in trained(order.profile, 1)}
    environment = observe()
    checksums: dict[str, str] = {}
    folder.mkdir()
    for run in runs:
        record = Record.of(
            run,
            needs={needed.id: checksums[needed.id] for needed in run.needs},
            results=originals[run.experiment, run.arm],
            wall_seconds=1.0,
            peak_memory_bytes=None,
            environment=environment,
            data_sha256=DATA_SHA256,
        )
        checksums[run.id] = results_checksum(record)
        (folder / f"{run.id}.json").write_bytes(encode(record))


def measure(order: Order) -> RenderingResults:
    """Write the pages of a report of each size, and say what it took."""
    num_seeds = [seeds_for(order.profile, size) for size in order.sizes]
    num_records, seconds, record_bytes, page_bytes = [], [], [], []
    for seeds in num_seeds:
        runs = trained(order.profile, seeds)
        with tempfile.TemporaryDirectory(prefix="fmnist-ref-") as temporary:
            output = Path(temporary)
            write_copies(order, runs, output / "records")
            began = perf_counter()
            Edition(
                output=output,
                profile=Profile(name=order.profile, seeds=seeds),
                planned=runs,
                store=RecordStore(output / "records", DATA_SHA256),
                data_source="given",
            ).write()
            seconds.append(perf_counter() - began)
            num_records.append(len(runs))
            record_bytes.append(_bytes_in(output / "records"))
            page_bytes.append(_bytes_in(output / "source") - record_bytes[-1])
    return RenderingResults(
        num_seeds=num_seeds,
        num_records=num_records,
        seconds=seconds,
        written_bytes={"records": record_bytes, "pages": page_bytes},
    )


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Do what `rendering` orders."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(measure(order)))
