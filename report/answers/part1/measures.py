"""What Part 1 measures: how far the loss falls, what training on costs, and what applying softmax twice costs."""

from __future__ import annotations

import numpy as np

from report.answers.curves import PERCENT, accuracy_points, outside_of_seeds
from report.answers.printed import printed
from report.conclude.statistics import Estimate, count, mean_with_t_interval
from report.experiments.epochs import EpochsResults
from report.record.reader import Arm, Records


def arm_of(records: Records, name: str) -> Arm[EpochsResults]:
    """Return one arm of the hundred epochs."""
    return records.arm("epochs", name, EpochsResults)


def final_accuracy(run: EpochsResults) -> float:
    """Return the test accuracy after the last epoch."""
    return run.curve.test_accuracy[-1]


def fall_of_loss(records: Records) -> Estimate:
    """Estimate the change of the training loss, weights held still, from the first epoch to the last."""
    arm = arm_of(records, "as_published")
    falls = arm.values(lambda run: run.curve.still_train_loss[-1] - run.curve.still_train_loss[0])
    return mean_with_t_interval(falls, unit="nats", signed=True, records=arm.records)


def rises(records: Records) -> Estimate:
    """Count, per seed, the epochs whose running loss is above the one before."""
    arm = arm_of(records, "as_published")
    counts = arm.values(lambda run: float((np.diff(run.curve.running_loss) > 0).sum()))
    return count(
        float(np.mean(counts)),
        low=min(counts),
        high=max(counts),
        unit="epochs",
        n=len(counts),
        n_of="seeds",
        records=arm.records,
    )


def index_of_chosen_epoch(run: EpochsResults) -> int:
    """Return the index of the epoch that the held-out images choose."""
    return int(np.argmin(run.curve.validation_loss))


def cost_of_training_on(records: Records) -> Estimate:
    """Estimate the test loss at the last epoch minus at the epoch that validation would have chosen."""
    arm = arm_of(records, "held_out")
    costs = arm.values(lambda run: run.curve.test_loss[-1] - run.curve.test_loss[index_of_chosen_epoch(run)])
    return mean_with_t_interval(costs, unit="nats", signed=True, records=arm.records)


def accuracy_over_that_span(records: Records) -> Estimate:
    """Estimate the change of test accuracy over the same span."""
    arm = arm_of(records, "held_out")
    gains = arm.values(
        lambda run: (run.curve.test_accuracy[-1] - run.curve.test_accuracy[index_of_chosen_epoch(run)]) * PERCENT
    )
    return mean_with_t_interval(gains, unit="percentage points", signed=True, records=arm.records)


def chosen_epoch(records: Records) -> Estimate:
    """Estimate which epoch validation chooses."""
    arm = arm_of(records, "held_out")
    return mean_with_t_interval(
        arm.values(lambda run: index_of_chosen_epoch(run) + 1.0), unit="epochs", digits=0, records=arm.records
    )


def cost_of_double_softmax(records: Records) -> Estimate:
    """Estimate softmax twice minus from logits at the notebook's learning rate, in test accuracy."""
    return accuracy_points(arm_of(records, "as_published"), arm_of(records, "from_logits"), final_accuracy)


def cost_of_double_softmax_tuned(records: Records) -> Estimate:
    """Estimate the same with the learning rate chosen for each."""
    return accuracy_points(arm_of(records, "tuned_published"), arm_of(records, "tuned_logits"), final_accuracy)


def not_reproduced(records: Records) -> Estimate:
    """Count the notebook's printed epoch losses that no seed comes near."""
    arm = arm_of(records, "as_published")
    shared = [p for p in printed("part1_epoch") if p.epoch <= len(arm.results[0].curve.mean_of_batch_means)]
    seeds = [[run.curve.mean_of_batch_means[p.epoch - 1] for p in shared] for run in arm.results]
    return outside_of_seeds([p.value for p in shared], seeds, arm.records)
