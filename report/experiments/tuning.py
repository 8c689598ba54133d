"""Learning rates, chosen per arm on held-out training images; the test images choose nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from torch import nn

from fmnist_ref import DivergenceError, Score, evaluate, fit
from report.experiments.training import Images
from report.plan import Inputs

PATIENCE = 3
"""Epochs that every learning rate is given."""
LOST = 0.5
"""Share of the images held out. A network that gets fewer right after those epochs was broken by its rate: dead units, say."""


class TuningResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one learning rate did on the validation images."""

    learning_rate: float
    validation_loss: float | None
    """Nats after the last epoch that was trained; None where training diverged."""
    validation_accuracy: float | None
    """Share of 1 after the last epoch that was trained; None where training diverged."""


def try_rate(
    model: nn.Module, train: Images, validation: Images, *, learning_rate: float, seed: int, **extent: Any
) -> TuningResult:
    """
    Train at one learning rate and score the images held out at the end; a rate by which the network is lost ends early.

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

    def score() -> Score:
        return evaluate(model, validation.images, validation.labels)

    def hopeless(epoch: int) -> bool:
        return epoch == PATIENCE and lost(epoch, score().accuracy)

    try:
        fit(
            model, train.images, train.labels,
            learning_rate=learning_rate, seed=seed, after_epoch=hopeless, **extent,
        )  # fmt: skip
        final = score()
    except DivergenceError:
        return TuningResult(learning_rate=learning_rate, validation_loss=None, validation_accuracy=None)
    return TuningResult(learning_rate=learning_rate, validation_loss=final.loss, validation_accuracy=final.accuracy)


def lost(epochs: float, accuracy: float) -> bool:
    """Whether a network is no better than broken after so many epochs, so that training on would be a waste."""
    return epochs >= PATIENCE and accuracy < LOST


def chosen_rate(inputs: Inputs) -> float:
    """Return the learning rate with the highest validation accuracy; the smaller of two that tie."""
    tried = [msgspec.convert(results, TuningResult) for results in inputs.values()]
    finished: Sequence[TuningResult] = [t for t in tried if t.validation_accuracy is not None]
    best = max(finished, key=lambda t: (t.validation_accuracy or 0.0, -t.learning_rate))
    return best.learning_rate
