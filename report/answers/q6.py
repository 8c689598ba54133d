"""Question 6: what is a graphics processor good for, what is the device parameter, and what did the notebook time?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from report.answers import q6_exhibits
from report.answers.base import Answer, NoRecords, Records
from report.answers.curves import PERCENT
from report.answers.printed import printed
from report.answers.timed import (
    EPOCH_BATCHES,
    MILLI,
    Floats,
    fetch_share,
    floating_point_rate,
    loader,
    median,
    passes_of,
    per_batch,
    printed_gap_percent,
    steps,
    steps_of,
    widths_of,
)
from report.experiments.devices import ACCELERATOR
from report.experiments.passes import Source
from report.experiments.steps import step_flop
from report.statistics import Estimate, bootstrap, count, ratio_of_medians
from report.statistics import median as middle


def repeatability_limit(seconds: Floats) -> Floats:
    """
    Return what two identical passes will differ by at most, 95 times in 100, in percent of a pass.

    It is 1.96 √2 times the standard deviation of the passes (ISO 5725-6, "repeatability limit"): unlike a range, it does
    not grow with their number, and so can be set against the difference of two.
    """
    limit: Floats = 1.96 * math.sqrt(2) * np.std(seconds, ddof=1, axis=-1) / np.mean(seconds, axis=-1) * PERCENT
    return limit


def _empty_passes(records: Records) -> tuple[Floats, tuple[str, ...]]:
    results, ids = loader(records)
    return per_batch(passes_of(results, "loader", trains=False)), ids


def gap_beyond_spread(records: Records) -> Estimate:
    """Estimate the printed gap minus the most by which two identical passes over the loader will usually differ."""
    passes, ids = _empty_passes(records)
    return bootstrap(
        [passes],
        lambda x: printed_gap_percent() - repeatability_limit(x),
        unit="percent",
        n_of="passes",
        paired=False,
        signed=True,
        records=ids,
    )


def spread_of_passes(records: Records) -> Estimate:
    """Estimate that limit itself."""
    passes, ids = _empty_passes(records)
    return bootstrap([passes], repeatability_limit, unit="percent", n_of="passes", paired=False, records=ids)


def spread_of_pairs(records: Records) -> Estimate:
    """Estimate the same for passes twice as long: each two that follow each other taken as one."""
    passes, ids = _empty_passes(records)
    pairs = passes[: len(passes) // 2 * 2].reshape(-1, 2).mean(axis=1)
    return bootstrap([pairs], repeatability_limit, unit="percent", n_of="pairs of passes", paired=False, records=ids)


def range_of_passes(records: Records) -> Estimate:
    """Give the difference of the slowest and the fastest pass, in percent of the median."""
    passes, ids = _empty_passes(records)
    span = float((passes.max() - passes.min()) / np.median(passes) * PERCENT)
    return count(span, low=span, high=span, unit="percent", n=len(passes), n_of="passes", records=ids)


def printed_gap(records: Records) -> Estimate:
    """Give the notebook's gap, in percent of its time on the CPU."""
    return Estimate(
        value=printed_gap_percent(), unit="percent", n=2, n_of="printed figures", method="as printed", digits=2
    )


def printed_epoch(records: Records) -> Estimate:
    """Give the time of one epoch of the notebook's loop, as it was printed for fifty on the CPU."""
    total = printed("q6_cpu_seconds")[0]
    return Estimate(
        value=total.value / total.epoch, unit="seconds", n=1, n_of="printed figures", method="as printed", digits=1
    )


def gains_of_accelerator(records: Records) -> tuple[Estimate, Estimate]:
    """Estimate a full training step on the CPU over one on the accelerator, for both of the notebook's models."""
    results, ids = steps(records, ACCELERATOR)
    small, large = (
        ratio_of_medians(
            steps_of(results, model).seconds["step"],
            steps_of(results, model, results.devices[-1]).seconds["step"],
            records=ids,
        )
        for model in ("mlp128", "resnet18")
    )
    return small, large


def gain_of_width(records: Records) -> Estimate:
    """Estimate the accelerator's gain at the widest hidden layer over its gain at the narrowest."""
    results, ids = steps(records, ACCELERATOR)
    accelerator = results.devices[-1]
    widths = list(widths_of(results, accelerator))
    if not widths:
        raise NoRecords("steps by width on the accelerator")
    samples = [
        steps_of(results, f"mlp{width}", device).seconds["step"]
        for width in (widths[-1], widths[0])
        for device in (None, accelerator)
    ]
    return bootstrap(
        samples,
        lambda wide, wide_on, narrow, narrow_on: middle(wide) / middle(wide_on) * middle(narrow_on) / middle(narrow),
        unit="ratio",
        n_of="repetitions",
        paired=False,
        null=1.0,
        records=ids,
    )


def loader_beyond_half(records: Records) -> Estimate:
    """Estimate the share of the notebook's training step that goes into fetching its batch, minus one half."""
    results, ids = loader(records)
    share = fetch_share(passes_of(results, "loader", trains=True)) - 0.5
    return median(share, scale=PERCENT, unit="percentage points", n_of="passes", signed=True, records=ids)


def loader_share_of_resnet(records: Records) -> Estimate:
    """Estimate the loader's share for ResNet-18: fetching a batch over fetching it and taking the step."""
    passes, pass_ids = _empty_passes(records)
    results, step_ids = steps(records)
    return bootstrap(
        [passes, steps_of(results, "resnet18").seconds["step"]],
        lambda fetch, step: PERCENT * middle(fetch) / (middle(fetch) + middle(step)),
        unit="percent",
        n_of="repetitions",
        paired=False,
        records=pass_ids + step_ids,
    )


def memory_ratio(records: Records) -> Estimate:
    """Give the accelerator's memory over that of the machine that it is in."""
    results, ids = steps(records, ACCELERATOR)
    host, accelerator = results.devices
    if not host.memory_bytes or not accelerator.memory_bytes:
        raise NoRecords("a size of memory")
    ratio = accelerator.memory_bytes / host.memory_bytes
    return count(ratio, low=ratio, high=ratio, unit="ratio", n=1, n_of="machines", null=1.0, records=ids)


def loader_over_resident(records: Records) -> Estimate:
    """Estimate the notebook's empty loop through its loader over the same loop on resident tensors."""
    results, ids = loader(records)
    return ratio_of_medians(
        per_batch(passes_of(results, "loader", trains=False)),
        per_batch(passes_of(results, "resident", trains=False)),
        n_of="passes",
        null=10.0,
        records=ids,
    )


def _epoch(source: Source, workers: int = 0) -> Callable[[Records], Estimate]:
    def epoch_seconds(records: Records) -> Estimate:
        """Estimate the time of an epoch of the empty loop."""
        results, ids = loader(records)
        passes = per_batch(passes_of(results, source, trains=False, workers=workers))
        return median(passes, scale=EPOCH_BATCHES, unit="seconds", n_of="passes", records=ids)

    return epoch_seconds


def _share(source: Source, workers: int = 0, prefix: str = "") -> Callable[[Records], Estimate]:
    def share_of_fetching(records: Records) -> Estimate:
        """Estimate the share of a training step that goes into fetching its batch."""
        results, ids = loader(records, prefix)
        device = results.devices[-1] if prefix else None
        share = fetch_share(passes_of(results, source, trains=True, workers=workers, device=device))
        return median(share, scale=PERCENT, unit="percent", n_of="passes", records=ids)

    return share_of_fetching


def _step(model: str, prefix: str = "") -> Callable[[Records], Estimate]:
    def step_milliseconds(records: Records) -> Estimate:
        """Estimate the time of a training step on resident tensors."""
        results, ids = steps(records, prefix)
        times = steps_of(results, model, results.devices[-1] if prefix else None).seconds["step"]
        return median(times, scale=MILLI, unit="milliseconds", n_of="repetitions", records=ids)

    return step_milliseconds


def _fixed_share(widest: bool) -> Callable[[Records], Estimate]:
    def share_beyond_arithmetic(records: Records) -> Estimate:
        """Estimate the share of a training step on the CPU that its arithmetic does not account for."""
        results, ids = steps(records)
        host = results.devices[0]
        by_width = widths_of(results, host)
        width = (max if widest else min)(by_width)
        floor = step_flop(width, results.batch_size) / floating_point_rate(results, host)
        share = 1 - floor / np.array(by_width[width].seconds["step"])
        return median(share, scale=PERCENT, unit="percent", n_of="repetitions", records=ids)

    return share_beyond_arithmetic


def gap_between_devices(records: Records) -> Estimate:
    """Estimate the notebook's comparison, repeated: its empty loop with the CPU as device over the accelerator."""
    results, ids = loader(records, ACCELERATOR)
    return ratio_of_medians(
        per_batch(passes_of(results, "loader", trains=False)),
        per_batch(passes_of(results, "loader", trains=False, device=results.devices[-1])),
        n_of="passes",
        records=ids,
    )


ANSWER = Answer(
    name="q6",
    title="What is a GPU good for, and what does the device parameter do?",
    experiments=("devices",),
    measures={
        "Q6.1": gap_beyond_spread,
        "Q6.2": gains_of_accelerator,
        "Q6.3": gain_of_width,
        "Q6.4": loader_beyond_half,
        "Q6.5": memory_ratio,
        "Q6.9": loader_over_resident,
        "printed-gap": printed_gap,
        "printed-epoch": printed_epoch,
        "spread": spread_of_passes,
        "spread-of-pairs": spread_of_pairs,
        "range": range_of_passes,
        "loader-epoch": _epoch("loader"),
        "loader-2-epoch": _epoch("loader", 2),
        "resident-epoch": _epoch("resident"),
        "loader-share": _share("loader"),
        "loader-2-share": _share("loader", 2),
        "resident-share": _share("resident"),
        "resnet-loader-share": loader_share_of_resnet,
        "mlp-step": _step("mlp128"),
        "resnet-step": _step("resnet18"),
        "fixed-share-narrow": _fixed_share(widest=False),
        "fixed-share-wide": _fixed_share(widest=True),
        "accelerator-mlp-step": _step("mlp128", ACCELERATOR),
        "accelerator-resnet-step": _step("resnet18", ACCELERATOR),
        "accelerator-loader-share": _share("loader", 0, ACCELERATOR),
        "gap-between-devices": gap_between_devices,
    },
    figures={
        "q6-empty-loop": q6_exhibits.empty_loop,
        "q6-passes": q6_exhibits.repeated_passes,
        "q6-step-parts": q6_exhibits.step_parts,
        "q6-widths": q6_exhibits.widths,
        "q6-card": q6_exhibits.empty_loop,
    },
    tables={"q6-devices": q6_exhibits.devices, "q6-steps": q6_exhibits.step_table},
    notes={
        "Q6.1": (
            "The loop that was timed fetches batches, copies them and trains nothing. The spread is of passes shorter than "
            "the notebook's: what varies at random averages out over longer ones, what drifts does not."
        ),
        "Q6.2": "Both sides of the ratio are of one machine, with data resident on the device that computes.",
        "Q6.4": "Of the 784-128-10 network's step. The loader's work is done by the processor, whatever device trains.",
        "Q6.5": "One machine can refute the claim or agree with it; it can't show what is usual.",
    },
    headline="Q6.9",
    headline_label="the notebook's empty loop, through the loader over resident tensors",
    card="q6-card",
)
