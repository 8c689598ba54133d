"""Example results of `batch_target`."""

from examples.batch_size import JITTER
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.batch_target import TargetResults


def example(run, *, sign=1):
    """
    Make a run that reaches its target.

    With a layer, a larger batch needs fewer epochs, updates and seconds (with sign −1, more). Without one, a middle batch
    size is the fastest (with sign −1, the smallest).
    """
    place, j = BATCH_SIZES.index(run.parameters["batch_size"]), JITTER[run.seed]
    if not run.parameters["hidden"]:
        return reached(500, 2.0, 2.0 + abs(place - (2 if sign == 1 else 0)) + j)
    growth = 2.0 ** (-sign * place)
    return reached(1000 * 4.0 ** (-sign * place) * (1 + j), 4 * growth * (1 + j), 3 * growth * (1 + j))


def reached(updates, epochs, seconds):
    """Make a run that reached its target after these updates, epochs and seconds."""
    return TargetResults(
        learning_rate=0.1,
        target_error=0.15,
        reached=True,
        num_updates=round(updates),
        epochs=epochs,
        validation_accuracy=[0.86],
        seconds=seconds,
    )
