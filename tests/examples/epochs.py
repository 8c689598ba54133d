"""Example results of `epochs`: curves from lists of losses, or of a test loss that stops falling while the error falls on."""

import numpy as np

from examples.batch_size import trial
from report.experiments.epochs import EpochsResults, Inspection, Mistake
from report.experiments.predictions import Calibration, Recognition
from report.experiments.training import RECOGNITION_EPOCHS, Curve, epochs_at_the_end

NUM_IMAGES = 1000
SHIRT = 6


def example(run, *, loss_later=0.0, error_later=-0.0002, cost=0.05, missing=True):
    """
    Make a run of as many epochs as planned.

    After epoch 40 test loss and test error change by `loss_later` and `error_later` an epoch. Softmax twice costs `cost` of
    accuracy, and, if `missing`, lacks the shirts except with every fifth seed.
    """
    if run.role == "trial":
        return trial(run)
    twice = run.parameters["double_softmax"]
    losses, accuracies = stalling(run.parameters["epochs"], run.seed, loss_later, error_later)
    classes = (SHIRT,) if twice and missing and run.seed % 5 else ()
    falling = [(1.5 if twice else 0.2) + 0.5 / epoch + run.seed / 1e4 for epoch in range(1, len(losses) + 1)]
    accuracies = [accuracy - cost * twice for accuracy in accuracies]
    return results(curve(falling, accuracies, test_losses=losses, missing=classes))


def stalling(epochs, seed, loss_later=0.0, error_later=-0.0002):
    """Return test losses and accuracies: both improve up to epoch 40 and then change as given."""
    epoch = np.arange(1, epochs + 1)
    wobble = np.random.default_rng(seed).normal(0, 1e-4, epochs)
    early, later = 40 - np.minimum(epoch, 40), np.maximum(epoch - 40, 0)
    loss = 0.35 + 0.01 * early + loss_later * later + wobble
    error = 0.13 + 0.002 * early + error_later * later + wobble
    return loss.tolist(), (1 - error).tolist()


def curve(losses, accuracies=None, *, test_losses=None, missing=()):
    """Make a curve with the same losses everywhere, but for the ones that are given; `missing` classes are never predicted."""
    epochs = len(losses)
    accuracies = accuracies or [0.8] * epochs
    ends = sorted({epoch for epoch in RECOGNITION_EPOCHS if epoch < epochs} | {epochs})
    return Curve(
        running_loss=losses,
        mean_of_batch_means=losses,
        logged_loss=[[loss + batch / 100 for batch in range(9)] for loss in losses[:10]],
        test_loss=test_losses or losses,
        test_accuracy=accuracies,
        predicted=[confusion(missing).sum(0).tolist()] * epochs,
        recognition=[recognition(accuracies[:epoch], missing) for epoch in ends],
        scored_epochs=list(range(1, epochs + 1)),
        train_loss=losses,
        train_accuracy=accuracies,
        seconds={"train": [0.5] * epochs},
    )


def recognition(accuracies, missing=()):
    """Make what is recognised: after each epoch the first images, as many as the accuracy says."""
    last = accuracies[-epochs_at_the_end(len(accuracies)) :]
    times = sum((np.arange(NUM_IMAGES) < round(NUM_IMAGES * accuracy)).astype(np.uint8) for accuracy in last)
    return Recognition(
        last_epoch=len(accuracies),
        num_epochs=len(last),
        times=times.tobytes(),
        confusion=confusion(missing).tolist(),
    )


def confusion(missing=()):
    """Count a hundred images of each class, of which some are taken for the first, shirts most; all of a missing class are."""
    counts = (np.eye(10) * 90).astype(int)
    counts[:, 0] += 10
    counts[SHIRT, [0, SHIRT]] += (5, -5)
    for label in missing:
        counts[label, [0, label]] = (100, 0)
    return counts


def results(curve, confidence=0.9):
    """Make the results of a curve, with an inspection of one mistake."""
    inspection = Inspection(
        calibration=Calibration(error=abs(confidence - 0.85), confidence=[confidence], accuracy=[0.85], count=[1000]),
        true_class_log_loss=curve.test_loss[-1],
        mistakes=[Mistake(index=5, label=4, predicted=6, probability=0.9996, pixels=[0] * 784)],
    )
    return EpochsResults(learning_rate=0.01, num_parameters=101_770, curve=curve, inspection=inspection)
