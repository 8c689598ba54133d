"""
Linear and logistic regression side by side, each on the other's ground and on its own.

Measured: least squares with a ridge penalty on one-hot labels, in closed form (`least_squares`); softmax regression,
which is logistic regression for ten classes, by full-batch L-BFGS (`logistic`); the same for the two classes that
least squares confuses most on held-out images (`pair_logistic`); and least squares on a number, the mean brightness of
an image's lower half from the pixels of its upper half (`brightness`). Each penalty is the one with the lowest loss of
the model's own kind on the 10,000 held-out training images; then all 60,000 are fitted and the test images scored. Both
losses with their penalties have one minimum, so that seeds play no part: one run an arm. In all about 80 seconds on
one thread, two thirds of it L-BFGS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import torch
from jaxtyping import Float32
from torch import Tensor, nn
from torch.nn import functional as F

from fmnist_ref import LinearRegression, SoftmaxRegression, confusion_matrix, cross_entropy, predict_logits
from report.experiments.base import Dataset, Experiment, Inputs, Profile, Run
from report.experiments.curves import Images, hold_out
from report.experiments.forecasts import Forecast, Outputs, describe_outputs, digits, packed, score_forecast
from report.experiments.minimum import Minimum, minimise

RIDGES = (100.0, 300.0, 1000.0, 3000.0)
PENALTIES = (1e-2, 3e-3, 1e-3, 3e-4)  # strong to weak: each fit starts where the one before ended
PAIR_PENALTIES = (1e-1, 3e-2, 1e-2, 3e-3)
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


def plan(profile: Profile) -> Iterator[Run]:
    """List the four fits; the pair of classes is chosen from what least squares confuses."""
    images = profile.pick(full=60_000, quick=3000)
    ridges = list(profile.pick(full=RIDGES, quick=RIDGES[1:3]))
    penalties = list(profile.pick(full=PENALTIES, quick=PENALTIES[:2]))
    pair_penalties = list(profile.pick(full=PAIR_PENALTIES, quick=PAIR_PENALTIES[:2]))

    def run(arm: str, tried: list[float], *needs: Run) -> Run:
        parameters: dict[str, Any] = {"images": images, "penalties": tried}
        return Run(experiment="regression", arm=arm, seed=0, parameters=parameters, needs=needs)

    least_squares = run("least_squares", ridges)
    yield least_squares
    yield run("logistic", penalties)
    yield run("pair_logistic", pair_penalties, least_squares)
    yield run("brightness", ridges)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> ClassifierResults | BrightnessResults:
    """Fit one arm; the held-out images choose its penalty and, for the pair, its classes."""
    parts, penalties = divide(dataset, run.parameters["images"]), run.parameters["penalties"]
    if run.arm == "brightness":
        return fit_brightness(parts, penalties)
    if run.arm == "least_squares":
        return fit_least_squares(parts, penalties)
    classes = list(range(10))
    if run.needs:
        found = msgspec.convert(inputs[run.needs[0].id], ClassifierResults)
        classes = most_confused(found.validation_confusion)
        parts = {name: only(part, classes) for name, part in parts.items()}
    return fit_logistic(parts, penalties, classes)


def divide(dataset: Dataset, limit: int) -> dict[str, Images]:
    """Take at most so many images to choose on (`kept`) and to fit (`train`), and all those held out and of the test set."""
    kept, held = hold_out(dataset.train_images, dataset.train_labels)
    return {
        "kept": Images(kept.images[:limit], kept.labels[:limit]),
        "held": held,
        "train": Images(dataset.train_images[:limit], dataset.train_labels[:limit]),
        "test": Images(dataset.test_images, dataset.test_labels),
    }


def most_confused(confusion: list[list[int]]) -> list[int]:
    """Return the two classes that are taken for each other most often, in ascending order."""
    counts = torch.tensor(confusion)
    both_ways = (counts + counts.T).triu(diagonal=1)
    return list(divmod(int(both_ways.argmax()), len(counts)))


def only(part: Images, classes: list[int]) -> Images:
    """Keep the images of some classes, and number these from 0."""
    places = torch.tensor([classes.index(c) if c in classes else -1 for c in range(10)])[part.labels]
    return Images(part.images[places >= 0], places[places >= 0])


def fit_least_squares(parts: dict[str, Images], penalties: list[float]) -> ClassifierResults:
    """Regress one-hot labels on the pixels, and name the class with the largest output."""
    targets = {name: F.one_hot(part.labels, num_classes=10).float() for name, part in parts.items()}
    model, tried = choose_ridge(
        (parts["kept"].images, targets["kept"]), (parts["held"].images, targets["held"]), penalties
    )
    confusion = confusion_matrix(predict_logits(model, parts["held"].images), parts["held"].labels)
    penalty = best(tried)
    model.fit_closed_form(parts["train"].images, targets["train"], ridge=penalty)
    outputs = predict_logits(model, parts["test"].images)  # (test, 10)
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
        logits_held.append(predict_logits(model, held.images - mean))
        tried.append(Tried(penalty=penalty, loss=cross_entropy(logits_held[-1], held.labels).item()))
        states.append({name: value.clone() for name, value in model.state_dict().items()})
    del centred  # 160 MB, and the images to fit take 190 more
    penalty = best(tried)
    chosen = penalties.index(penalty)
    model.load_state_dict(states[chosen])
    minimum = minimise(model, train.images - mean, train.labels, penalty, FINAL_TOLERANCE)
    with torch.no_grad():
        model.linear.bias.sub_(model.linear.weight @ mean.flatten())  # from here on it takes pixels as they come
    logits = predict_logits(model, parts["test"].images)
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
    lower = {name: grey_levels(part.images[:, 14:]).mean((1, 2))[:, None] for name, part in parts.items()}
    model, tried = choose_ridge((upper["kept"], lower["kept"]), (upper["held"], lower["held"]), penalties)
    penalty = best(tried)
    model.fit_closed_form(upper["train"], lower["train"], ridge=penalty)
    return BrightnessResults(
        penalty=penalty,
        tried=tried,
        training_mean=lower["train"].mean().item(),
        truth=packed(lower["test"]),
        predicted=packed(predict_logits(model, upper["test"])),
    )


def grey_levels(images: Float32[Tensor, "n rows 28"]) -> Float32[Tensor, "n rows 28"]:
    """Undo the normalisation: grey levels from 0 to 255."""
    return (images * 0.5 + 0.5) * 255


def choose_ridge(
    train: tuple[Tensor, Tensor], validation: tuple[Tensor, Tensor], penalties: list[float]
) -> tuple[LinearRegression, list[Tried]]:
    """Fit every penalty in closed form; return the model with the lowest squared error on the held-out images."""
    inputs, targets = train
    tried, models = [], []
    for penalty in penalties:
        model = LinearRegression(inputs[0].numel(), targets.shape[1])
        model.fit_closed_form(inputs, targets, ridge=penalty)
        errors = (predict_logits(model, validation[0]) - validation[1]).square().sum(1)
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
    hits = predict_logits(model, train.images).argmax(1) == train.labels
    return ClassifierResults(
        train_accuracy=hits.double().mean().item(),
        labels=digits(labels),
        predicted=digits(scores.argmax(1)),
        forecast=score_forecast(probabilities, labels),
        weights=packed(model.linear.weight),
        **about,
    )


EXPERIMENT = Experiment(name="regression", plan=plan, measure=measure)
