"""The ladder: seconds of an epoch by every way of going through the images once, and what they are made of."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, table_of
from report.answers.charts import Bar, BarChart, BarSegment, IntervalChart
from report.answers.intervals import row
from report.answers.speed import answer
from report.answers.speed.goals import GOALS, ladder, ratio_of, rung_of
from report.answers.timed import machine, median
from report.conclude.statistics import Estimate
from report.experiments.throughput import EpochTimes, MethodName, ThroughputResults
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


@answer.number("notebook-epoch", "notebook")
@answer.number("loader-workers-epoch", "loader_workers")
@answer.number("tensor-dataset-epoch", "tensor_dataset")
@answer.number("fit-epoch", "fit")
@answer.number("fit-one-thread-epoch", "fit_one_thread")
@answer.number("pool-epoch", "fit_pool")
@answer.number("products-epoch", "products")
@answer.number("hand-written-epoch", "hand_written")
def epoch_of(records: Records, name: MethodName) -> Estimate:
    """Estimate the seconds of one epoch on one rung."""
    return median(rung_of(ladder(records), name).seconds["epoch"], unit="seconds", n_of="rounds")


def _ordered(results: ThroughputResults) -> list[tuple[EpochTimes, Estimate]]:
    timed = [(rung, median(rung.seconds["epoch"], unit="seconds", n_of="rounds")) for rung in results.methods]
    return sorted(timed, key=lambda pair: -pair[1].value)


@answer.figure("speed-ladder")
def rungs(records: Records, findings: Findings) -> FigureSpec:
    """Draw the seconds of an epoch on every rung."""
    results = ladder(records)
    timed = _ordered(results)
    slowest, fastest = timed[0], next(pair for pair in timed if pair[0].name == "fit_one_thread")
    factor = slowest[1].value / fastest[1].value
    counts = sorted({len(rung.seconds["epoch"]) for rung in results.methods})
    return FigureSpec(
        chart=IntervalChart(
            rows=[row(LABELS[rung.name], estimate, rung.seconds["epoch"]) for rung, estimate in timed],
            x_label="seconds of one epoch",
            zero=None,
            x_scale="log",
        ),
        title=f"An epoch of {LABELS[slowest[0].name]} takes as long as {factor:.0f} of fit on one thread",
        caption=(
            f"One epoch of {results.num_images:,} images at batch size {results.batch_size}, 784-128-10 network; "
            f"{machine(results.devices[0])} unless one thread is named. Point: median of "
            f"{' or '.join(map(str, counts))} rounds in which all took turns; bar: 95 % bootstrap interval; dots: the rounds. The two "
            "slowest train a quarter of an epoch in each round, and their times are multiplied by four."
        ),
    )


@answer.table("speed-rungs")
def rung_table(records: Records, findings: Findings) -> TableSpec:
    """List the rungs with their threads, seconds and the reason for each."""
    results = ladder(records)
    seconds = {rung.name: estimate.value for rung, estimate in _ordered(results)}
    rungs = {name: rung_of(results, name) for name in seconds}
    return table_of(
        rungs.values(),
        {
            "way": lambda rung: LABELS[rung.name],
            "threads": lambda rung: (
                f"{rung.processes} × {rung.threads}" if rung.name == "fit_pool" else str(rung.threads)
            ),
            "seconds": lambda rung: seconds[rung.name],
            "over hand-written": lambda rung: ratio_of(results, rung.name, "hand_written"),
            "where the time goes": lambda rung: SOURCE[rung.name],
        },
        title="The ladder",
        caption=(
            f"An epoch of {results.num_images:,} images. Seconds: medians over rounds. Over hand-written: geometric means of the ratios "
            "within a round."
        ),
    )


@answer.figure("speed-layers")
def layers(records: Records, findings: Findings) -> FigureSpec:
    """Draw what an epoch is made of: products, calls, other arithmetic, autograd, the optimizer's bookkeeping."""
    results = ladder(records)
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
        title=f"Of an epoch of fit, {100 * parts['autograd, modules'] / seconds['fit_one_thread']:.0f} % goes into what "
        "hand-written gradients don't need",
        alt="Seconds of one epoch: " + ", ".join(f"{name} {value:.2g}" for name, value in parts.items()) + ".",
        caption=(
            f"One epoch of {results.num_images:,} images at batch size {results.batch_size}, one thread, "
            f"{machine(results.devices[0])} at hand. Differences of medians over rounds: products and calls are timed alone; what the "
            "hand-written epoch takes besides is other arithmetic and reading the images; what fit takes besides that, autograd, "
            "modules, checks and a separate update; and what it takes besides that with torch.optim.SGD, bookkeeping."
        ),
    )


@answer.table("speed-goals")
def goal_table(records: Records, findings: Findings) -> TableSpec:
    """List the ratios that the reference loop is held to, and whether it keeps them."""
    results = ladder(records)
    return table_of(
        GOALS,
        {
            "ratio": lambda goal: goal.says,
            "measured": lambda goal: goal.ratio(results).value,
            "limit": lambda goal: goal.limit(),
            "outcome": lambda goal: "met" if goal.met_by(goal.ratio(results).value) else "missed",
        },
        title="Limits",
        caption="Ratios of times of the same rounds (geometric means), and the limits to which “bench --check” holds them.",
    )
