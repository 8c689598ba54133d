"""Part 1, two modes: networks that never predict some class, and networks that learn all ten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fmnist_ref import CLASS_NAMES
from report.answers.answer import Cell, FigureSpec, Findings, TableSpec, by_verdict
from report.answers.charts import MatrixChart, MatrixPanel
from report.answers.curves import PERCENT, at_the_end, share_of
from report.answers.part1 import answer
from report.answers.trained import hundred_epochs, printed_epochs, published_curves
from report.conclude.rules import NoneOf
from report.conclude.statistics import Estimate, with_range
from report.experiments.epochs import EpochsResults
from report.experiments.training import Curve
from report.record.reader import Arm, NoRecords, Records

LABELS = {"as_published": "as published", "from_logits": "from logits"}
SHIRT = CLASS_NAMES.index("Shirt")


def missing_classes(curve: Curve) -> list[int]:
    """Return the classes that the network never predicts after the last epoch."""
    return [label for label, count in enumerate(curve.predicted[-1]) if count == 0]


def recall(curve: Curve) -> NDArray[np.float64]:
    """Return the share of each class's test images that are recognised after the last epoch, in percent."""
    confusion = np.array(curve.recognition[-1].confusion)
    found: NDArray[np.float64] = PERCENT * confusion.diagonal() / confusion.sum(axis=1)
    return found


def most_often_missing(arm: Arm[Curve]) -> int:
    """Return the class that most runs never predict."""
    counts = Counter(label for curve in arm.results for label in missing_classes(curve))
    return counts.most_common(1)[0][0] if counts else SHIRT


@answer.claim(
    "P1.7",
    "A falling loss shows that every class is being learnt.",
    NoneOf(15.0),
)
def runs_that_lack_a_class(records: Records) -> Estimate:
    """Share of runs as published that after epoch {epochs} never predict some class, although the loss fell throughout."""
    arm = printed_epochs(records, "as_published")
    settings = {"epochs": len(arm.results[0].test_loss)}
    return share_of(arm, lambda c: missing_classes(c) and (np.diff(c.mean_of_batch_means) < 0).all(), settings=settings)


@answer.number("shirts-missing")
def shirts_missing(records: Records) -> Estimate:
    """Estimate the share of runs as published that never predict a shirt after the printed epochs."""
    return share_of(printed_epochs(records, "as_published"), lambda curve: SHIRT in missing_classes(curve))


@answer.number("missing-from-logits")
def missing_from_logits(records: Records) -> Estimate:
    """Estimate the share of runs from logits that never predict some class after the printed epochs."""
    return share_of(printed_epochs(records, "from_logits"), missing_classes)


@answer.number("missing-after-hundred-epochs")
def missing_after_a_hundred_epochs(records: Records) -> Estimate:
    """Estimate the share of runs as published that never predict some class after a hundred epochs either."""
    return share_of(published_curves(records), missing_classes)


def _last_loss(run: EpochsResults) -> float:
    return run.curve.train_loss[-1]


def _true_class_log_loss(run: EpochsResults) -> float:
    return run.inspection.true_class_log_loss


def _accuracy(run: EpochsResults) -> float:
    return PERCENT * at_the_end(run.curve.test_accuracy)


@answer.number("published-last-loss-missing", "nats", 3, _last_loss, True)
@answer.number("published-last-loss-learnt", "nats", 3, _last_loss, False)
@answer.number("published-true-loss-missing", "nats", 2, _true_class_log_loss, True)
@answer.number("published-true-loss-learnt", "nats", 2, _true_class_log_loss, False)
@answer.number("published-accuracy-missing", "percent", 1, _accuracy, True)
@answer.number("published-accuracy-learnt", "percent", 1, _accuracy, False)
def mean_by_mode(
    records: Records, unit: str, digits: int, value: Callable[[EpochsResults], float], lacking: bool
) -> Estimate:
    """Return the mean and the range over the runs of a hundred epochs that lack a class at the end, or over those that don't."""
    arm = hundred_epochs(records, "as_published").where(lambda run: bool(missing_classes(run.curve)) == lacking)
    if not arm.by_seed:
        raise NoRecords("epochs: no such run")
    return with_range(arm.values(value), unit=unit, n_of="runs", digits=digits, records=arm.records)


@answer.figure("part1-recall")
@answer.figure("part1-card")
def recall_by_class(records: Records, findings: Findings) -> FigureSpec:
    """Draw a heat map of recall by class and seed, as published above from logits."""
    arms = {label: printed_epochs(records, name) for name, label in LABELS.items()}
    published = arms["as published"]
    seeds = sorted(set.intersection(*(set(arm.by_seed) for arm in arms.values())))
    epochs = len(published.results[0].test_loss)
    worst = most_often_missing(published)
    lacking = sum(worst in missing_classes(curve) for curve in published.results)
    return FigureSpec(
        chart=MatrixChart(
            panels=[
                MatrixPanel(
                    title=label,
                    rows=list(CLASS_NAMES),
                    values=np.array([recall(arm.by_seed[seed]) for seed in seeds]).T.round().tolist(),
                )
                for label, arm in arms.items()
            ],
            columns=[str(seed) for seed in seeds],
            x_label="seed",
            y_label="class",
        ),
        title=by_verdict(
            findings["P1.7"],
            supported="Every network trained as published predicts all ten classes",
            refuted=f"{lacking} of {len(published.results)} networks trained as published never predict the class {CLASS_NAMES[worst]}",
            withheld="Recall by class and seed, as published and from logits",
        ),
        alt="Heat maps of recall by class and seed. "
        + " ".join(
            f"{label.capitalize()}, {sum(bool(missing_classes(c)) for c in arm.results)} of {len(arm.results)} networks never predict "
            f"some class; mean recall of {CLASS_NAMES[worst]} is {np.mean([recall(c)[worst] for c in arm.results]):.0f} %."
            for label, arm in arms.items()
        ),
        caption=(
            "As published: softmax in the network, and again in the loss. From logits: without the softmax in the network. "
            f"Recall after {epochs} epochs: the share of each class's test images that are recognised. Stronger colour = more "
            "recognised; an empty cell = none. One column is one seed: the same initial weights and the same batches in both maps."
        ),
    )


@answer.table("part1-missing")
def missing_by_class(records: Records, findings: Findings) -> TableSpec:
    """Count the runs that never predict a class, by class."""
    arms = {label: printed_epochs(records, name) for name, label in LABELS.items()}
    counts = {
        label: Counter(CLASS_NAMES[missing] for curve in arm.results for missing in missing_classes(curve))
        for label, arm in arms.items()
    }
    missing = sorted({name for found in counts.values() for name in found}, key=CLASS_NAMES.index)
    rows: list[list[Cell]] = [[name, *(found[name] for found in counts.values())] for name in missing]
    learnt = [sum(not missing_classes(curve) for curve in arm.results) for arm in arms.values()]
    return TableSpec(
        title="Classes that are never predicted",
        caption=f"Number of networks, of {len(arms['as published'].results)} seeds, that never predict a class after the epochs that the notebook printed.",
        columns=["never predicted", *arms],
        rows=[*rows, ["none: all ten are predicted", *learnt]],
    )
