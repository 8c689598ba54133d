"""
Fits of linear models: least squares in closed form, softmax regression by L-BFGS, each with the best of its penalties.

A penalty is chosen by the held-out images (`kept` to fit, `held` to judge); then `train` is fitted and `test` scored.
"""

from __future__ import annotations

from typing import Any

import msgspec
import torch
from jaxtyping import Float32
from torch import Tensor, nn
from torch.nn import functional as F

from fmnist_ref import LinearRegression, SoftmaxRegression, confusion_matrix, cross_entropy, denormalize, predict
from report.experiments.lbfgs import Minimum, minimise
from report.experiments.predictions import Forecast, Outputs, describe_outputs, digits, packed, score_forecast
from report.experiments.training import Images

CHOICE_TOLERANCE = 1e-3
FINAL_TOLERANCE = 1e-4


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One penalty and how its fit did on the held-out images."""

    penalty: float
    loss: float
    """Squared error for least squares (of an image, summed over its outputs), nats for logistic regression."""


class ClassifierResults(msgspec.Struct, frozen=True, kw_only=True):
    """One linear classifier, fitted once."""

    classes: list[int]
    """Classes it tells apart, by their Fashion-MNIST numbers; all else counts places in this list."""
    penalty: float
    """For least squares λ in Σ‖y − ŷ‖² + λ‖W‖²; for logistic regression λ in mean loss + λ/2 ‖(W, b)‖²."""
    tried: list[Tried]
    train_accuracy: float
    labels: str
    """True class of each test image of these classes, a digit each."""
    predicted: str
    """Class of the largest output, a digit each."""
    forecast: Forecast
    validation_confusion: list[list[int]]
    """Held-out images by true class (rows) and predicted class (columns), before the fit to all images."""
    weights: bytes
    """Class by class, 28 × 28 weights; float32, little-endian."""
    outputs: Outputs | None = None
    """For least squares."""
    minimum: Minimum | None = None
    """For logistic regression."""


class BrightnessResults(msgspec.Struct, frozen=True, kw_only=True):
    """Least squares on the mean brightness of the lower half of an image, in grey levels from 0 to 255."""

    penalty: float
    tried: list[Tried]
    training_mean: float
    """Grey levels; the prediction that looks at nothing."""
    truth: bytes
    """Per test image, grey levels; float32, little-endian."""
    predicted: bytes
    """Per test image, grey levels; float32, little-endian."""


def fit_least_squares(parts: dict[str, Images], penalties: list[float]) -> ClassifierResults:
    """Regress one-hot labels on the pixels, and name the class with the largest output."""
    targets = {name: F.one_hot(part.labels, num_classes=10).float() for name, part in parts.items()}
    model, tried = choose_ridge(
        (parts["kept"].images, targets["kept"]), (parts["held"].images, targets["held"]), penalties
    )
    confusion = confusion_matrix(predict(model, parts["held"].images), parts["held"].labels)
    penalty = best(tried)
    model.fit_closed_form(parts["train"].images, targets["train"], ridge=penalty)
    outputs = predict(model, parts["test"].images)  # (test, 10)
    clipped = outputs.clamp(0, 1)
    return describe(
        model,
        parts,
        outputs,
        probabilities=clipped / clipped.sum(1, keepdim=True),
        classes=list(range(10)),
        penalty=penalty,
        tried=tried,
        validation_confusion=confusion.tolist(),
        outputs=describe_outputs(outputs, parts["test"].labels),
    )


def fit_logistic(parts: dict[str, Images], penalties: list[float], classes: list[int]) -> ClassifierResults:
    """Fit softmax regression to its minimum; with two classes it is the logistic regression of the textbooks. Uses up `kept`."""
    model = SoftmaxRegression(num_classes=len(classes))
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    kept, held, train = parts.pop("kept"), parts["held"], parts["train"]
    mean = kept.images.mean(0)  # centred pixels have one large direction fewer, and L-BFGS half the work
    centred = Images(kept.images.sub_(mean), kept.labels)
    del kept
    tried, states, logits_held = [], [], []
    for penalty in penalties:
        minimise(model, centred.images, centred.labels, penalty, CHOICE_TOLERANCE)
        logits_held.append(predict(model, held.images - mean))
        tried.append(Tried(penalty=penalty, loss=cross_entropy(logits_held[-1], held.labels).item()))
        states.append({name: value.clone() for name, value in model.state_dict().items()})
    del centred  # 160 MB, and the images to fit take 190 more
    penalty = best(tried)
    chosen = penalties.index(penalty)
    model.load_state_dict(states[chosen])
    minimum = minimise(model, train.images - mean, train.labels, penalty, FINAL_TOLERANCE)
    with torch.no_grad():
        model.linear.bias.sub_(model.linear.weight @ mean.flatten())  # from here on it takes pixels as they come
    logits = predict(model, parts["test"].images)
    return describe(
        model,
        parts,
        logits,
        probabilities=logits.softmax(1),
        classes=classes,
        penalty=penalty,
        tried=tried,
        validation_confusion=confusion_matrix(logits_held[chosen], held.labels).tolist(),
        minimum=minimum,
    )


def fit_brightness(parts: dict[str, Images], penalties: list[float]) -> BrightnessResults:
    """Regress the mean brightness of the lower half on the pixels of the upper half."""
    upper = {name: part.images[:, :14] for name, part in parts.items()}
    lower = {name: denormalize(part.images[:, 14:]).float().mean((1, 2))[:, None] for name, part in parts.items()}
    model, tried = choose_ridge((upper["kept"], lower["kept"]), (upper["held"], lower["held"]), penalties)
    penalty = best(tried)
    model.fit_closed_form(upper["train"], lower["train"], ridge=penalty)
    return BrightnessResults(
        penalty=penalty,
        tried=tried,
        training_mean=lower["train"].mean().item(),
        truth=packed(lower["test"]),
        predicted=packed(predict(model, upper["test"])),
    )


def choose_ridge(
    train: tuple[Tensor, Tensor], validation: tuple[Tensor, Tensor], penalties: list[float]
) -> tuple[LinearRegression, list[Tried]]:
    """Fit every penalty in closed form; return the model with the lowest squared error on the held-out images."""
    inputs, targets = train
    tried, models = [], []
    for penalty in penalties:
        model = LinearRegression(inputs[0].numel(), targets.shape[1])
        model.fit_closed_form(inputs, targets, ridge=penalty)
        errors = (predict(model, validation[0]) - validation[1]).square().sum(1)
        tried.append(Tried(penalty=penalty, loss=errors.mean().item()))
        models.append(model)
    return models[penalties.index(best(tried))], tried


def best(tried: list[Tried]) -> float:
    """Return the penalty with the lowest loss; the larger of two that tie."""
    return min(tried, key=lambda t: (t.loss, -t.penalty)).penalty


def describe(
    model: LinearRegression | SoftmaxRegression,
    parts: dict[str, Images],
    scores: Float32[Tensor, "test classes"],
    *,
    probabilities: Float32[Tensor, "test classes"],
    **about: Any,
) -> ClassifierResults:
    """Score a fitted classifier on the test images."""
    train, labels = parts["train"], parts["test"].labels
    hits = predict(model, train.images).argmax(1) == train.labels
    return ClassifierResults(
        train_accuracy=hits.double().mean().item(),
        labels=digits(labels),
        predicted=digits(scores.argmax(1)),
        forecast=score_forecast(probabilities, labels),
        weights=packed(model.linear.weight),
        **about,
    )
