"""Question 4: what does a hidden layer add?"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from report.answers.base import Answer, Arm, FigureContent, Findings, MeasureFunction, Records, TableContent, by_verdict
from report.answers.curves import PERCENT, accuracy_points, band, difference_row, over_seeds
from report.answers.printed import printed
from report.charts import IntervalChart, LineChart, Panel, Series
from report.experiments.capacity import WIDTHS, CapacityResults
from report.experiments.curves import Curve
from report.experiments.epochs import EpochsResults
from report.statistics import Estimate, count, mean_with_t_interval, slope


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


def _final_accuracy(run: Trained) -> float:
    return run.curve.test_accuracy[-1]


def gain_of_a_layer(records: Records) -> Estimate:
    """Estimate one ReLU layer minus none, in test accuracy."""
    return accuracy_points(_depth(records, "relu1"), _depth(records, "none"), _final_accuracy)


def gain_of_a_linear_layer(records: Records) -> Estimate:
    """Estimate one linear hidden layer minus none: the same parameters, no non-linearity."""
    return accuracy_points(_depth(records, "linear1"), _depth(records, "none"), _final_accuracy)


def gain_of_depth(records: Records) -> tuple[Estimate, Estimate]:
    """Estimate two, and three, ReLU layers minus one."""
    one = _depth(records, "relu1")
    return (
        accuracy_points(_depth(records, "relu2"), one, _final_accuracy),
        accuracy_points(_depth(records, "relu3"), one, _final_accuracy),
    )


def gain_of_a_layer_tuned(records: Records) -> Estimate:
    """Estimate one ReLU layer minus none, each at the learning rate that the held-out images choose."""
    tuned: Arm[Trained] = records.arm("epochs", "tuned_logits", EpochsResults)
    none: Arm[Trained] = records.arm("capacity", "tuned_none", CapacityResults)
    return accuracy_points(tuned, none, _final_accuracy)


def _widths(records: Records) -> dict[int, Arm[CapacityResults]]:
    names = records.arms("capacity", "width")
    return {w: records.arm("capacity", f"width{w}", CapacityResults) for w in WIDTHS if f"width{w}" in names}


def _slope_over_widths(records: Records, value: str, unit: str, scale: float = 1.0) -> Estimate:
    arms = _widths(records)
    if not arms:
        records.arm("capacity", f"width{WIDTHS[0]}", CapacityResults)  # raises, and says what is missing
    seeds = sorted(set.intersection(*(set(arm.by_seed) for arm in arms.values())))
    slopes = [
        slope(np.log2(list(arms)), [getattr(arm.by_seed[seed].curve, value)[-1] * scale for arm in arms.values()])
        for seed in seeds
    ]
    return mean_with_t_interval(
        slopes,
        unit=f"{unit} per doubling of the width",
        signed=True,
        method="Student t over each seed's slope",
        records=tuple(id for arm in arms.values() for id in arm.records),
    )


def loss_against_width(records: Records) -> Estimate:
    """Estimate the slope of the training loss, weights held still, against the doubling of the width."""
    return _slope_over_widths(records, "still_train_loss", "nats")


def accuracy_against_width(records: Records) -> Estimate:
    """Estimate the slope of test accuracy against the doubling of the width."""
    return _slope_over_widths(records, "test_accuracy", "percentage points", PERCENT)


def printed_difference(records: Records) -> Estimate:
    """Compare the notebook's two printed runs: the largest gap between them after the first epoch."""
    one = {p.epoch: p.value for p in printed("part1_epoch")}
    gaps = [abs(one[p.epoch] - p.value) for p in printed("q4_epoch") if p.epoch > 1]
    return count(max(gaps), low=max(gaps), high=max(gaps), unit="nats", n=len(gaps), n_of="printed epochs", digits=4)


def seed_difference(records: Records) -> Estimate:
    """Find how far two seeds of one and the same model lie apart over the same epochs, at most."""
    arm = records.arm("epochs", "as_published", EpochsResults)
    epochs = [p.epoch for p in printed("q4_epoch") if 1 < p.epoch <= len(arm.results[0].curve.running_loss)]
    values = np.array([[run.curve.mean_of_batch_means[e - 1] for e in epochs] for run in arm.results])
    spread = float((values.max(0) - values.min(0)).max())
    return count(
        spread, low=spread, high=spread, unit="nats", n=len(values), n_of="seeds", digits=4, records=arm.records
    )


def fall_without_a_layer(records: Records) -> Estimate:
    """Estimate the notebook's "performance improvement" in a model that has no hidden layer."""
    arm = records.arm("capacity", "none", CapacityResults)
    falls = arm.values(lambda run: run.curve.mean_of_batch_means[0] - run.curve.mean_of_batch_means[1])
    return mean_with_t_interval(falls, unit="nats", signed=True, records=arm.records)


LABELS = {
    "none": "no hidden layer",
    "linear1": "one linear layer",
    "relu1": "one ReLU layer",
    "relu2": "two ReLU layers",
    "relu3": "three ReLU layers",
}


def gains(records: Records, findings: Findings) -> FigureContent:
    """Draw what each architecture adds to a model with no hidden layer."""
    none = _depth(records, "none")
    rows = [
        difference_row(LABELS[arm], _depth(records, arm), none, _final_accuracy)
        for arm in ("linear1", "relu1", "relu2", "relu3")
    ]
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
        records=none.records
        + tuple(id for a in ("linear1", "relu1", "relu2", "relu3") for id in _depth(records, a).records),
    )


def depth_curves(records: Records, findings: Findings) -> FigureContent:
    """Draw test accuracy and training loss over the epochs for every depth."""
    arms = {LABELS[name]: _depth(records, name) for name in LABELS}
    curves = {label: [run.curve for run in arm.results] for label, arm in arms.items()}
    last = {label: float(np.mean([c.test_accuracy[-1] for c in found])) * PERCENT for label, found in curves.items()}
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


def width_curve(records: Records, findings: Findings) -> FigureContent:
    """Draw training loss and test accuracy against width."""
    arms = _widths(records)
    if not arms:
        records.arm("capacity", f"width{WIDTHS[0]}", CapacityResults)
    x = [float(width) for width in arms]

    def against_width(label: str, name: str, scale: float) -> Series:
        values = np.array([[getattr(run.curve, name)[-1] * scale for run in arm.results] for arm in arms.values()])
        return Series(
            label=label, x=x, y=values.mean(1).tolist(), low=values.min(1).tolist(), high=values.max(1).tolist()
        )

    loss, accuracy = against_width("", "still_train_loss", 1.0), against_width("", "test_accuracy", PERCENT)
    epochs = len(next(iter(arms.values())).results[0].curve.test_accuracy)
    return FigureContent(
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
                float(np.mean([c.still_train_loss[-1] for c in curves])),
                float(np.mean([c.test_loss[-1] for c in curves])),
                float(np.mean([c.test_accuracy[-1] for c in curves])) * PERCENT,
                float(np.mean([c.still_train_accuracy[-1] for c in curves])) * PERCENT,
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


def _accuracy(arm: str) -> MeasureFunction:
    return over_seeds("capacity", arm, CapacityResults, lambda run: _final_accuracy(run) * PERCENT, unit="percent")


ANSWER = Answer(
    name="q4",
    title="What does a hidden layer add?",
    experiments=("capacity", "epochs"),
    measures={
        "Q4.1": gain_of_a_layer,
        "Q4.2": gain_of_a_linear_layer,
        "Q4.5": gain_of_depth,
        "Q4.6a": loss_against_width,
        "Q4.6b": accuracy_against_width,
        "gain-tuned": gain_of_a_layer_tuned,
        "printed-difference": printed_difference,
        "seed-difference": seed_difference,
        "fall-without-a-layer": fall_without_a_layer,
        "accuracy-none": _accuracy("none"),
        "accuracy-linear": _accuracy("linear1"),
        "accuracy-relu1": over_seeds(
            "epochs", "from_logits", EpochsResults, lambda run: _final_accuracy(run) * PERCENT, unit="percent"
        ),
    },
    figures={"q4-gains": gains, "q4-depth": depth_curves, "q4-width": width_curve, "q4-card": card},
    tables={"q4-architectures": architectures},
    headline="Q4.1",
    headline_label="test accuracy, one ReLU layer minus none",
    card="q4-card",
)
