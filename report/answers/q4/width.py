"""Question 4, width: loss and accuracy against the number of units in the hidden layer."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import LineChart, Panel, Series
from report.answers.curves import PERCENT, mean_and_range, up_to
from report.answers.q4 import answer
from report.conclude.rules import Above, Below
from report.conclude.statistics import Estimate, mean_with_t_interval, slope
from report.experiments.training import Curve, TrainingResults
from report.record.reader import Arm, NoRecords, Records

EPOCHS_WIDTH = 128
"""Units of the network of `epochs`, whose first epochs are the runs of that width."""


def _widths(records: Records) -> dict[int, Arm[Curve]]:
    """Return the training curves by width, all of equally many epochs; there is no answer without any."""
    found = {
        arm.parameters["hidden"][0]: arm.each(lambda run: run.curve)
        for arm in records.arms("capacity", TrainingResults, activation="relu")
        if len(arm.parameters["hidden"]) == 1
    }
    if not found:
        raise NoRecords("capacity: no width")
    epochs = len(next(iter(found.values())).results[0].test_accuracy)
    longer = records.arm("epochs", "from_logits", TrainingResults)
    found[EPOCHS_WIDTH] = longer.each(lambda run: up_to(run.curve, epochs))
    return dict(sorted(found.items()))


def _common_seeds(arms: dict[int, Arm[Curve]]) -> list[int]:
    """Return the seeds that every width was trained with."""
    seeds = sorted(set.intersection(*(set(arm.by_seed) for arm in arms.values())))
    if not seeds:
        raise NoRecords("capacity: no seed has every width")
    return seeds


def _slope_over_widths(records: Records, value: str, unit: str, scale: float = 1.0) -> Estimate:
    arms = _widths(records)
    slopes = [
        slope(np.log2(list(arms)), [getattr(arm.by_seed[seed], value)[-1] * scale for arm in arms.values()])
        for seed in _common_seeds(arms)
    ]
    return mean_with_t_interval(
        slopes,
        unit=f"{unit} per doubling of the width",
        signed=True,
        method="Student t over each seed's slope",
        settings={
            "narrowest": min(arms),
            "widest": max(arms),
            "epochs": len(next(iter(arms.values())).results[0].test_accuracy),
        },
        records=tuple(id for arm in arms.values() for id in arm.records),
    )


@answer.claim("Q4.6a", "A wider layer learns the training images better.", Below())
def loss_against_width(records: Records) -> Estimate:
    """Slope of the training loss for each doubling of the width, {narrowest} to {widest}, after {epochs} epochs."""
    return _slope_over_widths(records, "train_loss", "nats")


@answer.claim("Q4.6b", "A wider layer recognises unseen images better.", Above())
def accuracy_against_width(records: Records) -> Estimate:
    """Slope of test accuracy for each doubling of the width, {narrowest} to {widest}, after {epochs} epochs."""
    return _slope_over_widths(records, "test_accuracy", "percentage points", PERCENT)


@answer.figure("q4-width")
def width_curve(records: Records, findings: Findings) -> FigureSpec:
    """Draw training loss and test accuracy against width."""
    arms = _widths(records)
    x = [float(width) for width in arms]
    seeds = _common_seeds(arms)

    def against_width(name: str, scale: float) -> Series:
        values = [[getattr(arm.by_seed[seed], name)[-1] * scale for arm in arms.values()] for seed in seeds]
        return mean_and_range("", x, np.array(values))

    loss, accuracy = against_width("train_loss", 1.0), against_width("test_accuracy", PERCENT)
    epochs = len(next(iter(arms.values())).results[0].test_accuracy)
    return FigureSpec(
        chart=LineChart(
            panels=[
                Panel(
                    series=[loss], x_label="units in the hidden layer", y_label="training loss (nats)", x_scale="log"
                ),
                Panel(
                    series=[accuracy], x_label="units in the hidden layer", y_label="test accuracy (%)", x_scale="log"
                ),
            ]
        ),
        title=by_verdict(
            findings["Q4.6b"],
            supported="A wider layer is better on unseen images too",
            refuted="A wider layer is worse on unseen images",
            undetermined="What width does to accuracy on unseen images is not settled by these runs",
            withheld="Training loss and test accuracy against width",
        ),
        alt=f"From {x[0]:.0f} to {x[-1]:.0f} units the training loss goes from {loss.y[0]:.3f} to {loss.y[-1]:.3f} nats and test "
        f"accuracy from {accuracy.y[0]:.1f} to {accuracy.y[-1]:.1f} %.",
        caption=f"One ReLU layer, {epochs} epochs, SGD at 0.01, batch size 64. Line: mean over seeds; band: their range.",
        records=tuple(id for arm in arms.values() for id in arm.records),
    )
