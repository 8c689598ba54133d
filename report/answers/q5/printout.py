"""Question 5, the printout: the loss that the loop prints, and the loss with the weights fixed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import Series, line_chart
from report.answers.curves import PERCENT, mean_and_range, over_seeds
from report.answers.printed import printed, printed_points
from report.answers.q5 import answer
from report.answers.trained import BATCHES_PER_PRINT, distance_of_print, printed_epochs
from report.conclude.interval_rules import Below
from report.conclude.rank_envelope import curves_as_far, noticed_shift
from report.conclude.rules import Reproduced
from report.conclude.statistics import Estimate, exact, slope
from report.experiments.training import Curve
from report.record.reader import Arm, Records

BATCHES_PER_EPOCH = 938
"""Of 64 images in 60,000, the last one smaller."""


def _published(records: Records) -> Arm[Curve]:
    return printed_epochs(records, "as_published")


def _prints(curve: Curve) -> list[float]:
    """Return what the loop would have printed over the first ten epochs, in order."""
    return list(chain.from_iterable(curve.logged_loss))


@answer.claim(
    "Q5.1",
    "The loss printed every 100 batches falls.",
    Below(0.0),
    origin="implied",
    place="Q5, printout",
    note="By a straight line through all prints. Single prints rise, in the notebook's own output too.",
)
def trend_of_prints(records: Records) -> Estimate:
    """Change of the printed loss over the first {epochs} epochs, by a straight line fitted to all prints of a run."""
    arm = _published(records)
    settings = {"epochs": len(arm.results[0].logged_loss)}

    def change(curve: Curve) -> float:
        prints = _prints(curve)
        return slope(np.arange(len(prints)), prints) * len(prints)

    return over_seeds(arm, change, unit="nats", signed=True, settings=settings)


@answer.number("share-falling")
def share_of_falling_steps(records: Records) -> Estimate:
    """Estimate what share of the printed losses are lower than the previous one."""

    def share(curve: Curve) -> float:
        return float((np.diff(_prints(curve)) < 0).mean()) * PERCENT

    return over_seeds(_published(records), share, unit="percent")


@answer.number("notebook-falling")
def falling_steps_of_the_notebook(records: Records) -> Estimate:
    """Return what share of the notebook's own prints are lower than the previous one."""
    changes = np.diff([p.value for p in printed("q5_batch")])
    share = PERCENT * float((changes < 0).mean())
    return exact(share, unit="percent", n=len(changes), n_of="printed changes", digits=0)


@answer.claim("Q5.3", "The printed run can be reproduced.", Reproduced(), origin="implied", place="Q5, printout")
def distance_of_printed_run(records: Records) -> Estimate:
    """Largest distance of the notebook's {prints} printed losses from the median of our seeds, in their standard deviations."""
    return distance_of_print(records, "q5_batch", counted_as="prints", digits=1)


@answer.number("as-far")
def seeds_as_far(records: Records) -> Estimate:
    """Count our runs that lie at least as far from the others as the notebook's printed run does."""
    envelope = distance_of_printed_run(records)
    return exact(curves_as_far(envelope), unit="runs", n=envelope.n, n_of="seeds")


@answer.number("num-seeds")
def num_seeds(records: Records) -> Estimate:
    """Count the seeds of the printout."""
    number = len(_published(records).results)
    return exact(number, unit="seeds", n=number, n_of="seeds")


@answer.number("noticed-shift")
def shift_that_would_be_noticed(records: Records) -> Estimate:
    """Return by how much the printed run would have to be shifted for the test to notice."""
    return noticed_shift(distance_of_printed_run(records))


FIRST_EPOCH: dict[str, Callable[[Curve], float]] = {
    "first print": lambda curve: curve.logged_loss[0][0],
    "last print": lambda curve: curve.logged_loss[0][-1],
    "whole epoch": lambda curve: curve.running_loss[0],
    "weights fixed": lambda curve: curve.train_loss[0],
}
"""Losses of the first epoch."""


@answer.number("first-print", "first print")
@answer.number("fixed-first", "weights fixed")
def loss_of_first_epoch(records: Records, which: str) -> Estimate:
    """Estimate a loss of the first epoch, as published."""
    return over_seeds(_published(records), FIRST_EPOCH[which], unit="nats")


@answer.number("gap-print", "last print")
@answer.number("gap-epoch", "whole epoch")
def gap_of_first_epoch(records: Records, which: str) -> Estimate:
    """Estimate a loss of the first epoch, as published, minus that with the weights fixed after it."""
    loss, fixed = FIRST_EPOCH[which], FIRST_EPOCH["weights fixed"]
    return over_seeds(_published(records), lambda curve: loss(curve) - fixed(curve), unit="nats", signed=True)


@answer.figure("q5-printout")
@answer.figure("q5-card")
def printout(records: Records, findings: Findings) -> FigureSpec:
    """Draw what the loop prints, what the notebook printed, and the loss with the weights fixed."""
    arm = _published(records)
    epochs, per_epoch = (len(of) for of in (arm.results[0].logged_loss, arm.results[0].logged_loss[0]))
    prints, fixed = _printed_by_seeds(arm), _weights_fixed(arm)
    falls = [-(of_epoch[-1] - of_epoch[0]) for of_epoch in np.reshape(prints.y, (epochs, per_epoch))]
    fastest = falls[0] > max(falls[1:], default=0.0)
    points = [p for p in printed("q5_batch") if p.epoch <= epochs]
    notebook = printed_points(points, lambda p: p.epoch - 1 + (p.batch or 0) / BATCHES_PER_EPOCH)
    return FigureSpec(
        chart=line_chart(
            prints, fixed, notebook, x_label="epochs trained", y_label="training loss, softmax twice (nats)"
        ),
        title=by_verdict(
            findings["Q5.1"],
            supported="The printed loss falls, fastest in the first epoch" if fastest else "The printed loss falls",
            refuted="The printed loss does not fall over the printout",
            undetermined="These runs do not show whether the printed loss falls",
            withheld="The loss as printed every 100 batches, and with the weights fixed",
        ),
        alt=(
            f"Printed loss from {prints.y[0]:.3f} to {prints.y[-1]:.3f} nats over {epochs} epochs; after the first epoch "
            f"the last print is {prints.y[per_epoch - 1]:.3f} and the loss with the weights fixed {fixed.y[0]:.3f}."
        ),
        caption=(
            f"As published: softmax twice, SGD at 0.01, batch size 64. The line is the mean of {len(arm.results)} seeds, the band "
            f"their range. Circles: the notebook's own {len(notebook.x)} prints; it trains ten epochs, but its saved output ends in "
            "the fourth. Each print is drawn where the loop makes it, after the hundred batches that it averages."
        ),
    )


def _printed_by_seeds(arm: Arm[Curve]) -> Series:
    """Draw each print after its hundred batches."""
    logged = arm.results[0].logged_loss
    x = [
        epoch + (block + 1) * BATCHES_PER_PRINT / BATCHES_PER_EPOCH
        for epoch in range(len(logged))
        for block in range(len(logged[0]))
    ]
    return mean_and_range("printed every 100 batches", x, np.array([_prints(curve) for curve in arm.results]))


def _weights_fixed(arm: Arm[Curve]) -> Series:
    """Draw the loss of the weights with which the printed epochs end, where it was measured."""
    curve = arm.results[0]
    epochs = [float(epoch) for epoch in curve.scored_epochs if epoch <= len(curve.logged_loss)]
    fixed = np.array([curve.train_loss[: len(epochs)] for curve in arm.results])
    return Series(label="weights fixed", x=epochs, y=fixed.mean(0).tolist(), role="points")
