"""Question 5: how is a model trained, what does the loop print, and what if a step of it is wrong?"""

from __future__ import annotations

from itertools import chain

import numpy as np

from report.answers import mistakes
from report.answers.base import Answer, Arm, FigureContent, Findings, Records, by_verdict
from report.answers.curves import PERCENT, outside_of_seeds, over_seeds
from report.answers.printed import printed
from report.charts import LineChart, Panel, Series
from report.experiments.epochs import EpochsResults
from report.statistics import Estimate, mean_with_t_interval, slope


def _published(records: Records) -> Arm[EpochsResults]:
    return records.arm("epochs", "as_published", EpochsResults)


def _prints(run: EpochsResults) -> list[float]:
    """Return what the loop would have printed over the first ten epochs, in order."""
    return list(chain.from_iterable(run.curve.logged_loss))


def trend_of_prints(records: Records) -> Estimate:
    """Estimate the slope of the printed loss against its place in the printout, per ten epochs of it."""
    arm = _published(records)
    slopes = arm.values(lambda run: slope(np.arange(len(_prints(run))), _prints(run)) * len(_prints(run)))
    return mean_with_t_interval(slopes, unit="nats over the printout", signed=True, records=arm.records)


def share_of_falling_steps(records: Records) -> Estimate:
    """Estimate in how many of the steps from one print to the next the loss falls."""
    arm = _published(records)
    shares = arm.values(lambda run: float((np.diff(_prints(run)) < 0).mean()) * PERCENT)
    return mean_with_t_interval(shares, unit="percent", records=arm.records)


def not_reproduced(records: Records) -> Estimate:
    """Count the notebook's printed batch losses that no seed comes near."""
    arm = _published(records)
    epochs = len(arm.results[0].curve.logged_loss)
    shared = [p for p in printed("q5_batch") if p.epoch <= epochs]
    seeds = [[run.curve.logged_loss[p.epoch - 1][(p.batch or 0) // 100 - 1] for p in shared] for run in arm.results]
    return outside_of_seeds([p.value for p in shared], seeds, arm.records)


def gap_to_still_weights(records: Records) -> Estimate:
    """Estimate how far the last print of the first epoch lies above the loss with the weights held still."""
    arm = _published(records)
    gaps = arm.values(lambda run: run.curve.logged_loss[0][-1] - run.curve.still_train_loss[0])
    return mean_with_t_interval(gaps, unit="nats", signed=True, records=arm.records)


def gap_of_whole_epoch(records: Records) -> Estimate:
    """Estimate how far the first epoch's running loss lies above the loss with the weights held still."""
    arm = _published(records)
    gaps = arm.values(lambda run: run.curve.running_loss[0] - run.curve.still_train_loss[0])
    return mean_with_t_interval(gaps, unit="nats", signed=True, records=arm.records)


def printout(records: Records, findings: Findings) -> FigureContent:
    """Draw what the loop prints, what the notebook printed, and the loss with the weights held still."""
    arm = _published(records)
    prints = np.array([_prints(run) for run in arm.results])
    per_epoch = len(arm.results[0].curve.logged_loss[0])
    epochs = len(arm.results[0].curve.logged_loss)
    batches = 938  # of 64 images in 60,000
    x = [epoch + (block + 0.5) * 100 / batches for epoch in range(epochs) for block in range(per_epoch)]
    points = [p for p in printed("q5_batch") if p.epoch <= epochs]
    still = np.array([run.curve.still_train_loss[:epochs] for run in arm.results])
    return FigureContent(
        chart=LineChart(
            panels=[
                Panel(
                    series=[
                        Series(
                            label="printed every 100 batches",
                            x=x,
                            y=prints.mean(0).tolist(),
                            low=prints.min(0).tolist(),
                            high=prints.max(0).tolist(),
                        ),
                        Series(
                            label="weights held still",
                            x=[float(e) for e in arm.results[0].curve.still_epochs[:epochs]],
                            y=still.mean(0).tolist(),
                            role="points",
                        ),
                        Series(
                            label="printed in the notebook",
                            x=[p.epoch - 1 + ((p.batch or 0) - 50) / batches for p in points],
                            y=[p.value for p in points],
                            role="printed",
                        ),
                    ],
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
            f"Printed loss from {prints.mean(0)[0]:.3f} to {prints.mean(0)[-1]:.3f} nats over {epochs} epochs; after the first epoch "
            f"the last print is {prints.mean(0)[per_epoch - 1]:.3f} and the loss with the weights held still {still.mean(0)[0]:.3f}."
        ),
        caption=(
            f"As published: softmax twice, SGD at 0.01, batch size 64, {len(prints)} seeds. Line: mean over seeds; band: their range. "
            "Circles: the notebook's printed values. Each print is drawn at the middle of the hundred batches it averages."
        ),
        records=arm.records,
    )


ANSWER = Answer(
    name="q5",
    title="How is a model trained, and what does the loop print?",
    experiments=("epochs", "mistakes", "devices"),
    measures={
        **mistakes.MEASURES,
        "Q5.1": trend_of_prints,
        "Q5.3": not_reproduced,
        "share-falling": share_of_falling_steps,
        "gap-print": gap_to_still_weights,
        "gap-epoch": gap_of_whole_epoch,
        "first-print": over_seeds(
            "epochs", "as_published", EpochsResults, lambda run: run.curve.logged_loss[0][0], unit="nats"
        ),
        "still-first": over_seeds(
            "epochs", "as_published", EpochsResults, lambda run: run.curve.still_train_loss[0], unit="nats"
        ),
    },
    figures={"q5-printout": printout, "q5-card": printout, **mistakes.FIGURES},
    tables=mistakes.TABLES,
    headline="share-falling",
    headline_label="of prints are lower than the one before",
    card="q5-card",
)
