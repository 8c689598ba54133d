"""Training with the scores after each epoch: what most experiments record."""

from __future__ import annotations

from typing import Any

import msgspec
import torch
from torch import nn

from fmnist_ref import evaluate, fit
from report.plan import Images

VALIDATION_SIZE = 10_000
SPLIT_SEED = 20_170_825  # fixed for all runs: which images are held out must not vary with the seed
SCORED_EPOCHS = (1, 2, 5, 10, 20, 40, 100)
"""Epochs after which the whole training set is scored: that takes a third of the time of training an epoch."""


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
    scored_epochs: list[int]
    """Epochs (from 1) after which the training set was scored, the last one among them."""
    train_loss: list[float]
    """Training loss with the weights fixed, after each of the scored epochs."""
    train_accuracy: list[float]
    validation_loss: list[float] = []
    """Loss on the training images held out; empty where none were."""
    validation_accuracy: list[float] = []
    seconds: dict[str, list[float]] = {}


class TrainingResults(msgspec.Struct, frozen=True, kw_only=True):
    """One network, trained once."""

    learning_rate: float
    num_parameters: int
    curve: Curve


def hold_out(train: Images) -> tuple[Images, Images]:
    """Split training images into copies of those to train on and of the 10,000 on which choices are made."""
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(SPLIT_SEED))
    return train[order[VALIDATION_SIZE:]], train[order[:VALIDATION_SIZE]]


def num_parameters(model: nn.Module) -> int:
    """Count a model's parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def record_curve(
    model: nn.Module,
    train: Images,
    test: Images,
    validation: Images | None = None,
    *,
    epochs: int,
    device: str,
    **settings: Any,
) -> Curve:
    """
    Train a model and score it after every epoch.

    Parameters
    ----------
    model : torch.nn.Module
        With its initial weights; it is moved to the device.
    train, test : Images
        What to train on, and what to test on after every epoch.
    validation : Images, optional
        Images held out, scored as the test images are.
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
    train = train.to(device)
    test_scores, validation_scores, train_scores = [], [], {}

    def score(epoch: int) -> None:
        test_scores.append(evaluate(model, test.images, test.labels))
        if validation is not None:
            validation_scores.append(evaluate(model, validation.images, validation.labels))
        if epoch in {*SCORED_EPOCHS, epochs}:
            train_scores[epoch] = evaluate(model, train.images, train.labels)

    history = fit(model, train.images, train.labels, epochs=epochs, after_epoch=score, **settings)
    return Curve(
        running_loss=history.running_loss,
        mean_of_batch_means=history.mean_of_batch_means,
        logged_loss=history.logged_loss[:10],
        test_loss=[s.loss for s in test_scores],
        test_accuracy=[s.accuracy for s in test_scores],
        scored_epochs=list(train_scores),
        train_loss=[s.loss for s in train_scores.values()],
        train_accuracy=[s.accuracy for s in train_scores.values()],
        validation_loss=[s.loss for s in validation_scores],
        validation_accuracy=[s.accuracy for s in validation_scores],
        seconds={"train": history.train_seconds},
    )
