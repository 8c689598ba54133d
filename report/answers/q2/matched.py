"""Question 2, at one training loss: the gap to the test loss by batch size, and whether the training loss still falls."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import Series, line_chart
from report.answers.curves import middle_and_range, paired_difference
from report.answers.q2 import answer
from report.answers.q2.levels import LARGE, LEVEL, LEVELS, SMALL, at_level, at_the_level, moments, runs_down_to, runs_of
from report.conclude.interval_rules import Above, Below
from report.conclude.statistics import Estimate
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.batch_target import TargetResults, recent_mean
from report.record.reader import NoRecords, Records

BEFORE = 0.2
"""Nats: the level from which training goes on for half as many epochs again."""
FURTHER = 1.5
WORSE = 0.01
"""Nats of training loss: a smaller difference does not make a solution worse."""


@answer.claim(
    "Q2.7",
    "Small batches act as a regulariser; large ones risk overfitting.",
    Below(),
    place="Q2, generalisation",
    note="At one training loss, a smaller gap and a lower test loss are the same thing. Each size has its own rate, and the gap depends on the rate too.",
    constants={"level": LEVEL, "small": SMALL, "large": LARGE},
)
@answer.number("gap-difference-before", BEFORE)
def gap_at_matched_loss(records: Records, level: float = LEVEL) -> Estimate:
    """Test minus training loss where the training loss is {level} nats, batch size {small} minus {large}, each at its own rate."""
    small, large = (moments(records, "relu1", size, level) for size in (SMALL, LARGE))
    return paired_difference(small, large, lambda moment: moment.test_loss, unit="nats")


answer.see(
    "Q2.9",
    "With large batches there is a risk of overfitting.",
    "Q2.7",
    place="Q2, generalisation",
    note="The reason given, less variety in each update, is false by definition: an update of 1024 draws on 64 times as many images as one of 16.",
)


def loss_further_on(run: TargetResults) -> float:
    """Return the training loss after half as many epochs again as the run took to 0.2 nats, or at its end if that is sooner."""
    epochs = FURTHER * at_level(run, BEFORE).epochs
    return float(np.interp(epochs, run.epochs, recent_mean(run, run.train_loss)))


@answer.claim(
    "Q2.13",
    "Large batches might converge to worse solutions.",
    Above(WORSE),
    place="Q2, stochasticity and noise",
    note=(
        "Neither size comes to an end in so few epochs: at a constant rate the loss keeps falling, ever more slowly. "
        f"A large batch on its way to a worse solution would be levelling off. Less than {WORSE:g} nats does not count as worse."
    ),
    constants={"before": BEFORE, "small": SMALL, "large": LARGE},
)
def loss_of_large_further_on(records: Records) -> Estimate:
    """Training loss after 1.5 times the epochs that it took to {before} nats, batch size {large} minus {small}."""
    large, small = (runs_down_to(records, "relu1", size, BEFORE) for size in (LARGE, SMALL))
    return paired_difference(large, small, loss_further_on, unit="nats")


@answer.number("gap-small", SMALL)
@answer.number("gap-large", LARGE)
def gap_at_the_level(records: Records, batch_size: int) -> Estimate:
    """Estimate the gap of one batch size at the level."""
    return at_the_level(records, batch_size, lambda moment: moment.test_loss - LEVEL, "nats")


@answer.figure("q2-gap")
def gap_against_loss(records: Records, findings: Findings) -> FigureSpec:
    """Draw the gap between test and training loss against the training loss, for each batch size."""
    series = [_gap_line(records, batch_size) for batch_size in BATCH_SIZES]
    num_seeds = len(runs_of(records, "relu1", SMALL).results)
    ends = ", ".join(f"{s.label}: {s.y[-1]:.3f} at {s.x[-1]:g} nats" for s in series)
    x_label, y_label = "training loss (nats)", "test minus training loss (nats)"
    return FigureSpec(
        chart=line_chart(*series, x_label=x_label, y_label=y_label, x_falls=True),
        title=by_verdict(
            findings["Q2.7"],
            supported=f"At a training loss of {LEVEL} nats, batches of {SMALL} have a smaller gap to the test loss than {LARGE}",
            refuted=f"At a training loss of {LEVEL} nats, batches of {SMALL} have a larger gap to the test loss than {LARGE}",
            undetermined=f"At a training loss of {LEVEL} nats, which of {SMALL} and {LARGE} has the larger gap is not settled",
            withheld="Gap between test and training loss, as the training loss falls",
        ),
        alt=f"Test minus training loss against training loss. {ends}.",
        caption=(
            f"At each level, means of {num_seeds} seeds and their range. Training goes from left to right. "
            "Batches of 4096 were not trained further than shown."
        ),
    )


def _gap_line(records: Records, batch_size: int) -> Series:
    """Draw the gap at the levels that every run of a batch size reaches."""
    num_runs = len(runs_of(records, "relu1", batch_size).results)
    arms = {level: moments(records, "relu1", batch_size, level) for level in LEVELS}
    gaps = {
        level: [moment.test_loss - level for moment in arm.results]
        for level, arm in arms.items()
        if len(arm.results) == num_runs
    }
    if not gaps:
        raise NoRecords(f"batch size {batch_size} reaches no level")
    return middle_and_range(f"batch size {batch_size}", gaps)
