"""Part 1, the loss: whether it falls, and at every epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

import numpy as np

from report.answers.answer import Cell, FigureSpec, Findings, TableSpec, by_verdict
from report.answers.charts import LineChart, Panel
from report.answers.curves import PERCENT, at_the_end, band, over_seeds, share_of
from report.answers.part1 import answer
from report.answers.printed import printed, printed_points
from report.answers.trained import curves_from_logits, hundred_epochs, printed_epochs, published_curves
from report.conclude.interval_rules import Below
from report.conclude.rules import Conditions, NoneOf
from report.conclude.statistics import Estimate, exact
from report.experiments.training import Curve
from report.record.reader import Arm, Records

RARE = 15.0
"""Percent of runs: where no run has a rise, this share must be ruled out too."""


@answer.claim(
    "P1.1",
    "The loss falls as the number of epochs increases.",
    Below(0.0),
    place="Part 1, last sentence",
)
def fall_of_loss(records: Records) -> Estimate:
    """Training loss with the weights fixed, epoch {epochs} minus epoch 1, softmax applied twice."""
    arm = published_curves(records)
    settings = {"epochs": len(arm.results[0].test_loss)}
    return over_seeds(arm, lambda c: c.train_loss[-1] - c.train_loss[0], unit="nats", signed=True, settings=settings)


@answer.claim(
    "P1.2",
    "It falls at every epoch.",
    Conditions({"the printed epochs": NoneOf(RARE), "a hundred epochs": NoneOf(RARE)}),
    origin="implied",
    place='Part 1, task ("prove")',
    note="“Every epoch” allows no exception, so one run whose loss rises refutes it. Where none does, it takes many runs to support it after Holm's correction. That the loss must fall would take a theorem.",
)
def rises(records: Records) -> tuple[Estimate, Estimate]:
    """Share of runs whose printed loss ever rises from one epoch to the next: within {printed} epochs, and within {epochs}."""
    short, long = printed_epochs(records, "as_published"), published_curves(records)
    settings = {
        "printed": len(short.results[0].mean_of_batch_means),
        "epochs": len(long.results[0].mean_of_batch_means),
    }
    return share_of(short, _rises, settings=settings), share_of(long, _rises, settings=settings)


def _rises(curve: Curve) -> bool:
    return bool((np.diff(curve.mean_of_batch_means) > 0).any())


@answer.number("num-seeds")
def num_seeds(records: Records) -> tuple[Estimate, ...]:
    """Count the seeds of the printed epochs, and of the hundred epochs as published and from logits."""
    arms = [printed_epochs(records, "as_published").records]
    arms += [hundred_epochs(records, name).records for name in ("as_published", "from_logits")]
    return tuple(exact(len(ids), unit="seeds", n=len(ids), n_of="seeds", records=ids) for ids in arms)


@answer.figure("part1-losses")
def loss_curves(records: Records, findings: Findings) -> FigureSpec:
    """Draw both losses over the epochs, with the notebook's printed points on top."""
    published, logits = published_curves(records), curves_from_logits(records)
    return FigureSpec(
        chart=LineChart(
            panels=[_softmax_twice(published.results), training_and_test(logits.results, title="From logits")]
        ),
        title=by_verdict(
            findings["P1.1"],
            supported="The loss falls, whichever loss it is; only one of the two can come near zero",
            refuted="The loss printed by the notebook does not fall over the run",
            undetermined="There are too few runs to say whether the printed loss falls",
            withheld="Training loss by epoch, softmax applied twice and once",
        ),
        alt=(
            "Two panels of loss against epoch. With softmax applied twice the loss goes from "
            f"{published.mean(lambda c: c.mean_of_batch_means[0]):.2f} to "
            f"{published.mean(lambda c: c.mean_of_batch_means[-1]):.2f} nats; the notebook's printed losses are drawn "
            f"over it. From logits, training loss ends at {logits.mean(lambda c: c.running_loss[-1]):.2f} and test "
            f"loss at {logits.mean(lambda c: at_the_end(c.test_loss)):.2f} nats."
        ),
        caption=(
            f"784-128-10 network, SGD at learning rate 0.01, batch size 64. The lines are means of {len(published.results)} seeds as "
            f"published and {len(logits.results)} from logits, the bands their range; circles are the losses that the notebook printed."
        ),
    )


def _softmax_twice(curves: Sequence[Curve]) -> Panel:
    """Draw the notebook's printed losses with those of the same training over several seeds."""
    points = [p for p in printed("part1_epoch") if p.epoch <= len(curves[0].running_loss)]
    return Panel(
        title="Softmax twice, as published",
        series=[
            band("training", curves, lambda c: c.mean_of_batch_means),
            printed_points(points, lambda p: float(p.epoch)),
        ],
        x_label="epoch",
        y_label="training loss as printed (nats)",
    )


def training_and_test(curves: Sequence[Curve], title: str = "") -> Panel:
    """Draw training and test loss together, softmax applied once."""
    series = [band("training", curves, lambda c: c.running_loss), band("test", curves, lambda c: c.test_loss)]
    return Panel(title=title, series=series, x_label="epoch", y_label="cross-entropy (nats)")


@answer.table("part1-milestones")
def milestones(records: Records, findings: Findings) -> TableSpec:
    """List both arms' losses and accuracies at a few epochs."""
    runs = {"softmax twice": published_curves(records), "from logits": curves_from_logits(records)}
    rows: list[list[Cell]] = []
    for label, arm in runs.items():
        curves = arm.results
        last = len(curves[0].running_loss)
        rows += [
            [
                label,
                epoch,
                fmean(curve.mean_of_batch_means[epoch - 1] for curve in curves),
                fmean(curve.test_loss[epoch - 1] for curve in curves),
                PERCENT * fmean(curve.test_accuracy[epoch - 1] for curve in curves),
            ]
            for epoch in sorted({1, 10, 26, 50, 60, last})
            if epoch <= last
        ]
    return TableSpec(
        title="Losses and accuracy at some epochs",
        caption=(
            f"Means over {' and '.join(f'{len(arm.results)} seeds ({label})' for label, arm in runs.items())}. "
            "The two losses are on different scales and can't be compared with each other."
        ),
        columns=["loss", "epoch", "training loss as printed (nats)", "test loss (nats)", "test accuracy (%)"],
        rows=rows,
    )


@answer.number("published-first-loss", 0)
@answer.number("published-last-loss", -1)
def published_loss(records: Records, epoch: int) -> Estimate:
    """Estimate the training loss as published, with the weights fixed, after one of the epochs at which it was taken."""
    return over_seeds(published_curves(records), lambda curve: curve.train_loss[epoch], unit="nats")


@answer.number("published-accuracy", published_curves)
@answer.number("logits-accuracy", curves_from_logits)
def accuracy(records: Records, curves: Callable[[Records], Arm[Curve]]) -> Estimate:
    """Estimate the test accuracy over the last epochs."""
    return over_seeds(curves(records), lambda curve: at_the_end(curve.test_accuracy) * PERCENT, unit="percent")
