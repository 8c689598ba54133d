"""What answers take from timings: which passes, which steps, and estimates of their medians, shares and ratios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from report.answers.charts import Series
from report.answers.curves import middle_and_range
from report.answers.printed import printed
from report.conclude.bootstrap import bootstrap
from report.conclude.bootstrap import median as middle
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.data_loading import LoaderResults, ModelName, Passes, Source
from report.experiments.hardware import Device, Part
from report.experiments.step_variants import VariantResults
from report.experiments.steps import ClockResults, StepsResults, StepTimes
from report.record.reader import NoRecords, Records

EPOCH_BATCHES = 60_000 / 64
"""Batches of 64 in an epoch: 937 full ones and half a one."""
STEP_STYLES: dict[Part, int] = {
    "fetch": 0,
    "gather": 0,
    "copy": 1,
    "forward": 2,
    "backward": 3,
    "update": 4,
    "dispatch": 5,
}
"""Place of each part of a training step in the series of colours, the same in all figures."""
MILLI = 1000.0
"""Milliseconds in a second."""
Floats = NDArray[np.float64]
Timed = TypeVar("Timed")


def loader(records: Records, accelerator: bool = False) -> LoaderResults:
    """Return the passes on this machine's CPU, or those on an accelerator and its host."""
    return records.select("devices", LoaderResults, timed="loader", accelerator=accelerator).results[0]


def steps(records: Records, accelerator: bool = False) -> StepsResults:
    """Return the training steps likewise."""
    return records.select("devices", StepsResults, timed="steps", accelerator=accelerator).results[0]


def clocks(records: Records) -> ClockResults:
    """Return the clock readings of an accelerator."""
    return records.select("devices", ClockResults, timed="clock").results[0]


def variants(records: Records) -> VariantResults:
    """Return the variants of a training step on an accelerator and on its host, and transfers between them."""
    return records.select("devices", VariantResults, timed="variants").results[0]


def with_and_without_accelerator(records: Records, timed: str) -> list[bool]:
    """List whether there are timings of this machine's CPU (False, the first) and of an accelerator (True)."""
    found = (record.parameters for record in records.by_id.values() if record.experiment == "devices")
    return sorted({parameters["accelerator"] for parameters in found if parameters["timed"] == timed}) or [False]


def machine(device: Device) -> str:
    """Name a device and its threads, as in a caption."""
    return f"{device.name}, {device.threads} {'thread' if device.threads == 1 else 'threads'}"


def first_of(found: Iterator[Timed], what: str) -> Timed:
    """Return the first of what was found; there is no answer without any."""
    for one in found:
        return one
    raise NoRecords(what)


def passes_of(
    results: LoaderResults, source: Source, *, model: ModelName | None, workers: int = 0, device: Device | None = None
) -> Passes:
    """Find one kind of pass; on the CPU unless told otherwise."""
    wanted = (source, model, workers, device.kind if device else "cpu")
    found = (p for p in results.passes if (p.source, p.model, p.workers, p.device) == wanted)
    return first_of(found, f"passes of {wanted}")


def loader_over_resident(records: Records, model: ModelName | None) -> Estimate:
    """Estimate the time of a pass through the loader over one on tensors in memory, empty or with training of a model."""
    results = loader(records)
    through_loader = per_batch(passes_of(results, "loader", model=model))
    return log_ratio(through_loader, per_batch(passes_of(results, "resident", model=model)))


def steps_of(results: StepsResults, model: str, device: Device | None = None) -> StepTimes:
    """Find one model's steps; on the CPU unless told otherwise, and there with the number of threads that is fastest."""
    wanted = (model, device.kind if device else "cpu")
    found = [step for step in results.steps if (step.model, step.device) == wanted]
    return first_of(iter(sorted(found, key=lambda step: float(np.median(by_round(step))))), f"steps of {model}")


def by_round(step: StepTimes, part: Part = "step") -> Floats:
    """Return the seconds of a step or of a part of it: the median of each round."""
    return np.array([np.median(seconds) for seconds in step.seconds[part]])


def widths_of(results: StepsResults, device: Device) -> dict[int, StepTimes]:
    """Return the steps of the networks with one hidden layer, by its width, likewise."""
    widths = {step.width: step.model for step in results.steps if step.device == device.kind and step.width is not None}
    return {width: steps_of(results, model, device) for width, model in sorted(widths.items())}


def floating_point_rate(results: StepsResults, device: Device) -> float:
    """Return the operations per second of the fastest large matrix product: what nothing else should beat."""
    found = (products for products in results.products if products.device == device.kind)
    products = first_of(found, f"matrix products on {device.kind}")
    return 2.0 * products.size**3 / min(products.seconds)


def printed_gap_percent() -> float:
    """Return by how much the notebook's time on the GPU is below that on the CPU, in percent of the latter."""
    cpu, gpu = (printed(series)[0].value for series in ("q6_cpu_seconds", "q6_gpu_seconds"))
    return (cpu - gpu) / cpu * 100.0


def per_batch(passes: Passes) -> Floats:
    """Return the seconds per batch of each pass, all parts together."""
    return _whole(passes) / passes.num_batches


def fetch_share(passes: Passes) -> Floats:
    """Return which share of each pass went into fetching batches."""
    return np.array(passes.seconds["fetch"]) / _whole(passes)


def _whole(passes: Passes) -> Floats:
    whole: Floats = np.array(list(passes.seconds.values())).sum(axis=0)
    return whole


def median(values: Sequence[float] | Floats, *, scale: float = 1.0, **about: Any) -> Estimate:
    """Estimate a median over repetitions, in `scale` times the unit of the values."""
    return bootstrap([np.asarray(values) * scale], middle, paired=False, **about)


def quartiles(label: str, rounds: Mapping[int, Floats]) -> Series:
    """Draw the median over rounds of what stands at each x, with the middle half of the rounds as its band."""
    return middle_and_range(label, rounds, np.median, (0.25, 0.75))
