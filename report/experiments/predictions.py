"""Predictions for the test images, scored image by image and packed small enough for a record."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import confusion_matrix, expected_calibration_error, reliability

OUTPUT_EDGES = tuple(round(-1.0 + 0.05 * i, 2) for i in range(61))  # -1 to 2


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How often predictions are right at each confidence: a reliability diagram of 15 bins of equal width."""

    error: float
    """Expected calibration error, from 0 to 1."""
    confidence: list[float]
    """Mean confidence in each bin that holds an image; likewise the next two."""
    accuracy: list[float]
    count: list[int]


class Recognition(msgspec.Struct, frozen=True, kw_only=True):
    """The test images that a network recognises at the end of its training."""

    last_epoch: int
    num_epochs: int
    """Epochs that count as the end, the last one among them."""
    times: bytes
    """Per test image, the number of these epochs after which it was recognised; one byte each."""
    confusion: list[list[int]]
    """Images by true class (rows) and predicted class (columns) after the last epoch."""

    def shares(self) -> NDArray[np.float64]:
        """Return the share of these epochs after which each image was recognised; the mean is the accuracy at the end."""
        return np.frombuffer(self.times, dtype=np.uint8) / self.num_epochs


class Predictions(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of the probabilities predicted for the test images."""

    brier: bytes
    """Per image, summed over the classes; float32, little-endian."""
    confidence: bytes
    """Per image, the largest probability; float32, little-endian."""
    calibration: Calibration


class Outputs(msgspec.Struct, frozen=True, kw_only=True):
    """Least squares' outputs for the test images, as they are."""

    brier: bytes
    """Per image; float32, little-endian."""
    share_outside: bytes
    """Per image, the fraction of its outputs that are below 0 or above 1; float32, little-endian."""
    lowest: float
    highest: float
    largest_sum_error: float
    """Largest distance of the sum of an image's outputs from one."""
    edges: list[float]
    """Edges of the bins of both histograms; outputs beyond the ends are counted in the end bins."""
    true_class: list[int]
    """Outputs for an image's own class, by bin."""
    other_classes: list[int]
    """Outputs for the other classes, by bin."""


def calibration_of(probabilities: Float32[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> Calibration:
    """Compute the calibration error and the reliability diagram."""
    bins = reliability(probabilities, labels)
    filled = bins.count > 0
    return Calibration(
        error=expected_calibration_error(probabilities, labels),
        confidence=bins.confidence[filled].tolist(),
        accuracy=bins.accuracy[filled].tolist(),
        count=bins.count[filled].tolist(),
    )


def recognition_of(
    outputs: Sequence[Float32[Tensor, "n classes"]], labels: Int64[Tensor, " n"], last_epoch: int
) -> Recognition:
    """Count how often each image was recognised, from the outputs after each of the last epochs."""
    times = torch.stack([of_epoch.argmax(1) == labels for of_epoch in outputs]).sum(0)
    return Recognition(
        last_epoch=last_epoch,
        num_epochs=len(outputs),
        times=times.to("cpu", torch.uint8).numpy().tobytes(),
        confusion=confusion_matrix(outputs[-1], labels, num_classes=outputs[-1].shape[1]).tolist(),
    )


def score_predictions(probabilities: Float32[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> Predictions:
    """Score the probabilities predicted for each image."""
    return Predictions(
        brier=packed(squared_distances(probabilities, labels)),
        confidence=packed(probabilities.max(1).values),
        calibration=calibration_of(probabilities, labels),
    )


def describe_outputs(outputs: Float32[Tensor, "test 10"], labels: Int64[Tensor, " test"]) -> Outputs:
    """Describe least squares' outputs as they are: how many are outside [0, 1], and how far their sums are from one."""
    own = F.one_hot(labels, num_classes=10).bool()
    inside_ends = outputs.clamp(OUTPUT_EDGES[0], OUTPUT_EDGES[-1]).double()
    edges = torch.tensor(OUTPUT_EDGES, dtype=torch.float64)
    return Outputs(
        brier=packed(squared_distances(outputs, labels)),
        share_outside=packed(((outputs < 0) | (outputs > 1)).float().mean(1)),
        lowest=outputs.min().item(),
        highest=outputs.max().item(),
        largest_sum_error=(outputs.double().sum(1) - 1).abs().max().item(),
        edges=list(OUTPUT_EDGES),
        true_class=torch.histogram(inside_ends[own], edges).hist.long().tolist(),
        other_classes=torch.histogram(inside_ends[~own], edges).hist.long().tolist(),
    )


def squared_distances(scores: Float32[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> Float64[Tensor, " n"]:
    """Return each image's Brier score; `fmnist_ref.brier_score` is their mean."""
    return (scores.double() - F.one_hot(labels, num_classes=scores.shape[1])).square().sum(1)


def digits(classes: Int64[Tensor, " n"]) -> str:
    """Write class numbers below ten as one digit each."""
    return "".join(str(c) for c in classes.tolist())


def packed(values: Tensor) -> bytes:
    """Pack numbers as float32, little-endian: a tenth of the space that they take as text."""
    return values.detach().numpy().astype("<f4").tobytes()


def unpacked(content: bytes) -> NDArray[np.float64]:
    """Unpack numbers packed by `packed`."""
    return np.frombuffer(content, dtype="<f4").astype(np.float64)
