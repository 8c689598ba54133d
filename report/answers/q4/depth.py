"""Question 4, depth: what the first hidden layer adds, a linear one in its place, and more of them."""

from __future__ import annotations

from typing import Protocol

from report.answers.base import Arm, FigureContent, Findings, MeasureFunction, Records, TableContent, by_verdict
from report.answers.curves import PERCENT, accuracy_points, band, difference_row, mean_over, over_seeds
from report.charts import IntervalChart, LineChart, Panel
from report.experiments.capacity import CapacityResults
from report.experiments.curves import Curve
from report.experiments.epochs import EpochsResults
from report.statistics import Estimate

LABELS = {
    "none": "no hidden layer",
    "linear1": "one linear layer",
    "relu1": "one ReLU layer",
    "relu2": "two ReLU layers",
    "relu3": "three ReLU layers",
}


class Trained(Protocol):
    """Any results that hold a training curve."""

    @property
    def curve(self) -> Curve:
        """Losses and accuracies by epoch."""
        ...

    @property
    def num_parameters(self) -> int:
        """Weights and biases."""
        ...


def _depth(records: Records, arm: str) -> Arm[Trained]:
    """Return an architecture's runs; one ReLU layer is the `epochs` experiment's own arm."""
    if arm == "relu1":
        return records.arm("epochs", "from_logits", EpochsResults)
    return records.arm("capacity", arm, CapacityResults)


def final_accuracy(run: Trained) -> float:
    """Return the test accuracy after the last epoch."""
    return run.curve.test_accuracy[-1]


def gain_of_a_layer(records: Records) -> Estimate:
    """Estimate one ReLU layer minus none, in test accuracy."""
    return accuracy_points(_depth(records, "relu1"), _depth(records, "none"), final_accuracy)


def gain_of_a_linear_layer(records: Records) -> Estimate:
    """Estimate one linear hidden layer minus none: the same parameters, no non-linearity."""
    return accuracy_points(_depth(records, "linear1"), _depth(records, "none"), final_accuracy)


def gain_of_depth(records: Records) -> tuple[Estimate, Estimate]:
    """Estimate two, and three, ReLU layers minus one."""
    one = _depth(records, "relu1")
    return (
        accuracy_points(_depth(records, "relu2"), one, final_accuracy),
        accuracy_points(_depth(records, "relu3"), one, final_accuracy),
    )


def gain_of_a_layer_tuned(records: Records) -> Estimate:
    """Estimate one ReLU layer minus none, each at the learning rate that the held-out images choose."""
    tuned: Arm[Trained] = records.arm("epochs", "tuned_logits", EpochsResults)
    none: Arm[Trained] = records.arm("capacity", "tuned_none", CapacityResults)
    return accuracy_points(tuned, none, final_accuracy)


def accuracy_of(arm: str) -> MeasureFunction:
    """Make a measure of an architecture's test accuracy after the last epoch."""
    return over_seeds("capacity", arm, CapacityResults, lambda run: final_accuracy(run) * PERCENT, unit="percent")


def gains(records: Records, findings: Findings) -> FigureContent:
    """Draw what each architecture adds to a model with no hidden layer."""
    none = _depth(records, "none")
    deeper = {LABELS[name]: _depth(records, name) for name in LABELS if name != "none"}
    rows = [difference_row(label, arm, none, final_accuracy) for label, arm in deeper.items()]
    layer = by_verdict(
        findings["Q4.1"],
        supported="One hidden layer with ReLU improves on none",
        refuted="One hidden layer with ReLU does not improve on none",
        undetermined="Whether one hidden layer with ReLU improves on none is open",
        withheld="Test accuracy minus that of a model without hidden layer",
    )
    control = by_verdict(
        findings["Q4.2"],
        supported="; a linear one adds nothing",
        refuted="; a linear one makes a difference too",
        undetermined="; what a linear one adds is open",
        withheld="",
    )
    return FigureContent(
        chart=IntervalChart(rows=rows, x_label="test accuracy minus no hidden layer (percentage points)", margin=0.3),
        title=layer + control,
        alt="Gain in test accuracy over no hidden layer: "
        + "; ".join(f"{r.label} {r.value:+.2f} points ({r.low:+.2f} to {r.high:+.2f})" for r in rows)
        + ".",
        caption=(
            f"{len(none.results[0].curve.test_accuracy)} epochs, SGD at 0.01, batch size 64, layers of 128 "
            "units. Dot and bar: mean paired difference and 95 % interval; small dots: single seeds; shaded: ±0.3 points."
        ),
        records=none.records + tuple(id for arm in deeper.values() for id in arm.records),
    )


def depth_curves(records: Records, findings: Findings) -> FigureContent:
    """Draw test accuracy and training loss over the epochs for every depth."""
    arms = {LABELS[name]: _depth(records, name) for name in LABELS}
    curves = {label: [run.curve for run in arm.results] for label, arm in arms.items()}
    last = {label: mean_over(found, lambda c: c.test_accuracy[-1]) * PERCENT for label, found in curves.items()}
    title = by_verdict(
        findings["Q4.5"],
        supported="More layers, better accuracy",
        refuted="Beyond the first ReLU layer, more layers do not improve accuracy",
        undetermined="Beyond the first ReLU layer, the gain from more layers is small or unsettled",
        withheld="Test accuracy and training loss by epoch and depth",
    )
    return FigureContent(
        chart=LineChart(
            panels=[
                Panel(
                    series=[band(label, found, lambda c: c.test_accuracy, PERCENT) for label, found in curves.items()],
                    x_label="epoch",
                    y_label="test accuracy (%)",
                ),
                Panel(
                    series=[band(label, found, lambda c: c.running_loss) for label, found in curves.items()],
                    x_label="epoch",
                    y_label="training loss (nats)",
                    y_scale="log",
                ),
            ]
        ),
        title=title,
        alt="Test accuracy at the last epoch: " + "; ".join(f"{k} {v:.1f} %" for k, v in last.items()) + ".",
        caption="Line: mean over seeds; band: their range. SGD at learning rate 0.01, batch size 64; layers of 128 units.",
        records=tuple(id for arm in arms.values() for id in arm.records),
    )


def architectures(records: Records, findings: Findings) -> TableContent:
    """List every depth with its parameters, losses and accuracy."""
    rows: list[list[str | float | int]] = []
    for name, label in LABELS.items():
        arm = _depth(records, name)
        curves = [run.curve for run in arm.results]
        rows.append(
            [
                label,
                arm.results[0].num_parameters,
                mean_over(curves, lambda c: c.still_train_loss[-1]),
                mean_over(curves, lambda c: c.test_loss[-1]),
                mean_over(curves, lambda c: c.test_accuracy[-1]) * PERCENT,
                mean_over(curves, lambda c: c.still_train_accuracy[-1]) * PERCENT,
            ]
        )
    return TableContent(
        caption="After the last epoch, means over seeds.",
        columns=[
            "model",
            "parameters",
            "training loss (nats)",
            "test loss (nats)",
            "test accuracy (%)",
            "training accuracy (%)",
        ],
        rows=rows,
        records=tuple(id for name in LABELS for id in _depth(records, name).records),
    )


def card(records: Records, findings: Findings) -> FigureContent:
    """Draw the gains, small."""
    return gains(records, findings)
