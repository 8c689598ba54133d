"""Question 3, imbalance: what accuracy and balanced accuracy say of a rule that looks at no image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, table_of
from report.answers.charts import IntervalChart, IntervalRow
from report.answers.curves import PERCENT, accuracy_points, over_seeds
from report.answers.intervals import row
from report.answers.q3 import answer
from report.conclude.statistics import Estimate, mean_share, proportion, with_range
from report.experiments.imbalance import ImbalanceResults
from report.record.reader import Arm, Records

RULES = {
    "majority rule": "majority",
    "trained network": "trained",
    "trained, classes weighted": "weighted",
}
SCORES: dict[str, Callable[[ImbalanceResults], float]] = {
    "accuracy": lambda run: run.accuracy,
    "balanced accuracy": lambda run: run.balanced_accuracy,
}


def arm_of(records: Records, name: str) -> Arm[ImbalanceResults]:
    """Return the runs of one rule, or of one way to train."""
    return records.arm("imbalance", name, ImbalanceResults)


@answer.number("majority-cross-entropy", "majority")
@answer.number("trained-cross-entropy", "trained")
def cross_entropy(records: Records, name: str) -> Estimate:
    """Estimate the cross-entropy of one arm: its mean over seeds."""
    return over_seeds(arm_of(records, name), lambda run: run.cross_entropy, unit="nats")


@answer.number("weighted-over-trained")
def weighted_over_trained(records: Records) -> Estimate:
    """Return the accuracy of the network with a weighted loss minus that without: too uneven over seeds for a t interval."""
    weighted, trained = arm_of(records, "weighted").paired_with(arm_of(records, "trained"))
    changes = np.subtract(weighted.values(SCORES["accuracy"]), trained.values(SCORES["accuracy"]))
    return with_range(PERCENT * changes, unit="percentage points", n_of="seeds", signed=True)


@answer.number("weighted-lowers")
def seeds_in_which_weighting_lowers_accuracy(records: Records) -> Estimate:
    """Estimate the share of seeds in which weighting the loss lowers accuracy."""
    weighted, trained = arm_of(records, "weighted").paired_with(arm_of(records, "trained"))
    lower = np.less(weighted.values(SCORES["accuracy"]), trained.values(SCORES["accuracy"]))
    return proportion(int(lower.sum()), len(lower), n_of="seeds")


@answer.number("ranks-right")
def area_under_roc(records: Records) -> Estimate:
    """Estimate the probability with which the trained network ranks a shirt above another image."""
    return over_seeds(arm_of(records, "trained"), lambda run: PERCENT * run.roc_auc, unit="percent", digits=0)


@answer.number("weighted-over-trained-balanced", "weighted", "trained", "balanced accuracy")
def gained_over(records: Records, name: str, baseline: str, score: str) -> Estimate:
    """Estimate a score of one arm minus that of another on the same images, seed by seed."""
    return accuracy_points(arm_of(records, name), arm_of(records, baseline), SCORES[score])


@answer.number("majority-accuracy", "accuracy")
@answer.number("majority-balanced", "balanced accuracy")
def of_majority(records: Records, score: str) -> Estimate:
    """Return a score of the majority rule, which follows from the shares of the classes."""
    scores = arm_of(records, "majority").values(SCORES[score])
    return with_range([PERCENT * value for value in scores], unit="percent", n_of="seeds")


@answer.figure("q3-imbalance")
def imbalance(records: Records, findings: Findings) -> FigureSpec:
    """Draw accuracy and balanced accuracy of the majority rule and of two networks."""
    rows: list[IntervalRow] = []
    for score, value in SCORES.items():
        for label, name in RULES.items():
            shares = [PERCENT * share for share in arm_of(records, name).values(value)]
            rows.append(row(f"{score}: {label}", mean_share(shares), points=shares))
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="test images at 99 to 1 (%)", zero=None),
        title="Always guessing the common class is almost always right; its balanced accuracy is 50 %",
        caption=(
            "Shirts (1 %) against all other kinds, test images drawn in the same proportion. Dot and bar: mean over seeds with "
            "its 95 % interval, from Student's t on the logit scale, which stays within 0 to 100 %; small dots: single seeds. Balanced accuracy is the mean of the two classes' own accuracies."
        ),
    )


@answer.table("q3-rules")
def rules(records: Records, findings: Findings) -> TableSpec:
    """List every score of the three rules at 99 to 1."""
    arms = {label: arm_of(records, name) for label, name in RULES.items()}

    def rare_images_found(rule: str) -> str:
        found, missed = (sum(run.confusion[1][predicted] for run in arms[rule].results) for predicted in (1, 0))
        return f"{found} of {found + missed}"

    return table_of(
        arms,
        {
            "rule": str,
            "accuracy (%)": lambda rule: PERCENT * arms[rule].mean(lambda run: run.accuracy),
            "balanced accuracy (%)": lambda rule: PERCENT * arms[rule].mean(lambda run: run.balanced_accuracy),
            "rare images found": rare_images_found,
            "cross-entropy (nats)": lambda rule: arms[rule].mean(lambda run: run.cross_entropy),
            "area under ROC": lambda rule: arms[rule].mean(lambda run: run.roc_auc),
            "average precision (%)": lambda rule: PERCENT * arms[rule].mean(lambda run: run.average_precision),
        },
        title="Three classifiers at 99 to 1",
        caption=(
            "Means over seeds; rare images found are summed over them. The majority rule gives every image the training share of the rare "
            "class, so its cross-entropy is the entropy of the shares: low, although the rule knows nothing about the image."
        ),
    )


@answer.illustration("Q3.3")
def gains_over_majority(records: Records) -> tuple[Estimate, Estimate]:
    """At 99 to 1, accuracy and balanced accuracy of a trained network, minus those of always guessing the common class."""
    accuracy, balanced = (gained_over(records, "trained", "majority", score) for score in SCORES)
    return accuracy, balanced
