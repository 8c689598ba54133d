"""Question 6, the loop that the notebook timed: it fetches batches and trains nothing."""

from __future__ import annotations

from collections.abc import Callable

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import IntervalChart
from report.answers.intervals import row
from report.answers.printed import printed
from report.answers.q6 import answer
from report.answers.timed import EPOCH_BATCHES, loader, machine, median, passes_of, per_batch
from report.conclude.rules import Below
from report.conclude.statistics import Estimate, ratio_of_medians
from report.experiments.data_loading import Source
from report.record.reader import Records


@answer.number("printed-epoch")
def printed_epoch(records: Records) -> Estimate:
    """Give the time of one epoch of the notebook's loop, as it was printed for fifty on the CPU."""
    total = printed("q6_cpu_seconds")[0]
    return Estimate(
        value=total.value / total.epoch, unit="seconds", n=1, n_of="printed figures", method="as printed", digits=1
    )


@answer.claim("Q6.9", "Fifty epochs took ten minutes because of the hardware (implied).", Below(10.0))
def loader_over_resident(records: Records) -> Estimate:
    """Time of the same empty loop through the loader over one on resident tensors."""
    results, ids = loader(records)
    return ratio_of_medians(
        per_batch(passes_of(results, "loader", model=None)),
        per_batch(passes_of(results, "resident", model=None)),
        n_of="passes",
        null=10.0,
        records=ids,
    )


def epoch_from(source: Source, workers: int = 0) -> Callable[[Records], Estimate]:
    """Make a measure of an epoch of the empty loop, by where its batches come from."""

    def epoch_seconds(records: Records) -> Estimate:
        """Estimate the time of an epoch of the empty loop."""
        results, ids = loader(records)
        passes = per_batch(passes_of(results, source, model=None, workers=workers))
        return median(passes, scale=EPOCH_BATCHES, unit="seconds", n_of="passes", records=ids)

    return epoch_seconds


@answer.number("gap-between-devices")
def gap_between_devices(records: Records) -> Estimate:
    """Estimate the notebook's comparison, repeated: its empty loop with the CPU as device over the accelerator."""
    results, ids = loader(records, accelerator=True)
    return ratio_of_medians(
        per_batch(passes_of(results, "loader", model=None)),
        per_batch(passes_of(results, "loader", model=None, device=results.devices[-1])),
        n_of="passes",
        records=ids,
    )


@answer.figure("q6-empty-loop")
@answer.figure("q6-card")
def empty_loop(records: Records, findings: Findings) -> FigureSpec:
    """Draw how long an epoch of the notebook's empty loop takes, as printed and by where the batches come from."""
    results, ids = loader(records)
    sources: dict[str, tuple[Source, int]] = {
        "loader": ("loader", 0),
        "loader, 2 workers": ("loader", 2),
        "resident tensors": ("resident", 0),
    }
    rows = [row("as printed, per epoch", printed_epoch(records))]
    for label, (source, workers) in sources.items():
        seconds = per_batch(passes_of(results, source, model=None, workers=workers)) * EPOCH_BATCHES
        rows.append(row(label, median(seconds, unit="seconds", n_of="passes"), points=seconds.tolist()))
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="one epoch of the empty loop (s)", zero=None, x_scale="log"),
        title=by_verdict(
            findings["Q6.9"],
            supported="The empty loop takes much the same without the loader",
            refuted="The notebook timed its loader: from resident tensors the same loop is over at once",
            undetermined="How much of the empty loop is the loader, these passes can't tell",
            withheld="One epoch of the notebook's empty loop, by where its batches come from",
        ),
        alt="Seconds for an epoch: " + "; ".join(f"{shown.label} {shown.value:.3g}" for shown in rows) + ".",
        caption=(
            f"Batches of {results.batch_size}, nothing trained. Point: median of {len(results.passes[0].seconds['fetch'])} passes "
            f"on {machine(results.devices[0])}, scaled to the 60,000 images of an epoch; bar: 95 % bootstrap interval; dots: the "
            "passes. The printed figure is of the notebook's machine."
        ),
        records=ids,
    )


answer.number("loader-epoch")(epoch_from("loader"))
answer.number("loader-2-epoch")(epoch_from("loader", 2))
answer.number("resident-epoch")(epoch_from("resident"))
