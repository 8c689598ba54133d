"""Question 2, what a step costs: time and memory by batch size."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, by_verdict, table_of
from report.answers.charts import stacked
from report.answers.curves import PERCENT, middle_and_range
from report.answers.q2 import answer
from report.answers.q2.estimates import three_figures
from report.answers.timed import median
from report.conclude.interval_rules import Above
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.batch_cost import BatchCostResults
from report.record.reader import Records

SMALL, LARGE = 16, 1024
MICROSECONDS = 1e6


def costs_of(records: Records) -> BatchCostResults:
    """Return the results of the one run of the experiment."""
    return records.arm("batch_cost", "steps", BatchCostResults).results[0]


def step_seconds(costs: BatchCostResults, batch_size: int) -> list[float]:
    """Return the median time of a whole step in each round: repetitions within a round are not independent."""
    step = next(step for step in costs.steps if step.batch_size == batch_size)
    return [float(np.median(seconds)) for seconds in step.seconds]


def _images_per_second(costs: BatchCostResults, batch_size: int) -> list[float]:
    return [batch_size / seconds for seconds in step_seconds(costs, batch_size)]


@answer.claim(
    "Q2.2",
    "Large batches are processed faster.",
    Above(1.0),
    place="Q2, computational efficiency and parallelism",
    note=(
        "Measured on the device that the figure names. The reason is not tested: by the table of costs, sharing the fixed cost of a step "
        "among more images would alone explain most of the gain. The interval covers the rounds of one report, not another day."
    ),
    constants={"small": SMALL, "large": LARGE},
)
def speed_ratio(records: Records) -> Estimate:
    """Images per second at batch size {large} over {small}, in rounds that go through all batch sizes."""
    costs = costs_of(records)
    return log_ratio(_images_per_second(costs, LARGE), _images_per_second(costs, SMALL))


@answer.number("speed-small", SMALL)
@answer.number("speed-large", LARGE)
def images_per_second(records: Records, batch_size: int) -> Estimate:
    """Estimate the images that training goes through in a second."""
    return median(_images_per_second(costs_of(records), batch_size), unit="images per second", n_of="rounds")


@answer.number("speed-share-256", 256)
@answer.number("speed-share-1024", 1024)
def share_of_the_highest_speed(records: Records, batch_size: int) -> Estimate:
    """Estimate the speed at one batch size, in percent of that at the fastest measured one."""
    costs = costs_of(records)
    speeds = {step.batch_size: np.array(_images_per_second(costs, step.batch_size)) for step in costs.steps}
    fastest = max(speeds.values(), key=lambda speed: float(np.median(speed)))
    return median(PERCENT * speeds[batch_size] / fastest, unit="percent", n_of="rounds", digits=0)


@answer.figure("q2-speed")
def speed_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw images per second, and microseconds per image, against batch size."""
    costs = costs_of(records)
    times = {step.batch_size: np.array(step_seconds(costs, step.batch_size)) for step in costs.steps}
    speed = middle_and_range("images per second", {b: b / seconds for b, seconds in times.items()}, np.median)
    step_time = middle_and_range("one step", {b: seconds * MICROSECONDS for b, seconds in times.items()}, np.median)
    panels = {"images per second": [speed], "time of a step (µs)": [step_time]}
    return FigureSpec(
        chart=stacked(panels, x_label="batch size", x_scale="log", y_scale="log"),
        title=by_verdict(
            findings["Q2.2"],
            supported="Large batches go through more images a second: the fixed cost of a step is shared by more of them",
            refuted="Large batches go through fewer images a second on this device",
            undetermined="Images per second: no settled difference between small and large batches",
            withheld="Images per second and time of a step by batch size",
        ),
        alt="Images per second by batch size: "
        + ", ".join(f"{y:,.0f} at {x:.0f}" for x, y in zip(speed.x, speed.y, strict=True))
        + ".",
        caption=(
            f"{costs.device.kind.upper()}, {costs.device.threads} threads, {len(costs.steps[0].seconds)} rounds over all batch sizes. "
            "Line: median of the rounds' medians; band: their range. Data already in memory."
        ),
    )


@answer.table("q2-costs")
def costs_by_batch(records: Records, findings: Findings) -> TableSpec:
    """List time and memory of a step at each batch size."""
    costs = costs_of(records)
    seconds = {step.batch_size: float(np.median(step_seconds(costs, step.batch_size))) for step in costs.steps}
    return table_of(
        costs.steps,
        {
            "batch size": lambda step: step.batch_size,
            "step (µs)": lambda step: three_figures(seconds[step.batch_size] * MICROSECONDS),
            "per image (µs)": lambda step: three_figures(seconds[step.batch_size] / step.batch_size * MICROSECONDS),
            "images per second": lambda step: round(float(np.median(_images_per_second(costs, step.batch_size)))),
            "saved for backward (kB)": lambda step: three_figures(step.saved_bytes / 1e3),
        },
        title="What a training step costs",
        caption=f"One training step ({costs.device.kind.upper()}, {costs.device.threads} threads): medians over rounds.",
    )
