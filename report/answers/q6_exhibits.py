"""Figures and tables of question 6."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from report.answers.base import FigureContent, Findings, Records, TableContent, by_verdict
from report.answers.printed import printed
from report.answers.timed import (
    EPOCH_BATCHES,
    MILLI,
    floating_point_rate,
    loader,
    passes_of,
    per_batch,
    prefixes,
    printed_gap_percent,
    steps,
    widths_of,
)
from report.charts import Bar, BarChart, BarSegment, LineChart, Panel, Series
from report.experiments import passes as loops
from report.experiments import steps as training
from report.experiments.hardware import Device
from report.experiments.passes import Passes, Source
from report.experiments.steps import StepsResults, step_flop

PARTS: dict[loops.Part, str] = {
    "fetch": "fetching the batch",
    "copy": "copying it",
    "forward": "forward",
    "backward": "backward",
    "update": "update",
}
SOURCES: tuple[tuple[str, Source, int], ...] = (
    ("loader", "loader", 0),
    ("loader, 2 workers", "loader", 2),
    ("resident tensors", "resident", 0),
)
STEP_PARTS: tuple[training.Part, ...] = ("step", "gather", "forward", "backward", "update", "copy")


def empty_loop(records: Records, findings: Findings) -> FigureContent:
    """Draw how long an epoch of the notebook's empty loop takes, as printed and by where the batches come from."""
    results, ids = loader(records)
    total = printed("q6_cpu_seconds")[0]
    lengths = {
        "as printed, per epoch": total.value / total.epoch,
        "loader": _epoch_seconds(passes_of(results, "loader", trains=False)),
        "loader, 2 workers": _epoch_seconds(passes_of(results, "loader", trains=False, workers=2)),
        "resident tensors": _epoch_seconds(passes_of(results, "resident", trains=False)),
    }
    return FigureContent(
        chart=BarChart(
            bars=[Bar(label=label, segments=[BarSegment(label="epoch", value=s)]) for label, s in lengths.items()],
            x_label="one epoch of the empty loop (s)",
            x_scale="log",
        ),
        title=by_verdict(
            findings["Q6.9"],
            supported="The empty loop takes much the same without the loader",
            refuted="The notebook timed its loader: from resident tensors the same loop is over at once",
            undetermined="How much of the empty loop is the loader, these passes can't tell",
            withheld="One epoch of the notebook's empty loop, by where its batches come from",
        ),
        alt="Seconds for an epoch: " + "; ".join(f"{label} {seconds:.3g}" for label, seconds in lengths.items()) + ".",
        caption=(
            f"Batches of {results.batch_size}, nothing trained. Medians of {_repetitions(results.passes)} passes on "
            f"{_setting(results.devices[0])}, scaled to the 60,000 images of an epoch. The printed figure is of the "
            "notebook's machine."
        ),
        records=ids,
    )


def repeated_passes(records: Records, findings: Findings) -> FigureContent:
    """Draw identical passes over the loader beside the gap that the notebook takes for a device's."""
    results, ids = loader(records)
    passes = per_batch(passes_of(results, "loader", trains=False))
    deviations = (passes / np.median(passes) - 1) * 100
    numbers = [float(i) for i in range(1, len(passes) + 1)]
    gap = printed_gap_percent()
    ends = [0.5, len(passes) + 0.5]
    return FigureContent(
        chart=LineChart(
            panels=[
                Panel(
                    series=[
                        Series(label="identical passes", x=numbers, y=deviations.tolist(), role="points"),
                        Series(label="printed for the CPU", x=ends, y=[0.0, 0.0], role="reference"),
                        Series(label="printed for the GPU", x=ends, y=[-gap, -gap], role="reference"),
                    ],
                    x_label="pass",
                    y_label="time, from the median (%)",
                )
            ]
        ),
        title=by_verdict(
            findings["Q6.1"],
            supported="Identical passes over the loader differ by less than the printed gap",
            refuted="Identical passes over the loader differ by more than the printed gap",
            undetermined="The printed gap is about as large as the differences of identical passes",
            withheld="Identical passes over the loader, beside the printed gap",
        ),
        alt=(
            f"{len(passes)} identical passes lie between {deviations.min():+.1f} and {deviations.max():+.1f} percent of their "
            f"median. The two printed times are {gap:.2f} percent apart."
        ),
        caption=(
            f"Each point: one pass of {results.passes[0].num_batches} batches through the loader, in turn with other kinds, "
            f"on {_setting(results.devices[0])}. Lines: the notebook's two times, the first put at zero."
        ),
        records=ids,
    )


def step_parts(records: Records, findings: Findings) -> FigureContent:
    """Draw where the time of a training step goes, by source of the batches and by device."""
    bars: list[Bar] = []
    ids: tuple[str, ...] = ()
    for prefix in prefixes(records, "loader") or [""]:
        results, found = loader(records, prefix)
        device = results.devices[-1]
        ids += found
        where = f", {device.name}" if prefix else ""
        for label, source, workers in SOURCES:
            passes = passes_of(results, source, trains=True, workers=workers, device=device)
            segments = [
                BarSegment(label=name, value=float(np.median(passes.seconds[part])) / passes.num_batches * MILLI)
                for part, name in PARTS.items()
            ]
            bars.append(Bar(label=label + where, segments=segments))
    return FigureContent(
        chart=BarChart(bars=bars, x_label="a training step of 64 images (ms)"),
        title=by_verdict(
            findings["Q6.4"],
            supported="The loader takes less than half of a training step",
            refuted="The loader takes most of a training step",
            undetermined="Loader and arithmetic share a training step about evenly",
            withheld="Where the time of a training step goes",
        ),
        alt="Milliseconds of a training step. " + " ".join(_spoken(bar) for bar in bars),
        caption=(
            "784-128-10 network. Medians over passes, the device awaited after every part. Fetching, from resident tensors, "
            "is `index_select`; through the loader it is the work of the processor on each image."
        ),
        records=ids,
    )


def widths(records: Records, findings: Findings) -> FigureContent:
    """Draw the time of a training step against the width of the hidden layer, with the floor of its arithmetic."""
    series: list[Series] = []
    spoken: list[str] = []
    ids: tuple[str, ...] = ()
    for prefix in prefixes(records, "steps") or [""]:
        results, found = steps(records, prefix)
        ids += found
        for device in results.devices:  # an accelerator's host too, unless it is the processor drawn already
            if device.name not in {line.label for line in series}:
                line, floor = _step_line(results, device), _floor_line(results, device)
                series += [line, floor]
                spoken.append(
                    f"{line.label}: from {line.y[0]:.3g} ms at {line.x[0]:.0f} units to {line.y[-1]:.3g} ms at "
                    f"{line.x[-1]:.0f}, where the arithmetic alone would take {floor.y[-1]:.3g} ms."
                )
    return FigureContent(
        chart=LineChart(
            panels=[
                Panel(
                    series=series,
                    x_label="units of the hidden layer",
                    y_label="a training step (ms)",
                    x_scale="log",
                    y_scale="log",
                )
            ]
        ),
        title=by_verdict(
            findings["Q6.3"],
            supported="The wider the layer, the more an accelerator gains",
            refuted="A wide layer gains no more from the accelerator than a narrow one",
            undetermined="Whether wide layers gain more from the accelerator, these steps can't tell",
            withheld="Time of a training step by width, with the least that its arithmetic can take",
        ),
        alt="Time of a training step against width, both axes logarithmic. " + " ".join(spoken),
        caption=(
            "One hidden layer, batches of 64, data resident on the device. Medians; bands: middle half of the repetitions. "
            "Floor: the step's matrix products at the rate of the fastest large one."
        ),
        records=ids,
    )


def devices(records: Records, findings: Findings) -> TableContent:
    """List what was measured on."""
    rows: list[list[str | float | int]] = []
    ids: tuple[str, ...] = ()
    for prefix in prefixes(records, "steps") or [""]:
        results, found = steps(records, prefix)
        ids += found
        rows += [_device_row(device, results) for device in results.devices]
    return TableContent(
        caption="What was measured on. An accelerator stands below the processor of its own machine, with which it is compared.",
        columns=[
            "device",
            "kind",
            "memory (GB)",
            "PyTorch",
            "driver interface",
            "threads",
            "float32 products",
            "matrix products (GFLOP/s)",
        ],
        rows=rows,
        records=ids,
    )


def step_table(records: Records, findings: Findings) -> TableContent:
    """List the parts of a training step on resident tensors, for both of the notebook's models."""
    rows: list[list[str | float | int]] = []
    ids: tuple[str, ...] = ()
    for prefix in prefixes(records, "steps") or [""]:
        results, found = steps(records, prefix)
        ids += found
        names = {device.kind: device.name for device in results.devices}
        for step in results.steps:
            if step.model in ("mlp128", "resnet18"):
                label = "784-128-10" if step.model == "mlp128" else "ResNet-18, one-channel stem"
                medians = [float(np.median(step.seconds[part])) * MILLI for part in STEP_PARTS]
                memory = "not counted" if step.peak_memory_bytes is None else f"{step.peak_memory_bytes / 1e6:.0f}"
                rows.append([label, names[step.device], step.num_parameters, *medians, memory])
    return TableContent(
        caption=(
            "A training step of 64 images that lie on the device, in milliseconds: the whole, and its parts with the device "
            "awaited after each. Copying the batch from main memory is no part of it. Medians."
        ),
        columns=["model", "device", "parameters", "step", *STEP_PARTS[1:-1], "copy, apart", "peak memory (MB)"],
        rows=rows,
        records=ids,
    )


def _device_row(device: Device, results: StepsResults) -> list[str | float | int]:
    precision = device.float32_precision
    if device.tensor_float32_convolutions:
        precision += "; TF32 in convolutions"
    return [
        device.name,
        device.kind,
        "unknown" if device.memory_bytes is None else f"{device.memory_bytes / 1e9:.0f}",
        device.torch_version,
        device.backend_version or "none",
        device.threads,
        precision,
        floating_point_rate(results, device) / 1e9,
    ]


def _epoch_seconds(passes: Passes) -> float:
    return float(np.median(per_batch(passes))) * EPOCH_BATCHES


def _repetitions(passes: Sequence[Passes]) -> int:
    return len(passes[0].seconds["fetch"])


def _setting(device: Device) -> str:
    return f"{device.name}, {device.threads} {'thread' if device.threads == 1 else 'threads'}"


def _spoken(bar: Bar) -> str:
    total = sum(segment.value for segment in bar.segments)
    first = bar.segments[0]
    return f"{bar.label}: {total:.2f}, of which {first.label} {first.value:.2f}."


def _step_line(results: StepsResults, device: Device) -> Series:
    by_width = widths_of(results, device)
    low, middle, high = np.array(
        [np.quantile(np.array(step.seconds["step"]) * MILLI, [0.25, 0.5, 0.75]) for step in by_width.values()]
    ).T
    return Series(
        label=device.name,
        x=[float(width) for width in by_width],
        y=middle.tolist(),
        low=low.tolist(),
        high=high.tolist(),
    )


def _floor_line(results: StepsResults, device: Device) -> Series:
    rate = floating_point_rate(results, device)
    by_width = widths_of(results, device)
    return Series(
        label=f"arithmetic alone, {device.kind}",
        x=[float(width) for width in by_width],
        y=[step_flop(width, results.batch_size) / rate * MILLI for width in by_width],
        role="reference",
    )
