"""The ladder: seconds of an epoch by every way of going through the images once, and what they are made of."""

from __future__ import annotations

import numpy as np

from report.answers.answer import Cell, Estimator, FigureSpec, Findings, TableSpec
from report.answers.charts import Bar, BarChart, BarSegment, IntervalChart, IntervalRow
from report.answers.speed import answer
from report.answers.speed.goals import GOALS, ladder, ratio_of, rung_of
from report.answers.timed import machine, median
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.throughput import EpochTimes, MethodName
from report.record.reader import Records

LABELS: dict[MethodName, str] = {
    "notebook": "the notebook's loop",
    "loader_workers": "the notebook's loop with two workers",
    "tensor_dataset": "the notebook's loop, on tensors",
    "fit": "fit",
    "fit_one_thread": "fit, one thread",
    "scikit_learn": "scikit-learn, one thread",
    "fit_pool": "fit, a process per core",
    "torch_sgd": "fit with torch.optim.SGD, one thread",
    "hand_written": "hand-written gradients, one thread",
    "products": "the large products alone, one thread",
    "calls": "the hand-written calls without arithmetic, one thread",
    "accelerator": "fit on the accelerator",
}
SOURCE: dict[MethodName, str] = {
    "notebook": "opens, converts and normalises one image at a time; reads the loss after every batch",
    "loader_workers": "that work in two other processes, and the way of the batches from there",
    "tensor_dataset": "images converted once; still picked one by one and stacked",
    "fit": "one gather for each batch; no loss read inside the epoch",
    "fit_one_thread": "as fit, with the products on one core",
    "scikit_learn": "the same arithmetic in NumPy and SciPy, without a graph for the gradients",
    "fit_pool": "independent trainings side by side; seconds are wall time over their number",
    "torch_sgd": "as fit, and the bookkeeping of PyTorch's own optimizer",
    "hand_written": "the same steps by PyTorch's operations, without a graph: no autograd, no modules, no new memory",
    "products": "what is left when nothing but the first layer's two products is done",
    "calls": "as many hand-written steps of one unit on one pixel of one image",
    "accelerator": "as fit, on the accelerator, where images, labels and losses stay until the epoch ends",
}


def epoch_of(name: MethodName) -> Estimator:
    """Make a measure of the seconds of one epoch on one rung."""

    def measure(records: Records) -> Estimate:
        results, ids = ladder(records)
        return median(rung_of(results, name).seconds["epoch"], unit="seconds", n_of="rounds", records=ids)

    return measure


def step_down(slower: MethodName, faster: MethodName) -> Estimator:
    """Make a measure of how many times faster one rung is than another."""

    def measure(records: Records) -> Estimate:
        results, ids = ladder(records)
        above, below = (rung_of(results, name).seconds["epoch"] for name in (slower, faster))
        return log_ratio(above, below, records=ids)

    return measure


def _ordered(records: Records) -> tuple[list[tuple[EpochTimes, Estimate]], tuple[str, ...]]:
    results, ids = ladder(records)
    timed = [(rung, median(rung.seconds["epoch"], unit="seconds", n_of="rounds")) for rung in results.methods]
    return sorted(timed, key=lambda pair: -pair[1].value), ids


@answer.figure("speed-ladder")
def rungs(records: Records, findings: Findings) -> FigureSpec:
    """Draw the seconds of an epoch on every rung."""
    timed, ids = _ordered(records)
    results, _ = ladder(records)
    slowest, fastest = timed[0], next(pair for pair in timed if pair[0].name == "fit_one_thread")
    factor = slowest[1].value / fastest[1].value
    counts = sorted({len(rung.seconds["epoch"]) for rung in results.methods})
    return FigureSpec(
        chart=IntervalChart(
            rows=[
                IntervalRow(
                    label=LABELS[rung.name],
                    value=estimate.value,
                    low=estimate.value if estimate.low is None else estimate.low,
                    high=estimate.value if estimate.high is None else estimate.high,
                    points=rung.seconds["epoch"],
                )
                for rung, estimate in timed
            ],
            x_label="seconds of one epoch",
            zero=None,
            x_scale="log",
        ),
        title=f"An epoch of {LABELS[slowest[0].name]} takes as long as {factor:.0f} of fit on one thread",
        alt="Seconds of one epoch: "
        + ", ".join(f"{LABELS[rung.name]} {estimate.value:.2g}" for rung, estimate in timed)
        + ".",
        caption=(
            f"One epoch of {results.num_images:,} images at batch size {results.batch_size}, 784-128-10 network; "
            f"{machine(results.devices[0])} unless one thread is named. Point: median of "
            f"{' or '.join(map(str, counts))} rounds in which all took turns; bar: 95 % bootstrap interval; dots: the rounds. The two "
            "slowest train a quarter of an epoch in each round, and their times are multiplied by four."
        ),
        records=ids,
    )


@answer.table("speed-rungs")
def rung_table(records: Records, findings: Findings) -> TableSpec:
    """List the rungs with their threads, seconds and the reason for each."""
    timed, ids = _ordered(records)
    results, _ = ladder(records)
    leanest = rung_of(results, "hand_written").seconds["epoch"]
    rows: list[list[Cell]] = [
        [
            LABELS[rung.name],
            f"{rung.processes} × {rung.threads}" if rung.name == "fit_pool" else str(rung.threads),
            estimate.value,
            log_ratio(rung.seconds["epoch"], leanest),
            SOURCE[rung.name],
        ]
        for rung, estimate in timed
    ]
    return TableSpec(
        title="The ladder",
        caption=(
            f"An epoch of {results.num_images:,} images. Seconds: medians over rounds. Over hand-written: geometric means of the ratios "
            "within a round."
        ),
        columns=["way", "threads", "seconds", "over hand-written", "where the time goes"],
        rows=rows,
        records=ids,
    )


@answer.figure("speed-layers")
def layers(records: Records, findings: Findings) -> FigureSpec:
    """Draw what an epoch is made of: products, calls, other arithmetic, autograd, the optimizer's bookkeeping."""
    results, ids = ladder(records)
    seconds: dict[MethodName, float] = {rung.name: float(np.median(rung.seconds["epoch"])) for rung in results.methods}
    parts = {
        "products": seconds["products"],
        "calls": seconds["calls"],
        "other arithmetic": max(0.0, seconds["hand_written"] - seconds["products"] - seconds["calls"]),
        "autograd, modules": max(0.0, seconds["fit_one_thread"] - seconds["hand_written"]),
        "bookkeeping": max(0.0, seconds["torch_sgd"] - seconds["fit_one_thread"]),
    }
    segments = [BarSegment(label=name, value=value) for name, value in parts.items()]
    return FigureSpec(
        chart=BarChart(
            bars=[
                Bar(label="fit with torch.optim.SGD", segments=segments),
                Bar(label="fit", segments=segments[:4]),
                Bar(label="hand-written gradients", segments=segments[:3]),
            ],
            x_label="seconds of one epoch",
        ),
        title=f"Of an epoch of fit, {100 * parts['autograd, modules'] / seconds['fit_one_thread']:.0f} % go into what "
        "hand-written gradients don't need",
        alt="Seconds of one epoch: " + ", ".join(f"{name} {value:.2g}" for name, value in parts.items()) + ".",
        caption=(
            f"One epoch of {results.num_images:,} images at batch size {results.batch_size}, one thread, "
            f"{machine(results.devices[0])} at hand. Differences of medians over rounds: products and calls are timed alone; what the "
            "hand-written epoch takes besides is other arithmetic and reading the images; what fit takes besides that, autograd, "
            "modules, checks and a separate update; and what it takes besides that with torch.optim.SGD, bookkeeping."
        ),
        records=ids,
    )


@answer.table("speed-goals")
def goal_table(records: Records, findings: Findings) -> TableSpec:
    """List the ratios that the reference loop is held to, and whether it keeps them."""
    results, ids = ladder(records)
    rows: list[list[str | float | int]] = []
    for goal in GOALS:
        estimate = ratio_of(results, goal)
        rows.append([goal.says, estimate.value, goal.limit(), "met" if goal.met_by(estimate.value) else "missed"])
    return TableSpec(
        title="Limits in CI",
        caption="Ratios of times of the same rounds (geometric means), and the limits to which “bench --check” holds them.",
        columns=["ratio", "measured", "limit", "outcome"],
        rows=rows,
        records=ids,
    )


answer.number("notebook-epoch")(epoch_of("notebook"))
answer.number("loader-workers-epoch")(epoch_of("loader_workers"))
answer.number("tensor-dataset-epoch")(epoch_of("tensor_dataset"))
answer.number("fit-epoch")(epoch_of("fit"))
answer.number("fit-one-thread-epoch")(epoch_of("fit_one_thread"))
answer.number("pool-epoch")(epoch_of("fit_pool"))
answer.number("products-epoch")(epoch_of("products"))
answer.number("hand-written-epoch")(epoch_of("hand_written"))
answer.number("fit-over-hand-written")(step_down("fit_one_thread", "hand_written"))
answer.number("sgd-over-fit")(step_down("torch_sgd", "fit_one_thread"))
answer.number("notebook-over-tensors")(step_down("notebook", "tensor_dataset"))
answer.number("tensors-over-fit")(step_down("tensor_dataset", "fit"))
answer.number("notebook-over-workers")(step_down("notebook", "loader_workers"))
