"""What Part 1 measures: how far the loss falls, what training on costs, and what applying softmax twice costs."""

from __future__ import annotations

import numpy as np

from report.answers.curves import PERCENT, accuracy_points, outside_of_seeds, over_seeds
from report.answers.part1 import answer
from report.answers.printed import printed
from report.conclude.claims import MARGIN
from report.conclude.rules import Above, Below, NoneOf
from report.conclude.statistics import Estimate, mean_with_t_interval, with_range
from report.experiments.epochs import EpochsResults
from report.record.reader import Arm, Records


def arm_of(records: Records, name: str) -> Arm[EpochsResults]:
    """Return one arm of the hundred epochs."""
    return records.arm("epochs", name, EpochsResults)


def epochs_of(arm: Arm[EpochsResults]) -> dict[str, int | float | str]:
    """Return the number of epochs, for the description of what was measured."""
    return {"epochs": len(arm.results[0].curve.test_accuracy)}


def final_accuracy(run: EpochsResults) -> float:
    """Return the test accuracy after the last epoch."""
    return run.curve.test_accuracy[-1]


@answer.claim(
    "P1.1",
    "The training loss goes down as training goes on.",
    Below(),
    note="Both losses fall from the first epoch to the last. That is an observation about these runs, not a proof about all.",
)
def fall_of_loss(records: Records) -> Estimate:
    """Training loss with the weights fixed, epoch {epochs} minus epoch 1, softmax applied twice."""
    arm = arm_of(records, "as_published")
    falls = arm.values(lambda run: run.curve.train_loss[-1] - run.curve.train_loss[0])
    return mean_with_t_interval(falls, unit="nats", signed=True, records=arm.records, settings=epochs_of(arm))


@answer.claim("P1.2", "It goes down with every epoch, which is what proving it would take.", NoneOf(15.0))
def rises(records: Records) -> Estimate:
    """Epochs of {epochs} in which the printed loss is above that of the epoch before, for each seed."""
    arm = arm_of(records, "as_published")
    counts = arm.values(lambda run: float((np.diff(run.curve.running_loss) > 0).sum()))
    return with_range(
        counts,
        unit="epochs",
        n_of="seeds",
        records=arm.records,
        settings=epochs_of(arm),
    )


def index_of_chosen_epoch(run: EpochsResults) -> int:
    """Return the index of the epoch that the held-out images choose."""
    return int(np.argmin(run.curve.validation_loss))


@answer.claim("P1.3", "A lower training loss means a better model (implied).", Below())
def cost_of_training_on(records: Records) -> Estimate:
    """Test cross-entropy at epoch {epochs} minus that at the epoch that the held-out images choose, trained from logits."""
    arm = arm_of(records, "held_out")
    costs = arm.values(lambda run: run.curve.test_loss[-1] - run.curve.test_loss[index_of_chosen_epoch(run)])
    return mean_with_t_interval(costs, unit="nats", signed=True, records=arm.records, settings=epochs_of(arm))


@answer.number("accuracy-over-that-span")
def accuracy_over_that_span(records: Records) -> Estimate:
    """Estimate the change of test accuracy over the same span."""
    arm = arm_of(records, "held_out")
    gains = arm.values(
        lambda run: (run.curve.test_accuracy[-1] - run.curve.test_accuracy[index_of_chosen_epoch(run)]) * PERCENT
    )
    return mean_with_t_interval(gains, unit="percentage points", signed=True, records=arm.records)


@answer.number("chosen-epoch")
def chosen_epoch(records: Records) -> Estimate:
    """Estimate which epoch validation chooses."""
    arm = arm_of(records, "held_out")
    return mean_with_t_interval(
        arm.values(lambda run: index_of_chosen_epoch(run) + 1.0), unit="epochs", digits=0, records=arm.records
    )


@answer.claim(
    "P1.5a", "Applying softmax twice does no harm, at the notebook's learning rate (implied).", Above(-MARGIN)
)
def cost_of_double_softmax(records: Records) -> Estimate:
    """Test accuracy at epoch {epochs}, softmax twice minus from logits, learning rate 0.01."""
    published, logits = arm_of(records, "as_published"), arm_of(records, "from_logits")
    return accuracy_points(published, logits, final_accuracy, settings=epochs_of(published))


@answer.claim("P1.5b", "Applying softmax twice does no harm once the learning rate suits it (implied).", Above(-MARGIN))
def cost_of_double_softmax_tuned(records: Records) -> Estimate:
    """Test accuracy after {epochs} epochs, softmax twice minus from logits, each at the rate that the held-out images choose."""
    published, logits = arm_of(records, "tuned_published"), arm_of(records, "tuned_logits")
    return accuracy_points(published, logits, final_accuracy, settings=epochs_of(published))


@answer.claim("P1.6", "The printed losses of the hundred epochs can be had again (implied).", NoneOf(15.0))
def not_reproduced(records: Records) -> Estimate:
    """Losses of the notebook's printout outside the range of the seeds' own, widened by two standard deviations."""
    arm = arm_of(records, "as_published")
    shared = [p for p in printed("part1_epoch") if p.epoch <= len(arm.results[0].curve.mean_of_batch_means)]
    seeds = [[run.curve.mean_of_batch_means[p.epoch - 1] for p in shared] for run in arm.results]
    return outside_of_seeds([p.value for p in shared], seeds, arm.records)


for name, value in {
    "published-first-loss": lambda run: run.curve.train_loss[0],
    "published-last-loss": lambda run: run.curve.train_loss[-1],
    "published-true-loss": lambda run: run.inspection.true_class_log_loss,
    "published-printed-test-loss": lambda run: run.curve.test_loss[-1],
}.items():
    answer.number(name)(over_seeds("epochs", "as_published", EpochsResults, value, unit="nats"))
for name, arm in {"published-accuracy": "as_published", "logits-accuracy": "from_logits"}.items():
    answer.number(name)(
        over_seeds("epochs", arm, EpochsResults, lambda run: final_accuracy(run) * PERCENT, unit="percent")
    )
