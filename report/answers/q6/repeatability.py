"""Question 6, identical passes: by how much they differ, beside the gap between the notebook's two times."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from scipy import stats

from report.answers import timed
from report.answers.answer import FigureSpec, Findings
from report.answers.charts import Series, line_chart
from report.answers.curves import PERCENT
from report.answers.printed import printed
from report.answers.q6 import answer
from report.conclude import formatting
from report.conclude.statistics import CONFIDENCE, Estimate, exact, scaled
from report.record.reader import NoRecords, Records


def repeatability(seconds: timed.Floats, *, n_of: str) -> Estimate:
    """
    Estimate what two identical passes will differ by at most, 95 times in 100, in percent of a pass.

    It is 1.96 √2 times the standard deviation of the passes (ISO 5725-6, "repeatability limit"): unlike a range, it does
    not grow with their number, and so can be compared with the difference of two. The interval is that of a normal
    distribution's standard deviation.
    """
    n = len(seconds)
    if n < 2:
        raise NoRecords("two passes")
    limit = 1.96 * math.sqrt(2) * float(np.std(seconds, ddof=1) / np.mean(seconds)) * PERCENT
    low, high = (
        limit * math.sqrt((n - 1) / float(stats.chi2.ppf(q, n - 1)))
        for q in ((1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2)
    )
    method = f"chi-square over {n_of}"
    return Estimate(value=limit, low=low, high=high, unit="percent", n=n, n_of=n_of, method=method)


def _empty_passes(records: Records) -> tuple[timed.Floats, int]:
    """Return the seconds per batch of the empty passes through the loader, and the batches of a pass."""
    passes = timed.passes_of(timed.loader(records), "loader", model=None)
    return timed.per_batch(passes), passes.num_batches


@answer.illustration("Q6.1")
def spread_of_passes(records: Records) -> Estimate:
    """Repeatability limit of short identical passes through the loader: 95 of 100 pairs differ by less."""
    passes, _ = _empty_passes(records)
    return repeatability(passes, n_of="passes")


@answer.number("spread-of-pairs")
def spread_of_pairs(records: Records) -> Estimate:
    """Estimate the same for passes twice as long: each two that follow each other taken as one."""
    passes, _ = _empty_passes(records)
    pairs = passes[: len(passes) // 2 * 2].reshape(-1, 2).mean(axis=1)
    return repeatability(pairs, n_of="pairs of passes")


@answer.number("spread-if-random")
def spread_if_random(records: Records) -> Estimate:
    """Scale the limit to the notebook's fifty epochs, as if passes differed at random: by the root of the length."""
    passes, num_batches = _empty_passes(records)
    fifty_epochs = printed("q6_cpu_seconds")[0].epoch * timed.EPOCH_BATCHES
    limit = repeatability(passes, n_of="passes")
    method = f"{limit.method}, scaled by the root of the number of batches"
    return msgspec.structs.replace(scaled(limit, math.sqrt(num_batches / fifty_epochs)), method=method)


@answer.number("pass-seconds")
def seconds_of_a_pass(records: Records) -> Estimate:
    """Estimate the time of one of these passes."""
    passes, num_batches = _empty_passes(records)
    return timed.median(passes, scale=num_batches, unit="seconds", n_of="passes")


@answer.number("pass-batches")
def batches_of_a_pass(records: Records) -> Estimate:
    """Count the batches of one of these passes."""
    passes, num_batches = _empty_passes(records)
    return exact(num_batches, unit="batches", n=len(passes), n_of="passes")


@answer.number("printed-gap")
def printed_gap(records: Records) -> Estimate:
    """Return the gap between the notebook's two times, in percent of the time on the CPU."""
    return exact(
        timed.printed_gap_percent(), unit="percent", n=2, n_of="printed figures", method="as printed", digits=2
    )


@answer.figure("q6-passes")
def repeated_passes(records: Records, findings: Findings) -> FigureSpec:
    """Draw identical passes over the loader beside the gap between the notebook's times."""
    passes, num_batches = _empty_passes(records)
    deviations = (passes / np.median(passes) - 1) * PERCENT
    numbers = [float(i) for i in range(1, len(passes) + 1)]
    gap, seconds = timed.printed_gap_percent(), float(np.median(passes)) * num_batches
    lowest, highest = (formatting.number(end, 0, signed=True) for end in (deviations.min(), deviations.max()))
    ends = [0.5, len(passes) + 0.5]
    return FigureSpec(
        chart=line_chart(
            Series(label="identical passes", x=numbers, y=deviations.tolist(), role="points"),
            Series(label="printed for the CPU", x=ends, y=[0.0, 0.0], role="reference"),
            Series(label="printed for the GPU", x=ends, y=[-gap, -gap], role="reference"),
            x_label="pass",
            y_label="time, from the median (%)",
        ),
        title=f"{len(passes)} identical passes of {seconds:.1f} s differ from their median by {lowest} % to {highest} %",
        alt=(
            f"{len(passes)} identical passes lie between {deviations.min():+.1f} and {deviations.max():+.1f} percent of their "
            f"median. The two printed times are {gap:.2f} percent apart."
        ),
        caption=(
            f"Each point: one pass of {num_batches} batches through the loader, alternating with passes of other kinds, on "
            f"{timed.machine(timed.loader(records).devices[0])}. Lines: the notebook's two times, the first put at zero. "
            "The passes are much shorter than the notebook's, so the two can't be compared directly."
        ),
    )
