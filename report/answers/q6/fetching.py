"""Question 6, fetching: what share of a training step goes into getting its batch."""

from __future__ import annotations

import numpy as np

from report.answers import timed
from report.answers.answer import FigureSpec, Findings
from report.answers.charts import Bar, BarChart, BarSegment
from report.answers.curves import PERCENT
from report.answers.q6 import answer
from report.conclude.statistics import Estimate, log_ratio, mean_with_t_interval
from report.experiments.data_loading import LoaderResults, ModelName, Passes, Source
from report.experiments.hardware import Device, Part
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
    ("tensors in memory", "resident", 0),
)
MODELS: dict[ModelName, str] = {"mlp128": "784-128-10", "resnet18": "ResNet-18"}


def _share(records: Records, source: Source, model: ModelName, workers: int = 0) -> Estimate:
    """Estimate the share of a training step that goes into fetching its batch."""
    return _share_of(timed.passes_of(timed.loader(records), source, model=model, workers=workers))


def _share_of(passes: Passes) -> Estimate:
    shares = timed.fetch_share(passes) * PERCENT
    return mean_with_t_interval(shares, unit="percent", n_of="rounds", method="Student t over rounds")


def _with_workers(results: LoaderResults, model: ModelName, device: Device) -> Estimate:
    """Estimate how many times as long a training step takes with two workers as with none."""
    times = (
        timed.per_batch(timed.passes_of(results, "loader", model=model, workers=workers, device=device))
        for workers in (2, 0)
    )
    return log_ratio(*times)


@answer.illustration(
    "Q6.4",
    measured="Share of a training step spent fetching, on the CPU; in this order, 784-128-10 without workers, 784-128-10 with "
    "two, ResNet-18 without, ResNet-18 with two",
)
def loader_shares(records: Records) -> tuple[Estimate, ...]:
    """Estimate the share of a training step spent fetching, for each model without workers and with two."""
    return tuple(_share(records, "loader", model, workers) for model in MODELS for workers in (0, 2))


@answer.number("resident-share")
def share_of_resident(records: Records) -> Estimate:
    """Estimate the share of the small network's training step that goes into fetching its batch from tensors in memory."""
    return _share(records, "resident", "mlp128")


@answer.number("share-beside-accelerator")
def loader_share_beside_accelerator(records: Records) -> tuple[Estimate, ...]:
    """Estimate the loader's share of ResNet-18's step on the machine with the accelerator: if its CPU trains, and if the other does."""
    results = timed.loader(records, accelerator=True)
    return tuple(
        _share_of(timed.passes_of(results, "loader", model="resnet18", device=device)) for device in results.devices
    )


@answer.number("workers-beside-accelerator")
def workers_beside_accelerator(records: Records) -> tuple[Estimate, ...]:
    """
    Estimate how many times as long a step takes with two workers as with none, on the machine with the accelerator.

    The small network's on the CPU, the small network's on the accelerator, and ResNet-18's there.
    """
    results = timed.loader(records, accelerator=True)
    host, accelerator = results.devices
    places: list[tuple[ModelName, Device]] = [("mlp128", host), ("mlp128", accelerator), ("resnet18", accelerator)]
    return tuple(_with_workers(results, model, device) for model, device in places)


@answer.number("fetch-time")
def fetch_time(records: Records) -> tuple[Estimate, ...]:
    """Estimate for how long the small network's loop waits for a batch, in milliseconds, without workers and with two."""
    kinds = (timed.passes_of(timed.loader(records), "loader", model="mlp128", workers=workers) for workers in (0, 2))
    waits = (np.array(passes.seconds["fetch"]) / passes.num_batches for passes in kinds)
    return tuple(timed.median(wait, scale=timed.MILLI, unit="ms", n_of="passes") for wait in waits)


@answer.number("step-with-workers")
def step_with_workers(records: Records) -> tuple[Estimate, ...]:
    """Estimate how many times as long a training step takes with two workers as with none, for each model."""
    results = timed.loader(records)
    return tuple(_with_workers(results, model, results.devices[0]) for model in MODELS)


@answer.figure("q6-step-parts")
def step_parts(records: Records, findings: Findings) -> FigureSpec:
    """Draw where the time of a training step goes, by model, source of the batches and device."""
    bars: list[Bar] = []
    beside = ""
    for accelerator in timed.with_and_without_accelerator(records, "loader"):
        results = timed.loader(records, accelerator)
        device = results.devices[-1]
        where = ", on the GPU" if accelerator else ""
        beside = f" The GPU is {device.name}, its loader the CPU beside it." if accelerator else beside
        for model, name in MODELS.items():
            for label, source, workers in SOURCES:
                if (model, source) != ("resnet18", "resident"):
                    passes = timed.passes_of(results, source, model=model, workers=workers, device=device)
                    bars.append(_bar(f"{name}, {label}{where}", passes))
    small, _, large, _ = (estimate.value for estimate in loader_shares(records))
    return FigureSpec(
        chart=BarChart(
            bars=bars,
            x_label="share of a training step of 64 images (%)",
            styles={name: timed.STEP_STYLES[part] for part, name in PARTS.items()},
        ),
        title=f"The loader takes {small:.0f} % of the small network's step and {large:.0f} % of ResNet-18's",
        alt="Shares of a training step. " + " ".join(f"{bar.label}: {_spoken(bar)}." for bar in bars),
        caption=(
            "Medians over passes (the text gives means, which a few slow passes change), each part timed until the device had finished it; the whole step in milliseconds stands beside "
            "the label. From tensors in memory, fetching is one call of index_select; through the loader, the CPU transforms each "
            "image." + beside
        ),
    )


def _bar(label: str, passes: Passes) -> Bar:
    """Draw the parts of a step in percent of the whole, whose milliseconds are in the label."""
    parts = {name: float(np.median(passes.seconds[part])) / passes.num_batches for part, name in PARTS.items()}
    whole = sum(parts.values())
    segments = [BarSegment(label=name, value=seconds / whole * PERCENT) for name, seconds in parts.items()]
    return Bar(label=f"{label} ({whole * timed.MILLI:.3g} ms)", segments=segments)


def _spoken(bar: Bar) -> str:
    return ", ".join(f"{part.label} {part.value:.0f} %" for part in bar.segments)
