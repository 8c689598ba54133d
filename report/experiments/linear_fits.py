"""
Fits of linear models: least squares in closed form, softmax regression by L-BFGS, each with the best of its penalties.

A penalty is chosen on the images held out; then all training images are fitted and the test images scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import LinearRegression, SoftmaxRegression, confusion_matrix, denormalize, predict
from report.experiments.lbfgs import LBFGSResult, fit_path, minimise
from report.experiments.predictions import (
    Outputs,
    Predictions,
    describe_outputs,
    digits,
    packed,
    score_predictions,
)
from report.experiments.training import hold_out
from report.experiments.tuning import best_penalty
from report.plan import Dataset, Images

CHOICE_TOLERANCE = 1e-3
FINAL_TOLERANCE = 1e-4
ALL_CLASSES = tuple(range(10))


class ClassifierResults(msgspec.Struct, frozen=True, kw_only=True):
    """One linear classifier, fitted once."""

    classes: list[int]
    """Classes that it tells apart, by their Fashion-MNIST numbers; everything else counts places in this list."""
    penalty: float
    """For least squares λ in Σ‖y − ŷ‖² + λ‖W‖²; for logistic regression λ in mean loss + λ/2 ‖(W, b)‖²."""
    validation_loss: list[float]
    """On the images held out, for each penalty of the run: squared error of an image, summed over its outputs, for least
    squares; nats for logistic regression."""
    validation_confusion: list[list[int]]
    """Images held out by true class (rows) and predicted class (columns), before the fit to all images."""
    train_accuracy: float
    labels: str
    """True class of each test image of these classes, a digit each."""
    predicted: str
    """Class of the largest output, a digit each."""
    predictions: Predictions
    weights: bytes
    """Class by class, 28 × 28 weights; float32, little-endian."""
    outputs: Outputs | None = None
    """For least squares."""
    lbfgs: LBFGSResult | None = None
    """For logistic regression."""


class BrightnessResults(msgspec.Struct, frozen=True, kw_only=True):
    """Least squares on the mean brightness of the lower half of an image, in grey levels from 0 to 255."""

    penalty: float
    validation_loss: list[float]
    """Mean squared error on the images held out, for each penalty of the run."""
    training_mean: float
    """Grey levels; a prediction that ignores the images."""
    truth: bytes
    """Per test image, grey levels; float32, little-endian."""
    predicted: bytes
    """Per test image, grey levels; float32, little-endian."""


@dataclass(frozen=True)
class Task:
    """Images for a linear model: at most `limit` of those to train on, of some classes, numbered by their places."""

    dataset: Dataset
    limit: int
    classes: tuple[int, ...] = ALL_CLASSES

    def hold_out(self) -> tuple[Images, Images]:
        """Return new copies of the images to try penalties on and of those held out."""
        kept, held = hold_out(self.dataset.train)
        return self._only(kept[: self.limit]), self._only(held)

    def train(self) -> Images:
        """Return the training images."""
        return self._only(self.dataset.train[: self.limit])

    def test(self) -> Images:
        """Return the test images."""
        return self._only(self.dataset.test)

    def _only(self, part: Images) -> Images:
        return part if self.classes == ALL_CLASSES else only(part, self.classes)


def only(part: Images, classes: tuple[int, ...]) -> Images:
    """Keep the images of some classes, and number these from 0."""
    places = torch.tensor([classes.index(c) if c in classes else -1 for c in range(10)])[part.labels]
    return Images(part.images[places >= 0], places[places >= 0])


def fit_least_squares(task: Task, penalties: list[float]) -> ClassifierResults:
    """Regress one-hot labels on the pixels, and predict the class with the largest output."""
    kept, held = task.hold_out()
    model, losses = fit_ridges((kept.images, _one_hot(kept)), (held.images, _one_hot(held)), penalties)
    confusion = confusion_matrix(predict(model, held.images), held.labels)
    train, test, penalty = task.train(), task.test(), best_penalty(penalties, losses)
    model.fit_closed_form(train.images, _one_hot(train), ridge=penalty)
    outputs = predict(model, test.images)  # (test, 10)
    clipped = outputs.clamp(0, 1)
    return describe(
        task,
        model,
        outputs,
        probabilities=clipped / clipped.sum(1, keepdim=True),
        penalty=penalty,
        validation_loss=losses,
        validation_confusion=confusion.tolist(),
        outputs=describe_outputs(outputs, test.labels),
    )


def fit_logistic(task: Task, penalties: list[float]) -> ClassifierResults:
    """Fit softmax regression to its minimum; with two classes it is the logistic regression of the textbooks."""
    model, mean, losses, confusion = _fit_centred(task, penalties)
    train, test, penalty = task.train(), task.test(), best_penalty(penalties, losses)
    result = minimise(model, train.images - mean, train.labels, penalty, FINAL_TOLERANCE)
    with torch.no_grad():
        model.linear.bias.sub_(model.linear.weight @ mean.flatten())  # from here on it takes pixels that aren't centred
    logits = predict(model, test.images)
    return describe(
        task,
        model,
        logits,
        probabilities=logits.softmax(1),
        penalty=penalty,
        validation_loss=losses,
        validation_confusion=confusion,
        lbfgs=result,
    )


def _fit_centred(task: Task, penalties: list[float]) -> tuple[SoftmaxRegression, Tensor, list[float], list[list[int]]]:
    """Fit every penalty to centred pixels; return the best model, the mean image, all losses and the best's confusions."""
    kept, held = task.hold_out()
    mean = kept.images.mean(0)  # centred pixels have one large direction fewer, and L-BFGS half the work
    kept.images.sub_(mean), held.images.sub_(mean)
    model = SoftmaxRegression(num_classes=len(task.classes))
    return model, mean, *fit_path(model, kept, held, penalties, CHOICE_TOLERANCE)


def fit_brightness(task: Task, penalties: list[float]) -> BrightnessResults:
    """Regress the mean brightness of the lower half on the pixels of the upper half."""
    kept, held = (_halves(part) for part in task.hold_out())
    model, losses = fit_ridges(kept, held, penalties)
    (upper, lower), (test_upper, test_lower) = _halves(task.train()), _halves(task.test())
    penalty = best_penalty(penalties, losses)
    model.fit_closed_form(upper, lower, ridge=penalty)
    return BrightnessResults(
        penalty=penalty,
        validation_loss=losses,
        training_mean=lower.mean().item(),
        truth=packed(test_lower),
        predicted=packed(predict(model, test_upper)),
    )


def _halves(part: Images) -> tuple[Tensor, Tensor]:
    """Return the pixels of each image's upper half, and the mean grey level of its lower half."""
    return part.images[:, :14], denormalize(part.images[:, 14:]).float().mean((1, 2))[:, None]


def _one_hot(part: Images) -> Tensor:
    return F.one_hot(part.labels, num_classes=10).float()


def fit_ridges(
    train: tuple[Tensor, Tensor], validation: tuple[Tensor, Tensor], penalties: list[float]
) -> tuple[LinearRegression, list[float]]:
    """Fit every penalty in closed form; return the model with the lowest squared error on validation images, and all errors."""
    inputs, targets = train
    losses, models = [], []
    for penalty in penalties:
        model = LinearRegression(inputs[0].numel(), targets.shape[1])
        model.fit_closed_form(inputs, targets, ridge=penalty)
        losses.append((predict(model, validation[0]) - validation[1]).square().sum(1).mean().item())
        models.append(model)
    return models[penalties.index(best_penalty(penalties, losses))], losses


def describe(
    task: Task,
    model: LinearRegression | SoftmaxRegression,
    scores: Float32[Tensor, "test classes"],
    *,
    probabilities: Float32[Tensor, "test classes"],
    **about: Any,
) -> ClassifierResults:
    """Score a fitted classifier on the test images."""
    train, labels = task.train(), task.test().labels
    hits = predict(model, train.images).argmax(1) == train.labels
    return ClassifierResults(
        classes=list(task.classes),
        train_accuracy=hits.double().mean().item(),
        labels=digits(labels),
        predicted=digits(scores.argmax(1)),
        predictions=score_predictions(probabilities, labels),
        weights=packed(model.linear.weight),
        **about,
    )
