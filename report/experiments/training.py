"""Training with the scores after each epoch: what most experiments record."""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from fmnist_ref import accuracy, cross_entropy, evaluate, fit, predict
from report.experiments.predictions import Recognition, recognition_of
from report.plan import Images

VALIDATION_SIZE = 10_000
SPLIT_SEED = 20_170_825  # fixed for all runs: which images are held out must not vary with the seed
SCORED_EPOCHS = (1, 2, 5, 10, 20, 26, 30, 40, 50, 60, 70, 80, 90, 100)
"""Epochs after which the whole training set is scored: that takes a third of the time of training an epoch."""
RECOGNITION_EPOCHS = (10, 26)
"""Epochs, besides the last, at which training may have ended: other runs have ten, the notebook printed 26."""


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Losses (nats) and accuracies (fractions from 0 to 1) over the epochs of one training run."""

    running_loss: list[float]
    """Mean loss over the images of each epoch, taken while the weights change."""
    mean_of_batch_means: list[float]
    """The same as the notebook computes it: every batch has the same weight, the short last one too."""
    logged_loss: list[list[float]]
    """Mean over each complete hundred of batches, per epoch, for the first ten epochs."""
    test_loss: list[float]
    test_accuracy: list[float]
    predicted: list[list[int]]
    """Test images assigned to each class, after every epoch."""
    recognition: list[Recognition]
    """The test images recognised at the end of the first 10 epochs, of the first 26, and of all."""
    scored_epochs: list[int]
    """Epochs (from 1) after which the training set was scored, the last one among them."""
    train_loss: list[float]
    """Training loss with the weights fixed, after each of the scored epochs."""
    train_accuracy: list[float]
    seconds: dict[str, list[float]] = {}


class TrainingResults(msgspec.Struct, frozen=True, kw_only=True):
    """One network, trained once."""

    learning_rate: float
    num_parameters: int
    curve: Curve


def epochs_at_the_end(epochs: int) -> int:
    """Return how many epochs are "the end" of training: the last ten, or the last three of ten or fewer."""
    return 10 if epochs > 10 else min(3, epochs)


def hold_out(train: Images) -> tuple[Images, Images]:
    """Split training images into copies of those to train on and of the 10,000 on which choices are made."""
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(SPLIT_SEED))
    return train[order[VALIDATION_SIZE:]], train[order[:VALIDATION_SIZE]]


def num_parameters(model: nn.Module) -> int:
    """Count a model's parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def record_curve(model: nn.Module, train: Images, test: Images, *, epochs: int, device: str, **settings: Any) -> Curve:
    """
    Train a model and score it after every epoch.

    Parameters
    ----------
    model : torch.nn.Module
        With its initial weights; it is moved to the device.
    train, test : Images
        What to train on, and what to test on after every epoch.
    epochs : int
        Passes through the training images.
    device : str
        Where to train.
    **settings
        Further arguments of `fit`.

    Returns
    -------
    Curve
        Scores with the weights fixed, and the losses that `fit` recorded on the way.
    """
    model.to(device)
    train, test = train.to(device), test.to(device)
    test_loss, test_accuracy, train_scores = [], [], {}
    predictions: list[list[int]] = []
    recognition: list[Recognition] = []
    outputs_at_the_end: deque[Tensor] = deque(maxlen=epochs_at_the_end(max(epochs, *RECOGNITION_EPOCHS)))

    def score(epoch: int) -> None:
        outputs = predict(model, test.images)
        test_loss.append(cross_entropy(outputs, test.labels).item())
        test_accuracy.append(accuracy(outputs, test.labels))
        predictions.append(outputs.argmax(1).bincount(minlength=outputs.shape[1]).tolist())
        outputs_at_the_end.append(outputs)
        if epoch in {*RECOGNITION_EPOCHS, epochs}:
            last = list(outputs_at_the_end)[-epochs_at_the_end(epoch) :]
            recognition.append(recognition_of(last, test.labels, epoch))
        if epoch in {*SCORED_EPOCHS, epochs}:
            train_scores[epoch] = evaluate(model, train.images, train.labels)

    history = fit(model, train.images, train.labels, epochs=epochs, after_epoch=score, **settings)
    return Curve(
        running_loss=history.running_loss,
        mean_of_batch_means=history.mean_of_batch_means,
        logged_loss=history.logged_loss[:10],
        test_loss=test_loss,
        test_accuracy=test_accuracy,
        predicted=predictions,
        recognition=recognition,
        scored_epochs=list(train_scores),
        train_loss=[s.loss for s in train_scores.values()],
        train_accuracy=[s.accuracy for s in train_scores.values()],
        seconds={"train": history.train_seconds},
    )
