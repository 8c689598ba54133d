"""Question 5, the printout: the loss that the loop prints, and the loss with the weights held still."""

from __future__ import annotations

from itertools import chain

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import LineChart, Panel, Series
from report.answers.curves import PERCENT, mean_and_range, outside_of_seeds, over_seeds
from report.answers.printed import printed
from report.answers.q5 import answer
from report.conclude.rules import Below, NoneOf
from report.conclude.statistics import Estimate, mean_with_t_interval, slope
from report.experiments.epochs import EpochsResults
from report.record.reader import Arm, Records

BATCHES_PER_EPOCH = 938
"""Of 64 images in 60,000, the last one smaller."""
BATCHES_PER_PRINT = 100


def _published(records: Records) -> Arm[EpochsResults]:
    return records.arm("epochs", "as_published", EpochsResults)


def _prints(run: EpochsResults) -> list[float]:
    """Return what the loop would have printed over the first ten epochs, in order."""
    return list(chain.from_iterable(run.curve.logged_loss))


@answer.claim("Q5.1", "The loss printed every hundred batches falls.", Below())
def trend_of_prints(records: Records) -> Estimate:
    """Slope of the printed loss against its place, over the first {epochs} epochs."""
    arm = _published(records)
    slopes = arm.values(lambda run: slope(np.arange(len(_prints(run))), _prints(run)) * len(_prints(run)))
    return mean_with_t_interval(
        slopes,
        unit="nats over the printout",
        signed=True,
        records=arm.records,
        settings={"epochs": len(arm.results[0].curve.logged_loss)},
    )


@answer.number("share-falling")
def share_of_falling_steps(records: Records) -> Estimate:
    """Estimate in how many of the steps from one print to the next the loss falls."""
    arm = _published(records)
    shares = arm.values(lambda run: float((np.diff(_prints(run)) < 0).mean()) * PERCENT)
    return mean_with_t_interval(shares, unit="percent", records=arm.records)


@answer.claim("Q5.3", "The printed losses of the loop can be had again (implied).", NoneOf(15.0))
def not_reproduced(records: Records) -> Estimate:
    """Losses of the notebook's printout outside the range of the seeds' own, widened by two standard deviations."""
    arm = _published(records)
    epochs = len(arm.results[0].curve.logged_loss)
    shared = [p for p in printed("q5_batch") if p.epoch <= epochs]
    seeds = [
        [run.curve.logged_loss[p.epoch - 1][(p.batch or 0) // BATCHES_PER_PRINT - 1] for p in shared]
        for run in arm.results
    ]
    return outside_of_seeds([p.value for p in shared], seeds, arm.records)


@answer.number("gap-print")
def gap_to_still_weights(records: Records) -> Estimate:
    """Estimate how far the last print of the first epoch lies above the loss with the weights held still."""
    arm = _published(records)
    gaps = arm.values(lambda run: run.curve.logged_loss[0][-1] - run.curve.train_loss[0])
    return mean_with_t_interval(gaps, unit="nats", signed=True, records=arm.records)


@answer.number("gap-epoch")
def gap_of_whole_epoch(records: Records) -> Estimate:
    """Estimate how far the first epoch's running loss lies above the loss with the weights held still."""
    arm = _published(records)
    gaps = arm.values(lambda run: run.curve.running_loss[0] - run.curve.train_loss[0])
    return mean_with_t_interval(gaps, unit="nats", signed=True, records=arm.records)


@answer.figure("q5-printout")
@answer.figure("q5-card")
def printout(records: Records, findings: Findings) -> FigureSpec:
    """Draw what the loop prints, what the notebook printed, and the loss with the weights held still."""
    arm = _published(records)
    epochs, per_epoch = (len(of) for of in (arm.results[0].curve.logged_loss, arm.results[0].curve.logged_loss[0]))
    prints, still = _printed_by_seeds(arm), _weights_held_still(arm)
    return FigureSpec(
        chart=LineChart(
            panels=[
                Panel(
                    series=[prints, still, _printed_in_the_notebook(epochs)],
                    x_label="epochs trained",
                    y_label="training loss, softmax twice (nats)",
                )
            ]
        ),
        title=by_verdict(
            findings["Q5.1"],
            supported="The printed loss falls, and lags behind the loss of the weights it is printed for",
            refuted="The printed loss does not fall over the printout",
            undetermined="No trend of the printed loss can be told from these runs",
            withheld="The loss as printed every 100 batches, and with the weights held still",
        ),
        alt=(
            f"Printed loss from {prints.y[0]:.3f} to {prints.y[-1]:.3f} nats over {epochs} epochs; after the first epoch "
            f"the last print is {prints.y[per_epoch - 1]:.3f} and the loss with the weights held still {still.y[0]:.3f}."
        ),
        caption=(
            f"As published: softmax twice, SGD at 0.01, batch size 64, {len(arm.results)} seeds. Line: mean over seeds; band: "
            "their range. Circles: the notebook's printed values. Each print is drawn at the middle of the hundred batches it "
            "averages."
        ),
        records=arm.records,
    )


def _printed_by_seeds(arm: Arm[EpochsResults]) -> Series:
    """Draw each print at the middle of its hundred batches."""
    logged = arm.results[0].curve.logged_loss
    x = [
        epoch + (block + 0.5) * BATCHES_PER_PRINT / BATCHES_PER_EPOCH
        for epoch in range(len(logged))
        for block in range(len(logged[0]))
    ]
    return mean_and_range("printed every 100 batches", x, np.array([_prints(run) for run in arm.results]))


def _weights_held_still(arm: Arm[EpochsResults]) -> Series:
    """Draw the loss of the weights with which the printed epochs end, where it was taken."""
    curve = arm.results[0].curve
    epochs = [float(epoch) for epoch in curve.scored_epochs if epoch <= len(curve.logged_loss)]
    still = np.array([run.curve.train_loss[: len(epochs)] for run in arm.results])
    return Series(
        label="weights held still",
        x=epochs,
        y=still.mean(0).tolist(),
        role="points",
    )


def _printed_in_the_notebook(epochs: int) -> Series:
    """Draw the notebook's own prints likewise."""
    points = [p for p in printed("q5_batch") if p.epoch <= epochs]
    return Series(
        label="printed in the notebook",
        x=[p.epoch - 1 + ((p.batch or 0) - BATCHES_PER_PRINT / 2) / BATCHES_PER_EPOCH for p in points],
        y=[p.value for p in points],
        role="printed",
    )


for name, value in {
    "first-print": lambda run: run.curve.logged_loss[0][0],
    "still-first": lambda run: run.curve.train_loss[0],
}.items():
    answer.number(name)(over_seeds("epochs", "as_published", EpochsResults, value, unit="nats"))
