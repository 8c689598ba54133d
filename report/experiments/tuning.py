"""Learning rates, chosen per arm on held-out training images; the test images choose nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from torch import nn

from fmnist_ref import DivergenceError, evaluate, fit
from report.experiments.base import Inputs
from report.experiments.curves import Images


class TuningResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one learning rate did on the validation images."""

    learning_rate: float
    validation_loss: float | None
    """Nats after the last epoch; None where training diverged."""
    validation_accuracy: float | None
    """Share of 1 after the last epoch; None where training diverged."""


def try_rate(
    model: nn.Module, train: Images, validation: Images, *, learning_rate: float, seed: int, **extent: Any
) -> TuningResult:
    """
    Train at one learning rate and score the images held out at the end, once.

    Parameters
    ----------
    model : torch.nn.Module
        With its initial weights.
    train, validation : Images
        What to train on, and the images held out.
    learning_rate, seed, **extent
        As for `fit`.

    Returns
    -------
    TuningResult
        Without a score if training diverged.
    """
    try:
        fit(model, train.images, train.labels, learning_rate=learning_rate, seed=seed, **extent)
    except DivergenceError:
        return TuningResult(learning_rate=learning_rate, validation_loss=None, validation_accuracy=None)
    score = evaluate(model, validation.images, validation.labels)
    return TuningResult(learning_rate=learning_rate, validation_loss=score.loss, validation_accuracy=score.accuracy)


def chosen_rate(inputs: Inputs) -> float:
    """Return the learning rate with the highest validation accuracy; the smaller of two that tie."""
    tried = [msgspec.convert(results, TuningResult) for results in inputs.values()]
    finished: Sequence[TuningResult] = [t for t in tried if t.validation_accuracy is not None]
    best = max(finished, key=lambda t: (t.validation_accuracy or 0.0, -t.learning_rate))
    return best.learning_rate
