"""Question 6, width: a training step against the size of its layer, and the least that its arithmetic can take."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from report.answers import timed
from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import Series, line_chart
from report.answers.curves import PERCENT
from report.answers.q6 import answer
from report.conclude.interval_rules import Above
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.hardware import Device
from report.experiments.steps import StepsResults, step_flop
from report.record.reader import NoRecords, Records


@answer.claim(
    "Q6.3",
    "Large models gain more from a GPU than small ones.",
    Above(1.0),
    kind="G",
    place="Q6, model size and complexity",
    note="Of one GPU and the CPU beside it, with batches of 64 in the device's memory and a wait after every step.",
)
def gain_of_width(records: Records) -> Estimate:
    """Time of a step, CPU over {accelerator}, for a layer of {widest} units over the same ratio for {narrowest} units."""
    results = timed.steps(records, accelerator=True)
    gains = _gains(results)
    narrowest, widest = min(gains), max(gains)
    about = {"accelerator": results.devices[-1].name, "widest": widest, "narrowest": narrowest}
    return log_ratio(gains[widest], gains[narrowest], settings=about)


def _gains(results: StepsResults) -> dict[int, timed.Floats]:
    """Return the ratio of the CPU's time to the accelerator's in each round, by width."""
    accelerator = results.devices[-1]
    widths = list(timed.widths_of(results, accelerator))
    if not widths:
        raise NoRecords("steps by width on the accelerator")
    return {
        width: timed.by_round(timed.steps_of(results, f"mlp{width}"))
        / timed.by_round(timed.steps_of(results, f"mlp{width}", accelerator))
        for width in widths
    }


def _crossing(results: StepsResults) -> str:
    """State from which of the measured widths on the accelerator is faster than its host."""
    gains = {width: float(np.exp(np.log(ratio).mean())) for width, ratio in _gains(results).items()}
    faster = [width for width in gains if all(gain > 1 for wider, gain in gains.items() if wider >= width)]
    if not faster:
        return "The accelerator is not faster at the largest width."
    return f"The accelerator is faster from {min(faster)} units on."


@answer.number("arithmetic-share-narrow", min)
@answer.number("arithmetic-share-wide", max)
def share_of_arithmetic(records: Records, choose: Callable[[Iterable[int]], int]) -> Estimate:
    """Estimate the share of a step on the CPU that its arithmetic would fill at full speed, at the narrowest width or the widest."""
    results = timed.steps(records)
    host = results.devices[0]
    by_width = timed.widths_of(results, host)
    width = choose(by_width)
    floor = step_flop(width, results.batch_size) / timed.floating_point_rate(results, host)
    return timed.median(floor / timed.by_round(by_width[width]), scale=PERCENT, unit="percent", n_of="rounds")


@answer.figure("q6-widths")
def widths(records: Records, findings: Findings) -> FigureSpec:
    """Draw the time of a training step against the width of the hidden layer, with the floor of its arithmetic."""
    series: list[Series] = []
    spoken: list[str] = []
    crossing = ""
    for accelerator in timed.with_and_without_accelerator(records, "steps"):
        results = timed.steps(records, accelerator)
        if accelerator:
            crossing = f" {_crossing(results)}"
        for device in results.devices:  # an accelerator's host too, unless it is the processor drawn already
            if device.name not in {line.label for line in series}:
                line, floor = _step_line(results, device), _floor_line(results, device)
                series += [line, floor]
                spoken.append(_spoken(line, floor))
    return FigureSpec(
        chart=line_chart(
            *series,
            x_label="units of the hidden layer",
            y_label="a training step (ms)",
            x_scale="log",
            y_scale="log",
        ),
        title=by_verdict(
            findings["Q6.3"],
            supported="Wide layers gain more from the accelerator than narrow ones",
            refuted="Wide layers gain no more from the accelerator than narrow ones",
            undetermined="These steps do not show whether wide layers gain more from the accelerator",
            withheld="Time of a training step by width, and the time that its arithmetic alone would take",
        ),
        alt="Time of a training step against width, both axes logarithmic. " + " ".join(spoken),
        caption=(
            "One hidden layer, batches of 64, data in the device's memory; on the CPU with one thread or with all, whichever is "
            "faster. The line is the median of the rounds, the band their middle half. Arithmetic alone: how long the matrix products would take if all ran as fast as the fastest large one we "
            "timed."
        )
        + crossing,
    )


def _spoken(line: Series, floor: Series) -> str:
    return (
        f"{line.label}: from {line.y[0]:.3g} ms at {line.x[0]:.0f} units to {line.y[-1]:.3g} ms at "
        f"{line.x[-1]:.0f}, where the arithmetic alone would take {floor.y[-1]:.3g} ms."
    )


def _step_line(results: StepsResults, device: Device) -> Series:
    by_width = timed.widths_of(results, device)
    return timed.quartiles(device.name, {width: timed.by_round(step) * timed.MILLI for width, step in by_width.items()})


def _floor_line(results: StepsResults, device: Device) -> Series:
    rate = timed.floating_point_rate(results, device)
    by_width = timed.widths_of(results, device)
    return Series(
        label=f"arithmetic alone, {device.name.split()[0].removesuffix('(R)')}",  # the maker: there may be two CPUs
        x=[float(width) for width in by_width],
        y=[step_flop(width, results.batch_size) / rate * timed.MILLI for width in by_width],
        role="reference",
    )
