"""Question 4, depth: what the first hidden layer adds, a linear one in its place, and more of them."""

from __future__ import annotations

import msgspec
import numpy as np

from report.answers.answer import Estimator, FigureSpec, Findings, TableSpec, by_verdict
from report.answers.charts import IntervalChart, LineChart, Panel
from report.answers.curves import PERCENT, accuracy_points, band, difference_row, mean_over, up_to
from report.answers.q4 import answer
from report.conclude.claims import MARGIN
from report.conclude.rules import Above, AllOf, Inside
from report.conclude.statistics import Estimate, exact, mean_with_t_interval
from report.experiments.training import TrainingResults
from report.record.reader import Arm, Records

LABELS = {
    "none": "no hidden layer",
    "linear1": "one linear layer",
    "relu1": "one ReLU layer",
    "relu2": "two ReLU layers",
    "relu3": "three ReLU layers",
}


def _depth(records: Records, name: str) -> Arm[TrainingResults]:
    """Return an architecture's runs; one ReLU layer is the `epochs` experiment's own arm."""
    if name == "relu1":
        return records.arm("epochs", "from_logits", TrainingResults)
    return records.arm("capacity", name, TrainingResults)


def _num_epochs(arm: Arm[TrainingResults]) -> int:
    return min(len(run.curve.test_accuracy) for run in arm.results)


def _depths(records: Records, *names: str) -> list[Arm[TrainingResults]]:
    """Return several architectures' runs up to the last epoch that all of them reached."""
    arms = [_depth(records, name) for name in names]
    shared = min(map(_num_epochs, arms))
    return [arm.each(lambda run: msgspec.structs.replace(run, curve=up_to(run.curve, shared))) for arm in arms]


def final_accuracy(run: TrainingResults) -> float:
    """Return the test accuracy after the last epoch."""
    return run.curve.test_accuracy[-1]


def _gain(records: Records, name: str, baseline: str) -> Estimate:
    arm, other = _depths(records, name, baseline)
    return accuracy_points(arm, other, final_accuracy, settings={"epochs": _num_epochs(arm)})


@answer.claim("Q4.1", "A hidden layer improves the model.", Above(MARGIN))
def gain_of_a_layer(records: Records) -> Estimate:
    """Test accuracy after {epochs} epochs, one ReLU layer minus none."""
    return _gain(records, "relu1", "none")


@answer.claim("Q4.2", "It is the non-linearity that does it (our control).", Inside(0.5))
def gain_of_a_linear_layer(records: Records) -> Estimate:
    """Test accuracy after {epochs} epochs, one linear hidden layer minus none."""
    return _gain(records, "linear1", "none")


@answer.claim("Q4.5", "Deeper is better.", AllOf((Above(MARGIN), Above(MARGIN))))
def gain_of_depth(records: Records) -> tuple[Estimate, Estimate]:
    """Test accuracy after {epochs} epochs, two and three ReLU layers minus one."""
    return _gain(records, "relu2", "relu1"), _gain(records, "relu3", "relu1")


@answer.number("gain-tuned")
def gain_of_a_layer_tuned(records: Records) -> Estimate:
    """Estimate one ReLU layer minus none, each at the learning rate that the held-out images choose."""
    tuned = records.arm("epochs", "tuned_logits", TrainingResults)
    none = records.arm("capacity", "tuned_none", TrainingResults)
    return accuracy_points(tuned, none, final_accuracy)


def accuracy_of(name: str) -> Estimator:
    """Make a measure of an architecture's test accuracy, after the last epoch that all reached."""

    def measure(records: Records) -> Estimate:
        arm = dict(zip(LABELS, _depths(records, *LABELS), strict=True))[name]
        accuracies = arm.values(lambda run: final_accuracy(run) * PERCENT)
        return mean_with_t_interval(accuracies, unit="percent", records=arm.records)

    return measure


@answer.number("epochs-compared")
def epochs_compared(records: Records) -> Estimate:
    """Count the epochs after which all architectures are compared: the last that all of them reached."""
    arms = _depths(records, *LABELS)
    epochs = _num_epochs(arms[0])
    ids = tuple(id for arm in arms for id in arm.records)
    return exact(epochs, unit="epochs", n=len(arms), n_of="architectures", digits=0, records=ids)


@answer.number("change-between-epochs")
def change_between_epochs(records: Records) -> Estimate:
    """Estimate by how much three ReLU layers' test accuracy changes from one epoch to the next, near the last."""
    arm = _depths(records, *LABELS)[-1]
    changes = arm.values(lambda run: float(np.abs(np.diff(run.curve.test_accuracy[-11:])).mean()) * PERCENT)
    return mean_with_t_interval(changes, unit="percentage points", records=arm.records)


@answer.figure("q4-gains")
def gains(records: Records, findings: Findings) -> FigureSpec:
    """Draw what each architecture adds to a model with no hidden layer."""
    none, *others = _depths(records, *LABELS)
    deeper = dict(zip(list(LABELS.values())[1:], others, strict=True))
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
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="test accuracy minus no hidden layer (percentage points)", margin=0.3),
        title=layer + control,
        alt="Gain in test accuracy over no hidden layer: "
        + "; ".join(f"{r.label} {r.value:+.2f} points ({r.low:+.2f} to {r.high:+.2f})" for r in rows)
        + ".",
        caption=(
            f"After {_num_epochs(none)} epochs, SGD at 0.01, batch size 64, layers of 128 "
            "units. Dot and bar: mean paired difference and 95 % interval; small dots: single seeds; shaded: ±0.3 points."
        ),
        records=none.records + tuple(id for arm in deeper.values() for id in arm.records),
    )


@answer.figure("q4-depth")
def depth_curves(records: Records, findings: Findings) -> FigureSpec:
    """Draw test accuracy and training loss over the epochs for every depth."""
    arms = dict(zip(LABELS.values(), _depths(records, *LABELS), strict=True))
    curves = {label: [run.curve for run in arm.results] for label, arm in arms.items()}
    last = {label: mean_over(found, lambda c: c.test_accuracy[-1]) * PERCENT for label, found in curves.items()}
    title = by_verdict(
        findings["Q4.5"],
        supported="More layers, better accuracy",
        refuted="Beyond the first ReLU layer, more layers do not improve accuracy",
        undetermined="Beyond the first ReLU layer, the gain from more layers is small or unsettled",
        withheld="Test accuracy and training loss by epoch and depth",
    )
    return FigureSpec(
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


@answer.table("q4-architectures")
def architectures(records: Records, findings: Findings) -> TableSpec:
    """List every depth with its parameters, losses and accuracy."""
    rows: list[list[str | float | int]] = []
    arms = _depths(records, *LABELS)
    for label, arm in zip(LABELS.values(), arms, strict=True):
        curves = [run.curve for run in arm.results]
        rows.append(
            [
                label,
                arm.results[0].num_parameters,
                mean_over(curves, lambda c: c.train_loss[-1]),
                mean_over(curves, lambda c: c.test_loss[-1]),
                mean_over(curves, lambda c: c.test_accuracy[-1]) * PERCENT,
                mean_over(curves, lambda c: c.train_accuracy[-1]) * PERCENT,
            ]
        )
    return TableSpec(
        caption=f"After {_num_epochs(arms[0])} epochs, means over seeds.",
        columns=[
            "model",
            "parameters",
            "training loss (nats)",
            "test loss (nats)",
            "test accuracy (%)",
            "training accuracy (%)",
        ],
        rows=rows,
        records=tuple(id for arm in arms for id in arm.records),
    )


@answer.figure("q4-card")
def card(records: Records, findings: Findings) -> FigureSpec:
    """Draw the gains, small."""
    return gains(records, findings)


answer.number("accuracy-none")(accuracy_of("none"))
answer.number("accuracy-linear")(accuracy_of("linear1"))
answer.number("accuracy-relu1")(accuracy_of("relu1"))
