"""Example results of `mistakes`, and of the run of `epochs` whose first epochs are a loop with a mistake."""

import msgspec

from examples import epochs
from report.experiments.mistakes import MistakesResults


def example(run, *, costs=()):
    """Make a loop's run, with an accuracy that is below the correct loop's by the arm's cost."""
    return loop(accuracy(run.seed, dict(costs).get(run.arm, 0.0)))


def accuracy(seed, cost=0.0):
    """Return a seed's accuracy; the difference to the correct loop varies a little from seed to seed."""
    return 0.85 + 0.002 * (seed % 5) - cost * (1 + 0.01 * (seed % 3))


def loop(accuracy, *, loss=0.5, gap=1e-5, diverged=None):
    """Make a run of ten epochs, of equal accuracy after each of them."""
    return MistakesResults(
        running_loss=[1.0] + [loss] * 9,
        mean_of_batch_means=[1.0 + gap] + [loss] * 9,
        test_loss=[1.0] + [loss] * 9,
        test_accuracy=[accuracy] * 10,
        recognition=epochs.recognition([accuracy] * 10),
        diverged_at_step=diverged,
        seconds={"train": [1.0] * 10},
    )


def as_epochs(loops):
    """Make runs of `epochs` that begin as these loops and go on for two epochs."""
    return [epochs.results(_continued(loop)) for loop in loops]


def _continued(loop):
    curve = epochs.curve([*loop.running_loss, 9.0, 9.0], [*loop.test_accuracy, 0.0, 0.0])
    return msgspec.structs.replace(
        curve,
        mean_of_batch_means=[*loop.mean_of_batch_means, 9.0, 9.0],
        test_loss=[*loop.test_loss, 9.0, 9.0],
    )
