"""Question 2, whether the best batch size depends on the setting: the critical batch size of two models."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings, if_assessed
from report.answers.charts import IntervalChart, IntervalRow
from report.answers.intervals import row
from report.answers.q2 import answer
from report.answers.q2.noise import change_of_noise_scale
from report.answers.q2.optimum import critical_batch_ratio
from report.conclude.interval_rules import Outside
from report.conclude.statistics import Estimate
from report.record.reader import Records

A_QUARTER = 0.25
"""Two batch sizes that differ by less than a quarter count as the same."""


@answer.claim(
    "Q2.17",
    "Which batch size is best depends on the setting.",
    Outside(A_QUARTER, around=1.0),
    place="Q2, conclusion",
    note="Two models are two settings. Others, such as data sets and devices, were not compared.",
)
def best_depends_on_the_setting(records: Records) -> Estimate:
    """Critical batch size of the network with a hidden layer over that without one, each on the way to its own loss."""
    return critical_batch_ratio(records)


answer.number("noise-scale-change")(change_of_noise_scale)


@answer.figure("q2-settings-compared")
def settings_compared(records: Records, findings: Findings) -> FigureSpec:
    """Draw both comparisons of settings: two models, and two moments of one training."""
    estimates = critical_batch_ratio(records), change_of_noise_scale(records)
    labels = (
        "critical batch size, a hidden layer over none",
        "noise scale, around the last epoch over the initial weights",
    )
    rows = [row(label, estimate) for label, estimate in zip(labels, estimates, strict=True)]
    of_models, of_moments = map(_differs, rows)
    title = f"The critical batch size of the two models {of_models} by more than a quarter; the noise scale at the two moments {of_moments}"
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="ratio", zero=1.0, margin=A_QUARTER, x_scale="log"),
        title=if_assessed(
            findings["Q2.17"], title, withheld="Critical batch size in two models, and noise scale at two moments"
        ),
        caption="Dot and bar: geometric mean over seeds with its 95 % interval. Band: a difference of a quarter.",
    )


def _differs(of: IntervalRow) -> str:
    """State whether a ratio differs from 1 by more than a quarter, by its interval alone."""
    if of.low > 1 + A_QUARTER or of.high < 1 - A_QUARTER:
        return "differs"
    return "does not differ" if of.low > 1 - A_QUARTER and of.high < 1 + A_QUARTER else "may or may not differ"
