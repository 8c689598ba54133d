"""Where the time of one training step goes, and what was tried to shorten it."""

from __future__ import annotations

import msgspec
import numpy as np

from report.answers.answer import Estimator, FigureSpec, Findings, TableSpec
from report.answers.charts import Bar, BarChart, BarSegment
from report.answers.speed import answer
from report.answers.speed.goals import AIM, MOST_OVER_HAND_WRITTEN
from report.answers.timed import STEP_STYLES, machine, median
from report.conclude.bootstrap import ratio_of_medians
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.hardware import Part
from report.experiments.speed import ProfileResults
from report.experiments.throughput import MethodName, ThroughputResults
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


def profile(records: Records) -> tuple[ProfileResults, tuple[str, ...]]:
    """Return the one profile and its id."""
    arm = records.arm("speed", "profile", ProfileResults)
    return arm.results[0], arm.records


def _seconds(results: ProfileResults, part: Part) -> list[float]:
    return results.seconds[part]


def share_of(part: Part) -> Estimator:
    """Make a measure of a part's share of the step, in percent."""

    def measure(records: Records) -> Estimate:
        results, ids = profile(records)
        whole = sum(np.array(_seconds(results, name)) for name in PARTS)
        shares = np.array(_seconds(results, part)) / whole * 100
        share = median(shares, unit="percent", n_of="repetitions", records=ids)
        return msgspec.structs.replace(share, digits=1)  # from one run to the next they differ by more

    return measure


@answer.number("dispatch-share")
def dispatch_share(records: Records) -> Estimate:
    """Estimate the share of a step that remains when its arithmetic is taken away, in percent."""
    results, ids = profile(records)
    share = ratio_of_medians(results.seconds["dispatch"], results.seconds["step"], records=ids)
    return Estimate(
        value=share.value * 100,
        low=None if share.low is None else share.low * 100,
        high=None if share.high is None else share.high * 100,
        unit="percent",
        n=share.n,
        n_of=share.n_of,
        method=share.method,
        digits=1,
        records=ids,
    )


@answer.number("step-time")
def step_time(records: Records) -> Estimate:
    """Estimate the time of a whole step, in microseconds."""
    results, ids = profile(records)
    return median(results.seconds["step"], scale=MICRO, unit="µs", n_of="repetitions", records=ids)


@answer.figure("speed-step")
def parts(records: Records, findings: Findings) -> FigureSpec:
    """Draw the parts of a step, and the step without arithmetic."""
    results, ids = profile(records)
    micro = {part: float(np.median(_seconds(results, part))) * MICRO for part in PARTS}
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
        records=ids,
    )


def _attempts(records: Records) -> tuple[ThroughputResults, tuple[str, ...]]:
    arm = records.arm("speed", "optimizations", ThroughputResults)
    return arm.results[0], arm.records


def attempt_ratio(name: MethodName, over: MethodName = "fit") -> Estimator:
    """Make a measure of an attempt's time per epoch and network, over that of another."""

    def measure(records: Records) -> Estimate:
        results, ids = _attempts(records)
        by_name = {attempt.name: attempt.seconds["epoch"] for attempt in results.methods}
        if not by_name.get(name):
            raise NoRecords(f"{name}: not measured on this machine")
        return log_ratio(by_name[name], by_name[over], records=ids)

    return measure


@answer.table("speed-attempts")
def attempt_table(records: Records, findings: Findings) -> TableSpec:
    """List what was tried, with its time against that of `fit`."""
    results, ids = _attempts(records)
    by_name = {attempt.name: attempt.seconds["epoch"] for attempt in results.methods}
    rows: list[list[str | float | int]] = []
    for attempt in results.methods:
        seconds = float(np.median(attempt.seconds["epoch"])) if attempt.seconds["epoch"] else None
        rows.append(
            [
                ATTEMPTS[attempt.name],
                f"{seconds:.3g}" if seconds else f"didn't run: {attempt.problem}",
                *(
                    f"{log_ratio(attempt.seconds['epoch'], by_name[other]).value:.2f}" if seconds else ""
                    for other in ("fit", "hand_written")
                ),
                f"{max(0.0, attempt.seconds['first'][0] - (seconds or 0) * attempt.networks):.1f}",
            ]
        )
    return TableSpec(
        title="What else we tried",
        caption=(
            f"One epoch of {results.num_images:,} images for one network, one thread: medians over rounds in which all took turns, and "
            f"geometric means of the ratios within a round. fit may take {MOST_OVER_HAND_WRITTEN:g} times as long as hand-written gradients; {AIM:g} times is the aim."
        ),
        columns=["attempt", "seconds", "over fit", "over hand-written", "before the first step (s)"],
        rows=rows,
        records=ids,
    )


answer.number("small-pages-over-large")(attempt_ratio("small_pages", over="large_pages"))
answer.number("compiled-over-fit")(attempt_ratio("compiled"))
answer.number("batched-over-fit")(attempt_ratio("batched"))
answer.number("compiled-step-over-hand-written")(attempt_ratio("compiled_step", over="hand_written"))
answer.number("fused-network-over-fit")(attempt_ratio("fused_network"))
answer.number("fused-loss-over-fit")(attempt_ratio("fused_loss"))
answer.number("functional-over-fit")(attempt_ratio("functional"))
answer.number("sgd-fused-over-sgd")(attempt_ratio("sgd_fused", over="torch_sgd"))
answer.number("sgd-foreach-over-sgd")(attempt_ratio("sgd_foreach", over="torch_sgd"))
for part in PARTS:
    answer.number(f"{part}-share")(share_of(part))
