"""Question 3, test loss against test error: together early in training, apart late in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from report.answers.answer import FigureSpec, Findings, TableSpec, by_verdict, names_of
from report.answers.charts import Series, stacked
from report.answers.curves import PERCENT, band, mean_and_range
from report.answers.q3 import answer
from report.answers.trained import FALL, curves_from_logits, slopes
from report.conclude.interval_rules import Below
from report.conclude.rules import Conditions, Together
from report.conclude.statistics import Estimate
from report.conclude.verdicts import Finding
from report.experiments.training import Curve
from report.record.reader import Arm, Records

SPANS = ((1, 40), (61, 100))
"""First and last epochs between which slopes are taken, the same for every run."""
REFERENCE = 5
"""Tens of epochs after which the later ones are compared with the one before: 51 to 60."""


def loss_of(curve: Curve) -> list[float]:
    """Return the test loss of each epoch, in nats."""
    return curve.test_loss


def error_of(curve: Curve) -> list[float]:
    """Return the percentage of test images not recognised after each epoch."""
    return [PERCENT * (1 - accuracy) for accuracy in curve.test_accuracy]


def _fall_together(images: str, least: float) -> Conditions:
    """Return the rule by which the loss on some images, by more than the least slope, and the test error fall in each span."""
    both = Together(
        (
            Below(least, of=f"the slope of the {images} loss", unit="nats per ten epochs" if least else ""),
            Below(0.0, of="the slope of the test error"),
        )
    )
    return Conditions({f"epochs {first} to {last}": both for first, last in SPANS})


@answer.claim(
    "Q3.5",
    "Minimising the loss in training leads to better accuracy on unseen images.",
    _fall_together("training", 0.0),
    place='Q3, summary ("ideally")',
    note="Epochs of one run depend on each other, so each run gives one slope, and the interval is over runs.",
)
def slopes_of_training_loss_and_error(records: Records) -> tuple[Estimate, ...]:
    """Slopes of training loss and of test error over epochs {span1}, and over epochs {span2}, trained from logits."""
    return _slopes_with_error(records, lambda curve: curve.running_loss)


@answer.claim(
    "Q3.6",
    "The loss and the share of mistakes on unseen images fall together.",
    _fall_together("test", FALL),
    note="Both are of the test images. The training loss, which is what training makes small, goes on falling.",
)
def slopes_of_loss_and_error(records: Records) -> tuple[Estimate, ...]:
    """Slopes of test loss and of test error over epochs {span1}, and over epochs {span2}, trained from logits."""
    return _slopes_with_error(records, loss_of)


def _slopes_with_error(records: Records, loss: Callable[[Curve], Sequence[float]]) -> tuple[Estimate, ...]:
    """Estimate the slopes of a loss and of the test error, span by span."""
    losses = slopes(records, loss, SPANS, unit="nats per ten epochs")
    errors = slopes(records, error_of, SPANS, unit="percentage points per ten epochs")
    return tuple(estimate for both in zip(losses, errors, strict=True) for estimate in both)


@answer.number("late-error-slope")
def late_error_slope(records: Records) -> Estimate:
    """Estimate the slope of the test error over the later span."""
    return slopes(records, error_of, SPANS[1:], unit="percentage points per ten epochs")[0]


def by_tens(values: Sequence[float]) -> NDArray[np.float64]:
    """Return the mean of each ten epochs; what is left over is in none."""
    whole = len(values) // 10
    means: NDArray[np.float64] = np.asarray(values[: 10 * whole]).reshape(whole, 10).mean(axis=1)
    return means


@answer.figure("q3-loss-and-error")
@answer.figure("q3-card")
def loss_and_error(records: Records, findings: Findings) -> FigureSpec:
    """Draw test loss and test error relative to epochs 51 to 60, and below both by themselves over the epochs."""
    arm = curves_from_logits(records)
    is_long = len(by_tens(loss_of(arm.results[0]))) > REFERENCE
    parts = {"test loss": loss_of, "test error": error_of}
    changes = [_change(label, arm, value) for label, value in parts.items() if is_long]
    at_the_end = ", ".join(f"{series.label} {series.y[-1]:+.1f} %" for series in changes)
    panels = {"change since epochs 51 to 60 (%)": changes} if changes else {}
    panels["test cross-entropy (nats)"] = [band("test loss", arm.results, loss_of)]
    panels["test images not recognised (%)"] = [band("test error", arm.results, error_of)]
    return FigureSpec(
        chart=stacked(panels, x_label="epoch"),
        title=_title(findings["Q3.6"]),
        alt=(f"Change since epochs 51 to 60, at the end of training: {at_the_end}. " if changes else "") + _alt(arm),
        caption=(
            "784-128-10 network from logits, SGD at 0.01, batch size 64. Lines are means of "
            f"{len(arm.results)} seeds, bands their range. Top: means over ten epochs, relative to epochs 51 to 60 of the same run."
        ),
    )


def _title(finding: Finding) -> str:
    return by_verdict(
        finding,
        supported="Test loss and test error fall together, early and late",
        refuted="Test loss and test error do not fall together",
        depends=f"Test loss and test error fall together over {names_of(finding, 'supported')}; over "
        f"{names_of(finding, 'refuted')} {_apart(finding)}",
        undetermined="Early or late in training, whether test loss and test error fall together is not settled",
        withheld="Test loss and test error by epoch",
    )


def _apart(finding: Finding) -> str:
    """State which of the two still falls where they part: those whose slopes' intervals lie below zero."""
    slopes_apart = [condition.estimates for condition in finding.conditions if condition.verdict == "refuted"]
    falling = [[slope.high is not None and slope.high < 0 for slope in both] for both in slopes_apart]
    if all(falls == [False, True] for falls in falling):
        return "only the error falls"
    return "only the loss falls" if all(falls == [True, False] for falls in falling) else "they diverge"


def _alt(arm: Arm[Curve]) -> str:
    loss, error = (np.mean([by_tens(value(curve)) for curve in arm.results], axis=0) for value in (loss_of, error_of))
    if not len(loss):
        return f"Test loss and test error over {len(arm.results[0].test_loss)} epochs."
    places = sorted({0, min(REFERENCE, len(loss) - 1), len(loss) - 1})
    return "Means over ten epochs. " + " ".join(
        f"Epochs {10 * place + 1} to {10 * place + 10}: test loss {loss[place]:.3f} nats, test error {error[place]:.2f} %."
        for place in places
    )


def _change(label: str, arm: Arm[Curve], value: Callable[[Curve], list[float]]) -> Series:
    """Draw the later tens of epochs of loss or error, relative to the reference."""
    tens = np.array([by_tens(value(curve)) for curve in arm.results])
    relative = PERCENT * (tens / tens[:, [REFERENCE]] - 1)
    epochs = [10 * place + 5.5 for place in range(REFERENCE, tens.shape[1])]
    return mean_and_range(label, epochs, relative[:, REFERENCE:])


@answer.table("q3-tens")
def table_by_tens(records: Records, findings: Findings) -> TableSpec:
    """List training loss, test loss and test error over each ten epochs."""
    arm = curves_from_logits(records)
    columns = [
        np.mean([by_tens(value(curve)) for curve in arm.results], axis=0)
        for value in (lambda curve: curve.running_loss, loss_of, error_of)
    ]
    return TableSpec(
        title="Loss and error, ten epochs at a time",
        caption=f"Means over ten epochs and {len(arm.results)} seeds, trained from logits. Training loss: taken while the weights change.",
        columns=["epochs", "training loss (nats)", "test loss (nats)", "test error (%)"],
        rows=[
            [f"{10 * place + 1} to {10 * place + 10}", *map(float, row)]
            for place, row in enumerate(zip(*columns, strict=True))
        ],
    )
