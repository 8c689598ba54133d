"""Example results of `regression`: models that are right in a given share of 500 test images."""

import torch

from report.experiments.lbfgs import LBFGSResult
from report.experiments.linear_fits import BrightnessResults, ClassifierResults
from report.experiments.predictions import Outputs, packed, score_predictions

NUM_IMAGES = 500
MINIMUM = LBFGSResult(evaluations=9, objective=0.4, gradient_norm=1e-3, excess=2e-5, tolerance=1e-4)


def example(run, *, logistic=0.84, least_squares=0.7, pair=0.8, error=10.0, raw_brier=0.9, confidence=0.45):
    """Make a fit: three accuracies, the error of a brightness, and how sure least squares is."""
    match run.arm:
        case "least_squares":
            return classifier(least_squares, confidence, outputs=outputs(raw_brier))
        case "logistic":
            return classifier(logistic, 0.84, lbfgs=MINIMUM)
        case "pair_logistic":
            return classifier(pair, 0.8, classes=2, lbfgs=MINIMUM)
        case _:
            return brightness(error)


def classifier(accuracy, confidence, classes=10, **about):
    """Make a model that is right in a share of the test images and equally sure of all its predictions."""
    labels = torch.arange(NUM_IMAGES) % classes
    right = torch.arange(NUM_IMAGES) * 0.618 % 1 < accuracy  # spread evenly over the classes
    predicted = torch.where(right, labels, (labels + 1) % classes)
    probabilities = torch.full((NUM_IMAGES, classes), (1 - confidence) / (classes - 1))
    probabilities[torch.arange(NUM_IMAGES), predicted] = confidence
    return ClassifierResults(
        classes=list(range(10)) if classes == 10 else [0, 6],
        penalty=1.0,
        validation_loss=[0.3],
        validation_confusion=[[0] * classes] * classes,
        train_accuracy=accuracy,
        labels="".join(str(c) for c in labels.tolist()),
        predicted="".join(str(c) for c in predicted.tolist()),
        predictions=score_predictions(probabilities, labels),
        weights=packed(torch.randn(classes, 784, generator=torch.Generator().manual_seed(0))),
        **about,
    )


def outputs(brier):
    """Make outputs of least squares with one Brier score for all images."""
    return Outputs(
        brier=packed(torch.full((NUM_IMAGES,), brier)),
        share_outside=packed(torch.full((NUM_IMAGES,), 0.4)),
        lowest=-0.5,
        highest=1.5,
        largest_sum_error=1e-6,
        edges=[-1.0, 0.0, 1.0, 2.0],
        true_class=[0, 400, 100],
        other_classes=[2000, 2500, 0],
    )


def brightness(error):
    """Make predictions of a brightness that are off by a standard error."""
    generator = torch.Generator().manual_seed(0)
    truth = 80 + 30 * torch.randn(NUM_IMAGES, generator=generator)
    predicted = truth + error * torch.randn(NUM_IMAGES, generator=generator)
    return BrightnessResults(
        penalty=1.0, validation_loss=[], training_mean=80.0, truth=packed(truth), predicted=packed(predicted)
    )
