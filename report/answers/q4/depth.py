"""Question 4, depth: what the first hidden layer adds, a linear one in its place, and more of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, by_verdict, table_of
from report.answers.charts import IntervalChart, LineChart, Panel
from report.answers.curves import PERCENT, accuracy_at_the_end, at_the_end, band, epochs_of_the_end, over_seeds
from report.answers.intervals import row
from report.answers.q4 import answer
from report.answers.trained import from_logits
from report.conclude.claims import MARGIN
from report.conclude.interval_rules import Above, Below
from report.conclude.rules import AllOf, Conditions
from report.conclude.statistics import Estimate
from report.experiments.training import TrainingResults
from report.record.reader import Arm, Records

LABELS = {
    "none": "no hidden layer",
    "linear1": "one linear layer",
    "relu1": "one ReLU layer",
    "relu2": "two ReLU layers",
    "relu3": "three ReLU layers",
}
FIRST_LAYER = (("relu1", "none"), ("relu1", "linear1"), ("linear1", "none"))
COMPARED = (*FIRST_LAYER, ("relu2", "relu1"), ("relu3", "relu1"))
"""Every difference that a claim is about, in the order of the claims."""


def architecture(records: Records, name: str) -> Arm[TrainingResults]:
    """Return an architecture's runs; the first seeds of one ReLU layer are runs of `epochs`."""
    return from_logits(records) if name == "relu1" else records.arm("capacity", name, TrainingResults)


def final_accuracy(run: TrainingResults) -> float:
    """Return the test accuracy at the end of training, averaged over the last epochs."""
    return at_the_end(run.curve.test_accuracy)


def gain_by_seed(records: Records, name: str, baseline: str) -> tuple[Estimate, list[float]]:
    """Estimate the test accuracy of one architecture minus that of another; return each seed's difference as well."""
    arm, other = (architecture(records, of).each(lambda run: run.curve.recognition[-1]) for of in (name, baseline))
    last = arm.results[0]
    settings = {"first": last.last_epoch - last.num_epochs + 1, "last": last.last_epoch}
    return accuracy_at_the_end(arm, other, settings=settings)


def gain(records: Records, name: str, baseline: str) -> Estimate:
    """Estimate the same alone."""
    return gain_by_seed(records, name, baseline)[0]


@answer.claim("Q4.1", "A hidden layer can improve the model.", Above(MARGIN), place="Q4, first sentence")
def gain_of_a_layer(records: Records) -> Estimate:
    """Test accuracy averaged over epochs {first} to {last}, one ReLU layer minus none."""
    return gain(records, "relu1", "none")


@answer.claim(
    "Q4.2",
    "It is the non-linearity that does it.",
    AllOf(
        (
            Above(MARGIN, of="one ReLU layer minus one linear layer", unit="points"),
            Below(MARGIN, of="one linear layer minus none", unit="points"),
        )
    ),
    note="The layer without ReLU has to gain less than the margin. The claim also holds if it does worse than no layer.",
)
def gain_of_the_non_linearity(records: Records) -> tuple[Estimate, Estimate]:
    """Test accuracy averaged over epochs {first} to {last}: one ReLU layer minus one linear layer; one linear layer minus none."""
    return gain(records, "relu1", "linear1"), gain(records, "linear1", "none")


@answer.claim(
    "Q4.5",
    "Deeper is better.",
    Conditions({"two layers": Above(MARGIN), "three layers": Above(MARGIN)}),
    note="A gain of less than 0.3 points counts as none. All depths share one learning rate, a width of 128 and a hundred epochs; another rate or an earlier stop could change this.",
)
def gain_of_depth(records: Records) -> tuple[Estimate, Estimate]:
    """Test accuracy averaged over epochs {first} to {last}, two and three ReLU layers minus one."""
    return gain(records, "relu2", "relu1"), gain(records, "relu3", "relu1")


@answer.number("train-loss-relu1", "relu1", "train_loss")
@answer.number("train-loss-relu2", "relu2", "train_loss")
@answer.number("train-loss-relu3", "relu3", "train_loss")
@answer.number("test-loss-relu1", "relu1", "test_loss")
@answer.number("test-loss-relu2", "relu2", "test_loss")
@answer.number("test-loss-relu3", "relu3", "test_loss")
def final_loss(records: Records, name: str, of: str) -> Estimate:
    """Estimate the training loss after the last epoch, with the weights fixed, or the mean test loss of the last epochs."""
    last: Callable[[TrainingResults], float] = (
        (lambda run: run.curve.train_loss[-1]) if of == "train_loss" else (lambda run: at_the_end(run.curve.test_loss))
    )
    return over_seeds(architecture(records, name), last, unit="nats")


@answer.number("accuracy-none", "none")
@answer.number("accuracy-linear", "linear1")
@answer.number("accuracy-relu1", "relu1")
def accuracy_of(records: Records, name: str) -> Estimate:
    """Estimate an architecture's test accuracy at the end of training."""
    arm = architecture(records, name)
    return over_seeds(arm, lambda run: final_accuracy(run) * PERCENT, unit="percent", digits=1)


@answer.number("change-between-epochs")
def change_between_epochs(records: Records) -> Estimate:
    """Estimate by how much three ReLU layers' test accuracy changes from one epoch to the next, at the end."""

    def change(run: TrainingResults) -> float:
        return float(np.abs(np.diff(run.curve.test_accuracy[-11:])).mean()) * PERCENT

    return over_seeds(architecture(records, "relu3"), change, unit="percentage points")


@answer.figure("q4-gains")
@answer.figure("q4-card", FIRST_LAYER)
def gains(records: Records, findings: Findings, compared: Sequence[tuple[str, str]] = COMPARED) -> FigureSpec:
    """Draw every difference that a claim is about or, small, what one layer adds with ReLU and without."""
    rows = []
    for name, baseline in compared:
        found, by_seed = gain_by_seed(records, name, baseline)
        rows.append(row(f"{LABELS[name]} minus {LABELS[baseline]}", found, points=by_seed))
    layer = by_verdict(
        findings["Q4.1"],
        supported="One hidden layer with ReLU improves on none",
        refuted="One hidden layer with ReLU does not improve on none",
        undetermined="It is open whether one hidden layer with ReLU improves on none",
        withheld="Differences in test accuracy between architectures",
    )
    control = by_verdict(
        findings["Q4.2"],
        supported="; without the ReLU it gains less than 0.3 points",
        refuted="; the ReLU alone does not explain it",
        undetermined="; what it adds without the ReLU is open",
    )
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="difference in test accuracy (percentage points)", margin=MARGIN),
        title=layer + control,
        caption=(
            f"Averages over epochs {found.settings['first']} to {found.settings['last']}, SGD at 0.01, batch size 64, layers of 128 "
            f"units. Dot and bar: mean and 95 % interval over seeds and test images; small dots: single seeds; shaded: ±{MARGIN} points."
        ),
    )


@answer.figure("q4-depth")
def depth_curves(records: Records, findings: Findings) -> FigureSpec:
    """Draw test accuracy and training loss over the epochs for every depth."""
    arms = {label: architecture(records, name) for name, label in LABELS.items()}
    curves = {label: [run.curve for run in arm.results] for label, arm in arms.items()}
    last = {label: arm.mean(final_accuracy) * PERCENT for label, arm in arms.items()}
    title = by_verdict(
        findings["Q4.5"],
        supported="More layers, better accuracy",
        refuted="Beyond the first ReLU layer, more layers do not improve accuracy",
        depends="Beyond the first ReLU layer, the gain depends on how many layers are added",
        undetermined="Beyond the first ReLU layer, the gain from more layers is small or open",
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
        alt="Test accuracy at the end: " + "; ".join(f"{k} {v:.1f} %" for k, v in last.items()) + ".",
        caption="Line: mean over seeds; band: their range. Training loss: mean over each epoch while the weights change. SGD at learning rate 0.01, batch size 64; layers of 128 units.",
    )


@answer.table("q4-architectures")
def architectures(records: Records, findings: Findings) -> TableSpec:
    """List every depth with its parameters, losses and accuracy."""
    arms = {label: architecture(records, name) for name, label in LABELS.items()}
    last_epochs = epochs_of_the_end(arms[LABELS["relu3"]].results[0].curve.test_accuracy)
    return table_of(
        arms,
        {
            "model": str,
            "parameters": lambda model: arms[model].results[0].num_parameters,
            "training loss (nats)": lambda model: arms[model].mean(lambda run: run.curve.train_loss[-1]),
            "test loss (nats)": lambda model: arms[model].mean(lambda run: at_the_end(run.curve.test_loss)),
            "training accuracy (%)": lambda model: arms[model].mean(lambda run: run.curve.train_accuracy[-1]) * PERCENT,
            "test accuracy (%)": lambda model: arms[model].mean(final_accuracy) * PERCENT,
        },
        title="Accuracy and loss of each network",
        caption=(
            f"Means over seeds. On the test images: averages over epochs {last_epochs}. On the "
            "training images: after the last epoch, with the weights fixed."
        ),
    )
