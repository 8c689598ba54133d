"""Question 6, identical passes: by how much they differ, beside the gap that the notebook takes for a device's."""

from __future__ import annotations

import math

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import LineChart, Panel, Series
from report.answers.curves import PERCENT
from report.answers.q6 import answer
from report.answers.timed import Floats, Ids, loader, machine, passes_of, per_batch, printed_gap_percent
from report.conclude.rules import Above
from report.conclude.statistics import Estimate, bootstrap, exact
from report.record.reader import Records


def repeatability_limit(seconds: Floats) -> Floats:
    """
    Return what two identical passes will differ by at most, 95 times in 100, in percent of a pass.

    It is 1.96 √2 times the standard deviation of the passes (ISO 5725-6, "repeatability limit"): unlike a range, it does
    not grow with their number, and so can be set against the difference of two.
    """
    limit: Floats = 1.96 * math.sqrt(2) * np.std(seconds, ddof=1, axis=-1) / np.mean(seconds, axis=-1) * PERCENT
    return limit


def _empty_passes(records: Records) -> tuple[Floats, Ids]:
    results, ids = loader(records)
    return per_batch(passes_of(results, "loader", model=None)), ids


@answer.claim(
    "Q6.1",
    "The GPU was faster: 611.4 s against 615.3 s.",
    Above(),
    note="The loop that was timed fetches batches, copies them and trains nothing. The spread is of passes shorter than the notebook's: what varies at random averages out over longer ones, what drifts does not.",
)
def gap_beyond_spread(records: Records) -> Estimate:
    """Gap between the printed times, in percent, minus the spread of repeated passes over the loader, which is all that was timed."""
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


@answer.number("spread")
def spread_of_passes(records: Records) -> Estimate:
    """Estimate that limit itself."""
    passes, ids = _empty_passes(records)
    return bootstrap([passes], repeatability_limit, unit="percent", n_of="passes", paired=False, records=ids)


@answer.number("spread-of-pairs")
def spread_of_pairs(records: Records) -> Estimate:
    """Estimate the same for passes twice as long: each two that follow each other taken as one."""
    passes, ids = _empty_passes(records)
    pairs = passes[: len(passes) // 2 * 2].reshape(-1, 2).mean(axis=1)
    return bootstrap([pairs], repeatability_limit, unit="percent", n_of="pairs of passes", paired=False, records=ids)


@answer.number("range")
def range_of_passes(records: Records) -> Estimate:
    """Give the difference of the slowest and the fastest pass, in percent of the median."""
    passes, ids = _empty_passes(records)
    span = float((passes.max() - passes.min()) / np.median(passes) * PERCENT)
    return exact(span, unit="percent", n=len(passes), n_of="passes", records=ids)


@answer.number("printed-gap")
def printed_gap(records: Records) -> Estimate:
    """Give the notebook's gap, in percent of its time on the CPU."""
    return Estimate(
        value=printed_gap_percent(), unit="percent", n=2, n_of="printed figures", method="as printed", digits=2
    )


@answer.figure("q6-passes")
def repeated_passes(records: Records, findings: Findings) -> FigureSpec:
    """Draw identical passes over the loader beside the gap that the notebook takes for a device's."""
    results, ids = loader(records)
    passes = per_batch(passes_of(results, "loader", model=None))
    deviations = (passes / np.median(passes) - 1) * 100
    numbers = [float(i) for i in range(1, len(passes) + 1)]
    gap = printed_gap_percent()
    ends = [0.5, len(passes) + 0.5]
    return FigureSpec(
        chart=LineChart(
            panels=[
                Panel(
                    series=[
                        Series(label="identical passes", x=numbers, y=deviations.tolist(), role="points"),
                        Series(label="printed for the CPU", x=ends, y=[0.0, 0.0], role="reference"),
                        Series(label="printed for the GPU", x=ends, y=[-gap, -gap], role="reference"),
                    ],
                    x_label="pass",
                    y_label="time, from the median (%)",
                )
            ]
        ),
        title=by_verdict(
            findings["Q6.1"],
            supported="Identical passes over the loader differ by less than the printed gap",
            refuted="Identical passes over the loader differ by more than the printed gap",
            undetermined="The printed gap is about as large as the differences of identical passes",
            withheld="Identical passes over the loader, beside the printed gap",
        ),
        alt=(
            f"{len(passes)} identical passes lie between {deviations.min():+.1f} and {deviations.max():+.1f} percent of their "
            f"median. The two printed times are {gap:.2f} percent apart."
        ),
        caption=(
            f"Each point: one pass of {results.passes[0].num_batches} batches through the loader, in turn with other kinds, "
            f"on {machine(results.devices[0])}. Lines: the notebook's two times, the first put at zero."
        ),
        records=ids,
    )
