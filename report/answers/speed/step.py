"""Where the time of one training step goes, and what was tried to shorten it."""

from __future__ import annotations

import msgspec
import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, table_of
from report.answers.charts import Bar, BarChart, BarSegment
from report.answers.speed import answer
from report.answers.speed.goals import AIM, MOST_OVER_HAND_WRITTEN, ratio_of, rung_of
from report.answers.timed import STEP_STYLES, machine, median
from report.conclude.bootstrap import ratio_of_medians
from report.conclude.statistics import Estimate, scaled
from report.experiments.hardware import Part
from report.experiments.speed import ProfileResults
from report.experiments.throughput import EpochTimes, MethodName, ThroughputResults
from report.record.reader import NoRecords, Records

NAMES: dict[Part, str] = {
    "gather": "Gathering the batch",
    "forward": "The forward pass",
    "backward": "The backward pass",
    "update": "The update",
}
PARTS: tuple[Part, ...] = tuple(NAMES)
MICRO = 1e6
"""Microseconds in a second."""
ATTEMPTS: dict[MethodName, str] = {
    "fit": "fit, one network",
    "large_pages": "fit in a process of its own that asks for memory pages of 2 MB",
    "small_pages": "fit in a process of its own that does not ask",
    "torch_sgd": "fit with torch.optim.SGD",
    "sgd_foreach": "fit with torch.optim.SGD(foreach=True)",
    "sgd_fused": "fit with torch.optim.SGD(fused=True)",
    "fused_loss": "the loss as one node of the graph, its gradient in place",
    "fused_network": "network and loss as one node, gradients written by hand",
    "functional": "gradients by torch.func, the update in place",
    "compiled": "forward and backward pass compiled (torch.compile)",
    "compiled_step": "the step by torch.func compiled as a whole, with its update",
    "batched": "five seeds as one batched network",
    "hand_written": "hand-written gradients, without a graph",
}


def profile(records: Records) -> ProfileResults:
    """Return the one profile."""
    return records.arm("speed", "profile", ProfileResults).results[0]


@answer.number("gather-share", "gather")
@answer.number("forward-share", "forward")
@answer.number("backward-share", "backward")
@answer.number("update-share", "update")
def share_of(records: Records, part: Part) -> Estimate:
    """Estimate a part's share of the step, in percent; from one run to the next they differ by more than a tenth."""
    seconds = {name: np.array(profile(records).seconds[name]) for name in PARTS}
    return median(seconds[part] / sum(seconds.values()) * 100, unit="percent", n_of="repetitions", digits=1)


@answer.number("dispatch-share")
def dispatch_share(records: Records) -> Estimate:
    """Estimate the share of a step that remains when its arithmetic is taken away, in percent."""
    seconds = profile(records).seconds
    share = scaled(ratio_of_medians(seconds["dispatch"], seconds["step"]), 100)
    return msgspec.structs.replace(share, unit="percent", null=0.0, digits=1)


@answer.number("step-time")
def step_time(records: Records) -> Estimate:
    """Estimate the time of a whole step, in microseconds."""
    return median(profile(records).seconds["step"], scale=MICRO, unit="µs", n_of="repetitions")


@answer.figure("speed-step")
def parts(records: Records, findings: Findings) -> FigureSpec:
    """Draw the parts of a step, and the step without arithmetic."""
    results = profile(records)
    micro = {part: float(np.median(results.seconds[part])) * MICRO for part in PARTS}
    dispatch = float(np.median(results.seconds["dispatch"])) * MICRO
    largest = max(micro, key=lambda part: micro[part])
    return FigureSpec(
        chart=BarChart(
            bars=[
                Bar(
                    label="a training step",
                    segments=[BarSegment(label=part, value=value) for part, value in micro.items()],
                ),
                Bar(label="its calls without arithmetic", segments=[BarSegment(label="dispatch", value=dispatch)]),
            ],
            x_label="microseconds",
            styles={part: STEP_STYLES[part] for part in (*PARTS, "dispatch")},
        ),
        title=f"{NAMES[largest]} is the longest part of a step; calls alone take {100 * dispatch / sum(micro.values()):.0f} % as long",
        alt="Microseconds of a step: "
        + ", ".join(f"{part} {value:.0f}" for part, value in micro.items())
        + f". The same calls on one image of one pixel: {dispatch:.0f}.",
        caption=(
            f"784-128-10 network, batch size {results.batch_size}, one thread, {machine(results.devices[0])} at hand; medians of "
            f"{len(results.seconds['step']):,} repetitions. Below: the same step of the same layers, with one unit, one pixel and "
            "one image."
        ),
    )


def _attempts(records: Records) -> ThroughputResults:
    return records.arm("speed", "optimizations", ThroughputResults).results[0]


@answer.number("small-pages-over-large", "small_pages", "large_pages")
@answer.number("compiled-over-fit", "compiled")
@answer.number("batched-over-fit", "batched")
@answer.number("compiled-step-over-hand-written", "compiled_step", "hand_written")
@answer.number("fused-network-over-fit", "fused_network")
@answer.number("fused-loss-over-fit", "fused_loss")
@answer.number("functional-over-fit", "functional")
@answer.number("sgd-fused-over-sgd", "sgd_fused", "torch_sgd")
@answer.number("sgd-foreach-over-sgd", "sgd_foreach", "torch_sgd")
def attempt_ratio(records: Records, name: MethodName, over: MethodName = "fit") -> Estimate:
    """Estimate an attempt's time per epoch and network, over that of another."""
    results = _attempts(records)
    if not rung_of(results, name).seconds["epoch"]:
        raise NoRecords(f"{name}: not measured on this machine")
    return ratio_of(results, name, over)


@answer.table("speed-attempts")
def attempt_table(records: Records, findings: Findings) -> TableSpec:
    """List what was tried, with its time against that of `fit`."""
    results = _attempts(records)

    def seconds(attempt: EpochTimes) -> float:
        return float(np.median(attempt.seconds["epoch"] or [0.0]))

    def over(attempt: EpochTimes, other: MethodName) -> str:
        return f"{ratio_of(results, attempt.name, other).value:.2f}" if seconds(attempt) else ""

    def before_the_first_step(attempt: EpochTimes) -> float:
        return max(0.0, attempt.seconds["first"][0] - seconds(attempt) * attempt.networks)

    return table_of(
        results.methods,
        {
            "attempt": lambda attempt: ATTEMPTS[attempt.name],
            "seconds": lambda a: f"{seconds(a):.3g}" if seconds(a) else f"didn't run: {a.problem}",
            "over fit": lambda attempt: over(attempt, "fit"),
            "over hand-written": lambda attempt: over(attempt, "hand_written"),
            "before the first step (s)": lambda attempt: f"{before_the_first_step(attempt):.1f}",
        },
        title="What else we tried",
        caption=(
            f"One epoch of {results.num_images:,} images for one network, one thread: medians over rounds in which all took turns, and "
            f"geometric means of the ratios within a round. fit may take {MOST_OVER_HAND_WRITTEN:g} times as long as hand-written gradients; {AIM:g} times is the aim."
        ),
    )
