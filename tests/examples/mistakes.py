"""Example results of `mistakes`, and of the run of `epochs` whose first epochs are a loop with a mistake."""

import numpy as np

from examples import epochs
from report.experiments.mistakes import MistakesResults
from report.experiments.predictions import Recognition

NUM_IMAGES = 1000


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
        recognition=recognition(accuracy),
        diverged_at_step=diverged,
        seconds={"train": [1.0] * 10},
    )


def recognition(accuracy):
    """Make what is recognised after each of three epochs: the first images, as many as the accuracy says."""
    times = np.where(np.arange(NUM_IMAGES) < round(accuracy * NUM_IMAGES), 3, 0).astype(np.uint8)
    return Recognition(last_epoch=10, num_epochs=3, times=times.tobytes(), confusion=[[10] * 10] * 10)


def as_epochs(loops):
    """Make runs of `epochs` that are these loops."""
    return [epochs.results(epochs.curve(loop.running_loss, loop.test_accuracy)) for loop in loops]
