"""Example results of `batch_target`."""

from examples.batch_size import JITTER
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.batch_target import TargetResults

STEPS = 60
"""Scorings of a run."""


def example(run, *, sign=1):
    """
    Make a run that reaches its target.

    With a layer, a larger batch needs fewer epochs and updates, overfits more, and goes on more slowly (with sign −1, the
    other way round). Epochs follow the law of the critical batch size, which is smaller without a layer.
    """
    parameters = run.parameters
    place, j = BATCH_SIZES.index(parameters["batch_size"]), JITTER[run.seed % len(JITTER)]
    epochs = 20 * 2.0 ** (-sign * place)
    return approached(
        batch_size=parameters["batch_size"],
        target=parameters["target"],
        epochs=(epochs if parameters["hidden"] else 2 * epochs) * (1 + j),
        gap=0.1 + sign * (0.03 * place) + j,
        bend=2.0 ** (sign * place),
        rate=parameters["learning_rate"],
    )


def approached(batch_size, target, epochs, gap, bend=1.0, rate=None):
    """Make a run that comes down to its target along a power of its epochs, the steeper at first the larger `bend`."""
    shares = [(step + 1) / STEPS for step in range(STEPS)]
    losses = [target + (2.3 - target) * (1 - share) ** 2 / (1 + 8 * bend * share) for share in shares]
    updates = [round(share * epochs * 50_000 / batch_size) for share in shares]
    return TargetResults(
        learning_rate=0.1 if rate is None else rate,
        target=target,
        updates_to_target=updates[-1],
        updates=updates,
        epochs=[share * epochs for share in shares],
        train_loss=losses,
        train_accuracy=[1 - loss / 2.6 for loss in losses],
        test_loss=[loss + gap for loss in losses],
        test_accuracy=[1 - loss / 2.5 for loss in losses],
    )
