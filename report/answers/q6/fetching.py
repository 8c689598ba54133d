"""Question 6, fetching: what share of a training step goes into getting its batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import Bar, BarChart, BarSegment
from report.answers.curves import PERCENT
from report.answers.q6 import answer
from report.answers.timed import (
    MILLI,
    by_round,
    fetch_share,
    loader,
    median,
    passes_of,
    per_batch,
    steps,
    steps_of,
    with_and_without_accelerator,
)
from report.conclude.rules import Below
from report.conclude.statistics import Estimate, bootstrap
from report.conclude.statistics import median as middle
from report.experiments.data_loading import Source
from report.experiments.hardware import Part
from report.record.reader import Records

PARTS: dict[Part, str] = {
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


@answer.claim(
    "Q6.4",
    "A GPU loads data in parallel, and that makes training faster.",
    Below(),
    note="Of the 784-128-10 network's step. The loader's work is done by the processor, whatever device trains.",
)
def loader_beyond_half(records: Records) -> Estimate:
    """Share of the notebook's training step that the loader takes on the CPU, minus one half."""
    results, ids = loader(records)
    share = fetch_share(passes_of(results, "loader", model="mlp128")) - 0.5
    return median(share, scale=PERCENT, unit="percentage points", n_of="passes", signed=True, records=ids)


@answer.number("resnet-loader-share")
def loader_share_of_resnet(records: Records) -> Estimate:
    """Estimate the loader's share for ResNet-18: fetching a batch over fetching it and taking the step."""
    passes, pass_ids = loader(records)
    results, step_ids = steps(records)
    return bootstrap(
        [
            per_batch(passes_of(passes, "loader", model=None)),
            by_round(steps_of(results, "resnet18")),
        ],
        lambda fetch, step: PERCENT * middle(fetch) / (middle(fetch) + middle(step)),
        unit="percent",
        n_of="repetitions",
        paired=False,
        records=pass_ids + step_ids,
    )


def share_of(source: Source, workers: int = 0, accelerator: bool = False) -> Callable[[Records], Estimate]:
    """Make a measure of that share, by where the batches come from."""

    def share_of_fetching(records: Records) -> Estimate:
        """Estimate the share of a training step that goes into fetching its batch."""
        results, ids = loader(records, accelerator)
        device = results.devices[-1] if accelerator else None
        share = fetch_share(passes_of(results, source, model="mlp128", workers=workers, device=device))
        return median(share, scale=PERCENT, unit="percent", n_of="passes", records=ids)

    return share_of_fetching


@answer.figure("q6-step-parts")
def step_parts(records: Records, findings: Findings) -> FigureSpec:
    """Draw where the time of a training step goes, by source of the batches and by device."""
    bars: list[Bar] = []
    ids: tuple[str, ...] = ()
    for accelerator in with_and_without_accelerator(records, "loader"):
        results, found = loader(records, accelerator)
        device = results.devices[-1]
        ids += found
        where = f", {device.name}" if accelerator else ""
        for label, source, workers in SOURCES:
            passes = passes_of(results, source, model="mlp128", workers=workers, device=device)
            segments = [
                BarSegment(label=name, value=float(np.median(passes.seconds[part])) / passes.num_batches * MILLI)
                for part, name in PARTS.items()
            ]
            bars.append(Bar(label=label + where, segments=segments))
    return FigureSpec(
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


def _spoken(bar: Bar) -> str:
    total = sum(segment.value for segment in bar.segments)
    first = bar.segments[0]
    return f"{bar.label}: {total:.2f}, of which {first.label} {first.value:.2f}."


answer.number("loader-share")(share_of("loader"))
answer.number("loader-2-share")(share_of("loader", 2))
answer.number("resident-share")(share_of("resident"))
answer.number("accelerator-loader-share")(share_of("loader", accelerator=True))
