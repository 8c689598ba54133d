"""Example results of `epochs`: curves from lists of losses, or with a test loss that falls and rises again."""

import msgspec
import numpy as np

from examples.batch_size import trial
from report.experiments.epochs import EpochsResults, Inspection, Mistake
from report.experiments.predictions import Calibration
from report.experiments.training import Curve

EPOCHS, LOWEST = 20, 12


def example(run, **effects):
    """Make a run of a hundred epochs, whose test loss turns up again after the lowest epoch."""
    if run.role == "trial":
        return trial(run)
    epochs = np.arange(1, EPOCHS + 1)
    falling = (0.5 + 1 / epochs + run.seed / 1000).tolist()
    turning = turning_curve(run.seed, **{"after": 1} | effects)
    return results(
        msgspec.structs.replace(
            curve(falling),
            logged_loss=[[loss + batch / 100 for batch in range(9)] for loss in falling[:10]],
            test_loss=turning.test_loss,
            test_accuracy=turning.test_accuracy,
            train_loss=[loss - 0.01 for loss in falling],
            train_accuracy=[0.8] * EPOCHS,
            validation_loss=turning.test_loss,
            validation_accuracy=turning.test_accuracy,
        )
    )


def curve(losses, accuracies=None, *, test_losses=None, validation=None):
    """Make a curve with the same losses everywhere, but for the ones that are given."""
    accuracies = accuracies or [0.8] * len(losses)
    return Curve(
        running_loss=losses,
        mean_of_batch_means=losses,
        logged_loss=[[loss] * 9 for loss in losses[:10]],
        test_loss=test_losses or losses,
        test_accuracy=accuracies,
        scored_epochs=list(range(1, len(losses) + 1)),
        train_loss=losses,
        train_accuracy=accuracies,
        validation_loss=validation or [],
    )


def turning_curve(seed=0, *, after=-1, lowest=LOWEST):
    """Make a test loss that falls to its lowest and rises; the error falls with it, then goes `after` × the loss."""
    wobble = np.random.default_rng(seed).normal(0, 1e-4, EPOCHS)
    epochs = np.arange(1, EPOCHS + 1)
    loss = 0.3 + 0.02 * np.abs(epochs - lowest)
    error = 0.1 + np.where(epochs <= lowest, 1, after) * 0.002 * np.abs(epochs - lowest) + wobble
    return curve([0.5] * EPOCHS, (1 - error).tolist(), test_losses=loss.tolist())


def results(curve, confidence=0.9):
    """Make the results of a curve, with an inspection in which every class is at times taken for the first, shirts most."""
    confusion = (np.eye(10) * 90).astype(int)
    confusion[:, 0] += 10
    confusion[6, 0] += 5
    confusion[6, 6] -= 5
    inspection = Inspection(
        confusion=confusion.tolist(),
        calibration=Calibration(error=abs(confidence - 0.85), confidence=[confidence], accuracy=[0.85], count=[1000]),
        true_class_log_loss=curve.test_loss[-1],
        mistakes=[Mistake(index=5, label=4, predicted=6, probability=0.9996, pixels=[0] * 784)],
    )
    return EpochsResults(learning_rate=0.01, num_parameters=101_770, curve=curve, inspection=inspection)
