"""Question 4, width: loss and accuracy against the number of units in the hidden layer."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import stacked
from report.answers.curves import PERCENT, at_the_end, epochs_of_the_end, mean_and_range, up_to
from report.answers.q4 import answer
from report.answers.q4.depth import architecture
from report.conclude.interval_rules import Above, Below
from report.conclude.rules import Conditions
from report.conclude.seeds_and_images import over_seeds_and_images
from report.conclude.statistics import Estimate, mean_with_t_interval
from report.experiments.training import Curve, TrainingResults
from report.record.reader import Arm, NoRecords, Records, ids_of

WIDTH_OF_DEPTHS = 128
"""Units of the layers of `depth`, whose first epochs are the runs of that width."""


def _widths(records: Records) -> dict[int, Arm[Curve]]:
    """Return the training curves by width, all of equally many epochs; there is no answer without any."""
    found = {
        arm.parameters["hidden"][0]: arm.each(lambda run: run.curve)
        for arm in records.arms("capacity", TrainingResults, activation="relu")
        if len(arm.parameters["hidden"]) == 1 and arm.parameters["hidden"] != [WIDTH_OF_DEPTHS]
    }
    if not found:
        raise NoRecords("capacity: no width")
    epochs = len(next(iter(found.values())).results[0].test_accuracy)
    found[WIDTH_OF_DEPTHS] = architecture(records, "relu1").each(lambda run: up_to(run.curve, epochs))
    return dict(sorted(found.items()))


def _by_seed(arms: dict[int, Arm[Curve]]) -> list[list[Curve]]:
    """Return the curves of every width, narrowest first, for each seed that has them all."""
    seeds = sorted(set.intersection(*(set(arm.by_seed) for arm in arms.values())))
    if not seeds:
        raise NoRecords("capacity: no seed has every width")
    return [[arm.by_seed[seed] for arm in arms.values()] for seed in seeds]


def loss(curve: Curve) -> float:
    """Return the training loss at the end, taken while the weights change: of every epoch, not of a few."""
    return at_the_end(curve.running_loss)


def accuracy(curve: Curve) -> float:
    """Return the test accuracy at the end, in percent."""
    return PERCENT * at_the_end(curve.test_accuracy)


@answer.claim(
    "Q4.6",
    "More units give the model more capacity: it fits the training images better and recognises unseen ones better.",
    Conditions({"training images": Below(0.0), "unseen images": Above(0.0)}),
    note="Ten epochs at one learning rate don't show whether a wider layer fits better in the end, or only faster.",
)
def slopes_over_width(records: Records) -> tuple[Estimate, Estimate]:
    """Slopes of training loss and test accuracy for each doubling of the width, {narrowest} to {widest}, after {epochs} epochs."""
    arms = _widths(records)
    by_seed = _by_seed(arms)
    doublings = np.log2(list(arms)) - np.log2(list(arms)).mean()
    weights = doublings / (doublings**2).sum()  # of the least-squares slope
    recognised = [[PERCENT * curve.recognition[-1].shares() for curve in curves] for curves in by_seed]
    settings = {"narrowest": min(arms), "widest": max(arms), "epochs": len(by_seed[0][0].test_accuracy)}
    losses = [weights @ [loss(curve) for curve in curves] for curves in by_seed]
    accuracies = [weights @ [accuracy(curve) for curve in curves] for curves in by_seed]
    images = [weights @ shares for shares in recognised]
    method, ids = "Student t over each seed's slope", ids_of(arms.values())
    return (
        mean_with_t_interval(losses, unit="nats", signed=True, method=method, settings=settings, records=ids),
        over_seeds_and_images(accuracies, images, unit="percentage points", settings=settings, records=ids),
    )


@answer.number("gain-of-wide")
def gain_of_wide(records: Records) -> Estimate:
    """Estimate the slope of test accuracy for each doubling from the width of `depth` to the widest."""
    arms = {width: arm for width, arm in _widths(records).items() if width >= WIDTH_OF_DEPTHS}
    if len(arms) < 2:
        raise NoRecords(f"capacity: no width beyond {WIDTH_OF_DEPTHS}")
    doublings = np.log2(max(arms) / min(arms))
    by_seed = [(curves[0], curves[-1]) for curves in _by_seed(arms)]
    return over_seeds_and_images(
        [(accuracy(widest) - accuracy(first)) / doublings for first, widest in by_seed],
        [
            PERCENT * (widest.recognition[-1].shares() - first.recognition[-1].shares()) / doublings
            for first, widest in by_seed
        ],
        unit="percentage points",
        records=ids_of(arms.values()),
    )


@answer.figure("q4-width")
def width_curve(records: Records, findings: Findings) -> FigureSpec:
    """Draw training loss and test accuracy against width."""
    arms = _widths(records)
    by_seed, x = _by_seed(arms), [float(width) for width in arms]
    losses, accuracies = (
        mean_and_range("", x, np.array([[value(curve) for curve in curves] for curves in by_seed]))
        for value in (loss, accuracy)
    )
    panels = {"training loss (nats)": [losses], "test accuracy (%)": [accuracies]}
    epochs = len(by_seed[0][0].test_accuracy)
    return FigureSpec(
        chart=stacked(panels, x_label="units in the hidden layer", x_scale="log"),
        title=by_verdict(
            findings["Q4.6"],
            supported=f"After {epochs} epochs a wider layer fits better and recognises more unseen images",
            refuted=f"After {epochs} epochs a wider layer neither fits better nor recognises more unseen images",
            depends=f"After {epochs} epochs width helps on one kind of images, training or unseen, and not on the other",
            undetermined=f"What width does within {epochs} epochs is not settled by these runs",
            withheld="Training loss and test accuracy against width",
        ),
        alt=f"From {x[0]:.0f} to {x[-1]:.0f} units the training loss goes from {losses.y[0]:.3f} to {losses.y[-1]:.3f} nats and "
        f"test accuracy from {accuracies.y[0]:.1f} to {accuracies.y[-1]:.1f} %.",
        caption=(
            f"One ReLU layer, {epochs} epochs, SGD at 0.01, batch size 64; averages over epochs "
            f"{epochs_of_the_end(by_seed[0][0].test_accuracy)}. Line: mean over seeds; band: their range."
        ),
        records=ids_of(arms.values()),
    )
