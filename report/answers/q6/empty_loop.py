"""Question 6, the loop that the notebook timed: it fetches batches and trains nothing."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import IntervalChart
from report.answers.intervals import row
from report.answers.printed import printed
from report.answers.q6 import answer
from report.answers.q6.fetching import SOURCES
from report.answers.timed import EPOCH_BATCHES, loader, loader_over_resident, machine, median, passes_of, per_batch
from report.conclude.statistics import Estimate, exact
from report.experiments.data_loading import Source
from report.record.reader import Records


@answer.number("printed-epoch")
def printed_epoch(records: Records) -> Estimate:
    """Return the time of one epoch of the notebook's loop, as printed for fifty on the CPU."""
    total = printed("q6_cpu_seconds")[0]
    return exact(total.value / total.epoch, unit="seconds", n=1, n_of="printed figures", method="as printed", digits=1)


answer.number("loader-over-resident", None)(loader_over_resident)
answer.number("training-over-resident", "mlp128")(loader_over_resident)


@answer.number("loader-epoch", "loader")
@answer.number("loader-2-epoch", "loader", 2)
@answer.number("resident-epoch", "resident")
def epoch_seconds(records: Records, source: Source, workers: int = 0) -> Estimate:
    """Estimate the time of an epoch of the empty loop, by where its batches come from."""
    passes = per_batch(passes_of(loader(records), source, model=None, workers=workers))
    return median(passes, scale=EPOCH_BATCHES, unit="seconds", n_of="passes")


@answer.figure("q6-empty-loop")
@answer.figure("q6-card")
def empty_loop(records: Records, findings: Findings) -> FigureSpec:
    """Draw how long an epoch of the notebook's empty loop takes, as printed and by where the batches come from."""
    results = loader(records)
    ratio = loader_over_resident(records, None).value
    rows = [row("as printed, per epoch", printed_epoch(records))]
    for label, source, workers in SOURCES:
        seconds = per_batch(passes_of(results, source, model=None, workers=workers)) * EPOCH_BATCHES
        rows.append(row(label, epoch_seconds(records, source, workers), points=seconds.tolist()))
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="one epoch of the empty loop (s)", zero=None, x_scale="log"),
        title=f"The loop that the notebook timed takes {ratio:.0f} times as long through its DataLoader as from memory",
        caption=(
            f"Batches of {results.batch_size}, nothing trained. Point: median of {len(results.passes[0].seconds['fetch'])} passes "
            f"on {machine(results.devices[0])}, scaled to the 60,000 images of an epoch; bar: 95 % bootstrap interval; dots: the "
            "passes. The ratio in the title is the geometric mean over passes taken in pairs, not the quotient of the medians. The printed time is that of the notebook's machine."
        ),
    )
