"""Example results of `mistakes`, and of the runs of `epochs` whose first epochs are loops without these mistakes."""

import msgspec

from examples import epochs
from report.experiments.mistakes import MistakesResults


def example(run, *, costs=()):
    """Make a loop's run, with accuracies that differ from the correct loop's by the arm's cost."""
    return loop(accuracy(run.seed, dict(costs).get(run.arm, 0.0)))


def accuracy(seed, difference=0.0):
    """Return a seed's accuracy; the difference to the correct loop varies a little from seed to seed."""
    return 0.85 + 0.002 * seed + difference + 0.0001 * (seed % 2)


def loop(accuracy, *, loss=0.5, gap=1e-5, diverged=None):
    """Make a run of two epochs."""
    return MistakesResults(
        running_loss=[1.0, loss],
        mean_of_batch_means=[1.0 + gap, loss],
        test_loss=[1.0, loss],
        test_accuracy=[0.5, accuracy],
        diverged_at_step=diverged,
        seconds={"train": [1.0, 1.0]},
    )


def continued(loop):
    """Make a run of `epochs` that begins as this loop, and continues for an epoch."""
    curve = epochs.curve([*loop.running_loss, 9.0], [*loop.test_accuracy, 0.0], test_losses=[*loop.test_loss, 9.0])
    return epochs.results(msgspec.structs.replace(curve, mean_of_batch_means=[*loop.mean_of_batch_means, 9.0]))
