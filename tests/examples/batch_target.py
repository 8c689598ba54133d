"""Example results of `batch_target`."""

from examples.batch_size import JITTER
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.batch_target import TargetResults

STEPS = 60
"""Scorings of a run."""
CRITICAL = 200


def example(run, *, sign=1):
    """
    Make a run that reaches its target in the epochs that the law of the critical batch size gives.

    With a layer, a larger batch generalises worse and levels off earlier (with sign −1, the other way round), and the critical
    batch size is four times that without a layer (with sign −1, the same).
    """
    parameters = run.parameters
    place, j = BATCH_SIZES.index(parameters["batch_size"]), JITTER[run.seed % len(JITTER)]
    critical = CRITICAL if parameters["hidden"] or sign == -1 else CRITICAL / 4
    return approached(
        batch_size=parameters["batch_size"],
        target=parameters["target"],
        epochs=20 * (1 + parameters["batch_size"] / critical) * (1 + j),
        gap=0.15 + sign * 0.03 * place + j,
        lost_accuracy=sign * 0.01 * place + j / 20,
        turn=0.6 - 0.1 * place if sign == 1 else 0.3 + 0.1 * place,
        rate=0.1 if parameters["learning_rate"] is None else parameters["learning_rate"],
    )


def approached(batch_size, target, epochs, gap=0.2, lost_accuracy=0.0, turn=0.5, rate=0.1):
    """Make a run that comes down fast to a little above its target, and from a `turn` on slowly to a little below it."""
    shares = [(step + 1) / STEPS for step in range(STEPS)]
    knee, end = target + 0.05, target - 0.02
    losses = [
        2.3 + (knee - 2.3) * share / turn if share < turn else knee + (end - knee) * (share - turn) / (1 - turn)
        for share in shares
    ]
    updates = [round(share * epochs * 50_000 / batch_size) for share in shares]
    return TargetResults(
        learning_rate=rate,
        target=target,
        updates_to_target=updates[-1],
        updates=updates,
        epochs=[share * epochs for share in shares],
        train_loss=losses,
        train_accuracy=[1 - loss / 2.6 for loss in losses],
        test_loss=[loss + gap for loss in losses],
        test_accuracy=[1 - loss / 2.5 - lost_accuracy for loss in losses],
    )
