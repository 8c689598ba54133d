"""Question 4, the notebook's two printed runs: how far apart they are, and what else is as far apart."""

from __future__ import annotations

import numpy as np

from report.answers.printed import printed
from report.answers.q4 import answer
from report.conclude.statistics import Estimate, exact, mean_with_t_interval
from report.experiments.epochs import EpochsResults
from report.experiments.training import TrainingResults
from report.record.reader import Records


@answer.number("printed-difference")
def printed_difference(records: Records) -> Estimate:
    """Compare the notebook's two printed runs: the largest gap between them after the first epoch."""
    one = {p.epoch: p.value for p in printed("part1_epoch")}
    gaps = [abs(one[p.epoch] - p.value) for p in printed("q4_epoch") if p.epoch > 1]
    return exact(max(gaps), unit="nats", n=len(gaps), n_of="printed epochs", digits=4)


@answer.number("seed-difference")
def seed_difference(records: Records) -> Estimate:
    """Find how far two seeds of one and the same model lie apart over the same epochs, at most."""
    arm = records.arm("epochs", "as_published", EpochsResults)
    epochs = [p.epoch for p in printed("q4_epoch") if 1 < p.epoch <= len(arm.results[0].curve.running_loss)]
    values = np.array([[run.curve.mean_of_batch_means[e - 1] for e in epochs] for run in arm.results])
    spread = float((values.max(0) - values.min(0)).max())
    return exact(spread, unit="nats", n=len(values), n_of="seeds", digits=4, records=arm.records)


@answer.number("fall-without-a-layer")
def fall_without_a_layer(records: Records) -> Estimate:
    """Estimate the notebook's "performance improvement" in a model that has no hidden layer."""
    arm = records.arm("capacity", "none", TrainingResults)
    falls = arm.values(lambda run: run.curve.mean_of_batch_means[0] - run.curve.mean_of_batch_means[1])
    return mean_with_t_interval(falls, unit="nats", signed=True, records=arm.records)
