"""Question 3, imbalance: what accuracy and balanced accuracy say of a rule that looks at no image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec
from report.answers.charts import IntervalChart, IntervalRow
from report.answers.curves import PERCENT, over_seeds, paired_difference
from report.answers.intervals import row
from report.answers.q3 import answer
from report.conclude.statistics import Estimate, mean_share, with_range
from report.experiments.imbalance import ImbalanceResults
from report.record.reader import Records

RULES = {
    "majority rule": "majority",
    "trained network": "trained",
    "trained, classes weighted": "weighted",
}
SCORES: dict[str, Callable[[ImbalanceResults], float]] = {
    "accuracy": lambda run: run.accuracy,
    "balanced accuracy": lambda run: run.balanced_accuracy,
}


def on_imbalance(arm: str, value: Callable[[ImbalanceResults], float], *, unit: str) -> Callable[[Records], Estimate]:
    """Make a measure of one score of an arm of `imbalance`: its mean over seeds."""
    return over_seeds("imbalance", arm, ImbalanceResults, value, unit=unit)


def gained_over(
    arm: str,
    baseline: str,
    value: Callable[[ImbalanceResults], float],
    *,
    unit: str = "percentage points",
    scale: float = PERCENT,
) -> Callable[[Records], Estimate]:
    """Make a measure of one arm of `imbalance` minus another on the same images, seed by seed."""

    def measure(records: Records) -> Estimate:
        first, second = (records.arm("imbalance", name, ImbalanceResults) for name in (arm, baseline))
        return paired_difference(first, second, value, unit=unit, scale=scale)

    return measure


def of_majority(value: Callable[[ImbalanceResults], float]) -> Callable[[Records], Estimate]:
    """Make a measure of a score of the majority rule, which follows from the shares of the classes."""

    def measure(records: Records) -> Estimate:
        arm = records.arm("imbalance", "majority", ImbalanceResults)
        return with_range(
            [PERCENT * score for score in arm.values(value)], unit="percent", n_of="seeds", records=arm.records
        )

    return measure


@answer.figure("q3-imbalance")
def imbalance(records: Records, findings: Findings) -> FigureSpec:
    """Draw accuracy and balanced accuracy of the majority rule and of two networks."""
    rows: list[IntervalRow] = []
    ids: tuple[str, ...] = ()
    for measure_name, value in SCORES.items():
        for label, name in RULES.items():
            arm = records.arm("imbalance", name, ImbalanceResults)
            shares = [PERCENT * share for share in arm.values(value)]
            rows.append(row(f"{measure_name}: {label}", mean_share(shares), points=shares))
            ids = tuple(dict.fromkeys(ids + arm.records))
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="test images at 99 to 1 (%)", zero=None),
        title="Always guessing the common class is almost always right; balanced accuracy shows that it knows nothing",
        alt="At 99 to 1: " + "; ".join(f"{r.label}, {r.value:.1f} %" for r in rows) + ".",
        caption=(
            "Shirts (1 %) against all other kinds, test images drawn in the same proportion. Dot and bar: mean over seeds with "
            "its 95 % interval, from Student's t on the logit scale, which stays within 0 to 100 %; small dots: single seeds. Balanced accuracy is the mean of the two classes' own accuracies."
        ),
        records=ids,
    )


@answer.table("q3-rules")
def rules(records: Records, findings: Findings) -> TableSpec:
    """List every score of the three rules at 99 to 1."""
    rows: list[list[str | float | int]] = []
    ids: tuple[str, ...] = ()
    for label, name in RULES.items():
        arm = records.arm("imbalance", name, ImbalanceResults)
        ids += arm.records
        found = [sum(run.confusion[1][1] for run in arm.results), sum(sum(run.confusion[1]) for run in arm.results)]
        rows.append(
            [
                label,
                PERCENT * float(np.mean(arm.values(lambda run: run.accuracy))),
                PERCENT * float(np.mean(arm.values(lambda run: run.balanced_accuracy))),
                f"{found[0]} of {found[1]}",
                float(np.mean(arm.values(lambda run: run.cross_entropy))),
                float(np.mean(arm.values(lambda run: run.roc_auc))),
                PERCENT * float(np.mean(arm.values(lambda run: run.average_precision))),
            ]
        )
    return TableSpec(
        title="Three classifiers at 99 to 1",
        caption=(
            "Means over seeds; rare images found are summed over them. The majority rule gives every image the training share of the rare "
            "class, so its cross-entropy is the entropy of the shares: low, although the rule knows nothing about the image."
        ),
        columns=[
            "rule",
            "accuracy (%)",
            "balanced accuracy (%)",
            "rare images found",
            "cross-entropy (nats)",
            "area under ROC",
            "average precision (%)",
        ],
        rows=rows,
        records=ids,
    )


@answer.illustration("Q3.3")
def gains_over_majority(records: Records) -> tuple[Estimate, Estimate]:
    """At 99 to 1, accuracy and balanced accuracy of a trained network, minus those of always guessing the common class."""
    accuracy, balanced = (gained_over("trained", "majority", value)(records) for value in SCORES.values())
    return accuracy, balanced


for name, value in {"majority-accuracy": "accuracy", "majority-balanced": "balanced accuracy"}.items():
    answer.number(name)(of_majority(SCORES[value]))
answer.number("majority-cross-entropy")(on_imbalance("majority", lambda r: r.cross_entropy, unit="nats"))
answer.number("trained-cross-entropy")(on_imbalance("trained", lambda r: r.cross_entropy, unit="nats"))
answer.number("weighted-over-trained")(gained_over("weighted", "trained", lambda r: r.accuracy))
answer.number("weighted-over-trained-balanced")(gained_over("weighted", "trained", lambda r: r.balanced_accuracy))
