"""Question 6, what makes an accelerator worth its while: large batches, captured graphs, rounded products, many networks at once."""

from __future__ import annotations

import numpy as np

from report.answers.answer import Cell, FigureSpec, Findings, TableSpec
from report.answers.charts import LineChart, Panel, Series
from report.answers.q6 import answer
from report.answers.q6.fetching import MODELS
from report.answers.timed import MILLI, median, quartiles, variants
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.data_loading import ModelName
from report.experiments.hardware import Device, Seconds
from report.experiments.step_variants import DIRECTIONS, Transfer, Variant, VariantResults, VariantTimes
from report.record.reader import NoRecords, Records

MICRO = 1e6
"""Microseconds in a second."""
NOT_MEASURED = "–"
NOTEBOOK_BATCH = 64


def _seconds(
    results: VariantResults, variant: Variant, model: ModelName, device: str, batch_size: int
) -> Seconds | None:
    """
    Return the times of one network's step, by round; None where it was not measured or did not fit.

    On the CPU they are those with the number of threads that is fastest.
    """
    wanted = (variant, model, device, batch_size)
    found = [v.seconds for v in results.variants if (v.variant, v.model, v.device, v.batch_size) == wanted]
    return min(found, key=lambda seconds: float(np.median(seconds)), default=None)


def _batch_sizes(results: VariantResults) -> list[int]:
    return sorted({times.batch_size for times in results.variants})


def _gain(slower: Seconds | None, faster: Seconds | None) -> Cell:
    return log_ratio(slower, faster) if slower and faster else NOT_MEASURED


@answer.number("networks-at-once")
def gain_of_many_networks(records: Records) -> tuple[Estimate, ...]:
    """
    Estimate how many times as fast a step of many networks is as many times a plain step of one: accelerator, then CPU.

    Last, how many times as fast the accelerator takes the step of many as its host.
    """
    results = variants(records)

    def many(device: Device) -> VariantTimes:
        batched = [v for v in results.variants if (v.variant, v.device) == ("batched", device.kind)]
        if not batched:
            raise NoRecords(f"steps of many networks on {device.kind}")
        return min(batched, key=lambda times: (-times.networks, float(np.median(times.seconds))))

    def gain(device: Device) -> Estimate:
        batched = many(device)
        one = _seconds(results, "plain", "mlp128", device.kind, batched.batch_size)
        if one is None:
            raise NoRecords(f"steps of one network on {device.kind}")
        return log_ratio(np.array(one) * batched.networks, batched.seconds)

    host, accelerator = results.devices
    return gain(accelerator), gain(host), log_ratio(many(host).seconds, many(accelerator).seconds)


@answer.number("captured-over-host")
def gain_of_captured_graph(records: Records) -> tuple[Estimate, Estimate]:
    """Estimate how many times as fast the notebook's step is if captured as a graph: as plain on the CPU, and as plain on the accelerator."""
    results = variants(records)
    captured = _seconds(results, "graph", "mlp128", results.devices[-1].kind, NOTEBOOK_BATCH)
    on_host, plain = (_seconds(results, "plain", "mlp128", d.kind, NOTEBOOK_BATCH) for d in results.devices)
    if not on_host or not plain or not captured:
        raise NoRecords("a captured step and plain ones")
    return log_ratio(on_host, captured), log_ratio(plain, captured)


@answer.figure("q6-batches")
def batches(records: Records, findings: Findings) -> FigureSpec:
    """Draw the time of a training step per image against the batch size, for both models."""
    results = variants(records)
    panels = [
        Panel(
            series=[_line(results, model, device) for device in results.devices],
            x_label="batch size",
            y_label="time per image (µs)",
            title=name,
            x_scale="log",
            y_scale="log",
        )
        for model, name in MODELS.items()
    ]
    largest = max(_batch_sizes(results))
    gains = [_gain_at(results, size) for size in (NOTEBOOK_BATCH, largest)]
    spoken = [
        f"{panel.title}, {line.label}: from {line.y[0]:.3g} µs an image at {line.x[0]:.0f} to {line.y[-1]:.3g} µs at {line.x[-1]:.0f}."
        for panel in panels
        for line in panel.series
    ]
    return FigureSpec(
        chart=LineChart(panels=panels),
        title=f"For the small network the accelerator is {gains[0]:.2g} times as fast as its host at {NOTEBOOK_BATCH} images a step, "
        f"and {gains[1]:.2g} times at {largest:,}",
        alt="Time of a training step per image against the batch size, both axes logarithmic. " + " ".join(spoken),
        caption="Steps on images in the device's memory, queued one after the other, in float32 without rounding. On the CPU "
        "784-128-10 has one thread or all, whichever is faster, and ResNet-18 all, for 1024 images at most. The line is the median of the rounds, the band their middle half.",
    )


def _gain_at(results: VariantResults, batch_size: int) -> float:
    host, accelerator = (_seconds(results, "plain", "mlp128", d.kind, batch_size) for d in results.devices)
    if not host or not accelerator:
        raise NoRecords(f"steps at batch size {batch_size} on both devices")
    return log_ratio(host, accelerator).value


def _line(results: VariantResults, model: ModelName, device: Device) -> Series:
    found = {size: _seconds(results, "plain", model, device.kind, size) for size in _batch_sizes(results)}
    return quartiles(device.name, {size: np.array(s) * MICRO / size for size, s in found.items() if s})


@answer.table("q6-variants")
def variant_table(records: Records, findings: Findings) -> TableSpec:
    """List what the accelerator gains over its host, and what it gains from rounding and from captured graphs."""
    results = variants(records)
    host, accelerator = (device.kind for device in results.devices)
    rows: list[list[Cell]] = []
    for model, name in MODELS.items():
        for size in _batch_sizes(results):
            plain = _seconds(results, "plain", model, accelerator, size)
            if plain:
                on_host = _seconds(results, "plain", model, host, size)
                others = [_seconds(results, variant, model, accelerator, size) for variant in ("tf32", "graph")]
                time = median(plain, scale=MILLI, unit="ms", n_of="rounds")
                rows.append([name, size, time, _gain(on_host, plain), *(_gain(plain, o) for o in others)])
    return TableSpec(
        title="Training steps on the accelerator, by batch size",
        caption="How many times as fast a step is on the accelerator as on its host, and there with TF32 (the inputs of products "
        "and convolutions rounded to ten bits) and as a captured graph (all operations launched as one). The other steps round "
        "nothing, though PyTorch's default is TF32 in convolutions: by default ResNet-18 is nearer to its step with TF32. Beyond "
        "rounding, the library may take another algorithm with TF32, and at another batch size.",
        columns=["model", "batch size", "a step (ms)", "over its host", "by TF32", "by a captured graph"],
        rows=rows,
    )


@answer.table("q6-transfers")
def transfer_table(records: Records, findings: Findings) -> TableSpec:
    """List how fast copies between the host's memory and the accelerator's are."""
    results = variants(records)
    found = {(copy.num_bytes, copy.direction, copy.is_pinned): _rate(copy) for copy in results.transfers}
    sizes = sorted({copy.num_bytes for copy in results.transfers})
    return TableSpec(
        title="Copies between host and accelerator",
        caption="Gigabytes a second, from and to ordinary memory and memory that is locked in place (pinned). One buffer is copied again and "
        "again, which is faster than a new batch and its labels between two steps. Medians of rounds.",
        columns=["images", "MB", *(f"{way} the accelerator{kind}" for way in DIRECTIONS for kind in ("", ", pinned"))],
        rows=[
            [
                size // 3136,
                size / 1e6,
                *(found.get((size, d, p), NOT_MEASURED) for d in DIRECTIONS for p in (False, True)),
            ]
            for size in sizes
        ],
    )


def _rate(copy: Transfer) -> float:
    """Return gigabytes a second."""
    return float(copy.num_bytes / np.median(copy.seconds) / 1e9)
