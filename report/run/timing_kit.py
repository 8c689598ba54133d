"""
Time an accelerator where there is PyTorch and little else: what the file of `tox -e timing-kit` runs.

It needs neither the data set nor a network. The times of a step don't depend on what the images show, so that the sample
that comes with `fmnist_ref` is repeated until there are as many images as in the training set.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from fmnist_ref import FmnistRefError, load_sample, normalize, resolve_device
from report.experiments.devices import RESULTS
from report.experiments.hardware import HUGE_PAGES
from report.plan import Dataset, Run
from report.record import accelerator
from report.record.environment import usable_cores
from report.record.store import Record
from report.run.worker import measure_on

NUM_IMAGES = 60_000
SAMPLE = "the sample of fmnist_ref, repeated"
"""Stands in the records where others have the checksum of the data set."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a timing record; return 0, or 2 for bad input."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(usable_cores())
    try:
        device = str(resolve_device(options.device))
        runs = accelerator.runs("cuda" if device == "cpu" else device, options.profile)
        runs = [run for run in runs if not options.only or run.parameters["timed"] in options.only]
        images = repeated_sample(options.images)
        if device == "cpu":
            list(time_runs([msgspec.structs.replace(run, device="cpu") for run in runs], images))
            print("The kit works here. A timing record needs an accelerator: nothing is written.")
            return 0
        records: list[Record] = []
        for record in time_runs(runs, images):
            records.append(record)
            accelerator.write(records, options.file)  # after each: what is measured is kept, whatever comes next
    except FmnistRefError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Written: {options.file}. A report on any machine reads it with --timings {options.file.name}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="timing-kit.pyz", description=__doc__.strip().partition("\n")[0])
    parser.add_argument(
        "--device",
        default="cuda",
        help="cuda, mps or xpu, with an index if wanted; cpu tries the kit, with the CPU in the place of both [cuda]",
    )
    parser.add_argument("--profile", choices=("full", "quick"), default="full", help="quick: fewer repetitions [full]")
    parser.add_argument("--only", nargs="+", choices=tuple(RESULTS), help="what to time [everything]")
    parser.add_argument("--file", type=Path, default=Path("timings.json"), help="what is written [timings.json]")
    parser.add_argument("--images", type=int, default=NUM_IMAGES, help=f"resident images [{NUM_IMAGES}]")
    return parser


def repeated_sample(num_images: int = NUM_IMAGES) -> Dataset:
    """Return a data set of that many training images, made of the sample."""
    train, test = load_sample("train"), load_sample("test")

    def repeated(values: Tensor) -> Tensor:
        times = -(-num_images // len(values))
        return values.repeat(times, *[1] * (values.ndim - 1))[:num_images].contiguous()

    return Dataset(repeated(normalize(train.images)), repeated(train.labels), normalize(test.images), test.labels)


def time_runs(runs: Sequence[Run], dataset: Dataset) -> Iterator[Record]:
    """Measure runs one after the other, in this process."""
    for number, run in enumerate(runs, 1):
        record = Record.of(run, measure_on(dataset, run, {}), {}, SAMPLE)
        print(f"[{number}/{len(runs)}] {run.arm}: {record.wall_seconds:.1f} s", flush=True)
        yield record


if __name__ == "__main__":
    os.environ.setdefault(HUGE_PAGES, "1")
    sys.exit(main())
