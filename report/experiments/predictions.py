"""Forecasts for the test images, scored image by image and packed small enough for a record."""

from __future__ import annotations

import msgspec
import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import expected_calibration_error, reliability

OUTPUT_EDGES = tuple(round(-1.0 + 0.05 * i, 2) for i in range(61))  # -1 to 2


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """Probabilities for the test images, scored."""

    brier: bytes
    """Per image, summed over the classes; float32, little-endian."""
    confidence: bytes
    """Per image, the largest probability; float32, little-endian."""
    calibration_error: float
    bin_confidence: list[float]
    """Mean confidence in each of 15 bins of equal width, those without an image left out."""
    bin_accuracy: list[float]
    bin_count: list[int]


class Outputs(msgspec.Struct, frozen=True, kw_only=True):
    """What least squares gives for the test images, before anything is done to it."""

    brier: bytes
    """Per image, of the outputs as they are; float32, little-endian."""
    share_outside: bytes
    """Per image, the share of its outputs that are below 0 or above 1; float32, little-endian."""
    lowest: float
    highest: float
    largest_sum_error: float
    """How far the outputs of an image are from a sum of one, at most."""
    edges: list[float]
    """Edges of the bins of both histograms; outputs beyond the ends are in the end bins."""
    true_class: list[int]
    """Outputs for an image's own class, by bin."""
    other_classes: list[int]
    """Outputs for the other classes, by bin."""


def score_forecast(probabilities: Float32[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> Forecast:
    """Score the probabilities of each image, and how far they can be taken at their word."""
    bins = reliability(probabilities, labels)
    filled = bins.count > 0
    return Forecast(
        brier=packed(squared_distances(probabilities, labels)),
        confidence=packed(probabilities.max(1).values),
        calibration_error=expected_calibration_error(probabilities, labels),
        bin_confidence=bins.confidence[filled].tolist(),
        bin_accuracy=bins.accuracy[filled].tolist(),
        bin_count=bins.count[filled].tolist(),
    )


def describe_outputs(outputs: Float32[Tensor, "test 10"], labels: Int64[Tensor, " test"]) -> Outputs:
    """Look at least squares' outputs as they come: how they lie to [0, 1], and to one another."""
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
    """Return each image's Brier score, of which `fmnist_ref.brier_score` is the mean."""
    return (scores.double() - F.one_hot(labels, num_classes=scores.shape[1])).square().sum(1)


def digits(classes: Int64[Tensor, " n"]) -> str:
    """Write class numbers below ten as one digit each."""
    return "".join(str(c) for c in classes.tolist())


def packed(values: Tensor) -> bytes:
    """Pack numbers as float32, little-endian: a tenth of the space that they take as text."""
    return values.detach().numpy().astype("<f4").tobytes()


def unpacked(content: bytes) -> NDArray[np.float64]:
    """Take packed numbers out again."""
    return np.frombuffer(content, dtype="<f4").astype(np.float64)
