"""Example results of `batch_size`, and of the trials of all experiments."""

from report.experiments.batch_size import BATCH_SIZES, BatchSizeResults
from report.experiments.tuning import TuningResult

JITTER = [0.0, 0.01, -0.01, 0.02, -0.02]
"""How seeds differ."""


def example(run, *, sign=1):
    """Make a run by which small batches do better in everything or, with sign −1, worse."""
    if run.role == "trial":
        return trial(run)
    place, j = BATCH_SIZES.index(run.parameters["batch_size"]), JITTER[run.seed % len(JITTER)]
    return trained(
        accuracy=0.85 - sign * 0.01 * place + j / 20,
        train_loss=0.3 + sign * 0.02 * place + j / 20,
        test_loss=0.35 + sign * 0.04 * place + j / 20,
        epochs=10.0 if run.parameters["budget"] == "epochs" else 12.0,
    )


def trained(accuracy, train_loss, test_loss, epochs=10.0):
    """Make a run that comes down from 2.3 nats in two steps."""
    return BatchSizeResults(
        learning_rate=0.1,
        num_updates=600,
        epochs=[0.0, epochs / 2, epochs],
        train_loss=[2.3, 0.5, train_loss],
        validation_accuracy=[0.1, 0.7, accuracy],
        test_loss=[2.3, 0.55, test_loss],
        test_accuracy=[0.1, 0.7, accuracy],
        seconds=[1.0, 1.0],
    )


def trial(run):
    """Make a trial in which a rate of 0.1 does best."""
    rate = run.parameters["learning_rate"]
    return TuningResult(
        learning_rate=rate, validation_loss=0.5 if rate == 0.1 else 0.9, validation_accuracy=0.8 if rate == 0.1 else 0.7
    )
