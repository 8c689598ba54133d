"""Training curves: the measurement that most experiments share."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import torch
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from fmnist_ref import cross_entropy, evaluate, fit

VALIDATION_SIZE = 10_000
SPLIT_SEED = 20_170_825  # fixed for all runs: which images are held out must not vary with the seed
STILL_AT = (1, 2, 5, 10, 20, 40, 100)
"""Epochs after which the whole training set is scored: it takes a third of the time of training an epoch."""


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Losses (nats) and accuracies (shares of 1) over the epochs of one training run."""

    running_loss: list[float]
    """Mean loss over the images of each epoch, taken while the weights moved."""
    mean_of_batch_means: list[float]
    """The same as the notebook takes it: every batch counts alike, the short last one too."""
    logged_loss: list[list[float]]
    """Mean over each complete hundred of batches, per epoch, for the first ten epochs."""
    test_loss: list[float]
    test_accuracy: list[float]
    still_epochs: list[int]
    """Epochs (from 1) after which the training set was scored with the weights held still."""
    still_train_loss: list[float]
    still_train_accuracy: list[float]
    validation_loss: list[float] = []
    """Loss on the held-out training images; empty where none were held out."""
    validation_accuracy: list[float] = []
    seconds: dict[str, list[float]] = {}


class Images(msgspec.Struct, frozen=True):
    """Images with their labels."""

    images: Float32[Tensor, "n 28 28"]
    labels: Int64[Tensor, n]


def hold_out(images: Tensor, labels: Tensor) -> tuple[Images, Images]:
    """Split training images into those to train on and the 10,000 on which choices are made."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(SPLIT_SEED))
    kept, held = (
        Images(images.index_select(0, places), labels.index_select(0, places))
        for places in (order[VALIDATION_SIZE:], order[:VALIDATION_SIZE])
    )
    return kept, held


def record_curve(
    model: nn.Module,
    train: Images,
    test: Images,
    *,
    validation: Images | None = None,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    device: str,
    loss_function: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
) -> Curve:
    """Train a model and score it after every epoch."""
    model.to(device)
    train = Images(train.images.to(device), train.labels.to(device))
    test_scores, validation_scores, still_scores = [], [], {}

    def score(epoch: int) -> None:
        test_scores.append(evaluate(model, test.images, test.labels, loss_function=loss_function))
        if validation is not None:
            validation_scores.append(evaluate(model, validation.images, validation.labels, loss_function=loss_function))
        if epoch in {*STILL_AT, epochs}:
            still_scores[epoch] = evaluate(model, train.images, train.labels, loss_function=loss_function)

    history = fit(
        model,
        train.images,
        train.labels,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        loss_function=loss_function,
        after_epoch=score,
    )
    return Curve(
        running_loss=history.running_loss,
        mean_of_batch_means=history.mean_of_batch_means,
        logged_loss=history.logged_loss[:10],
        test_loss=[s.loss for s in test_scores],
        test_accuracy=[s.accuracy for s in test_scores],
        still_epochs=sorted(still_scores),
        still_train_loss=[still_scores[e].loss for e in sorted(still_scores)],
        still_train_accuracy=[still_scores[e].accuracy for e in sorted(still_scores)],
        validation_loss=[s.loss for s in validation_scores],
        validation_accuracy=[s.accuracy for s in validation_scores],
        seconds={"train": history.train_seconds},
    )
