"""Learning rates, chosen per arm on held-out training images; the test images choose nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from torch import nn

from fmnist_ref import DivergenceError
from report.experiments.base import Dataset, Inputs, Run
from report.experiments.curves import hold_out, record_curve


class TuningResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one learning rate did on the validation images."""

    learning_rate: float
    validation_loss: float | None
    """Nats after the last epoch; None where training diverged."""
    validation_accuracy: float | None
    """Share of 1 after the last epoch; None where training diverged."""


def try_rate(run: Run, dataset: Dataset, build: Callable[[], nn.Module]) -> TuningResult:
    """Train on 50,000 images at ``run.parameters["learning_rate"]`` and score the 10,000 held out."""
    train, validation = hold_out(dataset.train_images, dataset.train_labels)
    settings = run.parameters
    try:
        curve = record_curve(
            build(),
            train,
            None,
            validation=validation,
            epochs=settings["epochs"],
            batch_size=settings["batch_size"],
            learning_rate=settings["learning_rate"],
            seed=run.seed,
            device=run.device,
        )
    except DivergenceError:
        return TuningResult(learning_rate=settings["learning_rate"], validation_loss=None, validation_accuracy=None)
    return TuningResult(
        learning_rate=settings["learning_rate"],
        validation_loss=curve.validation_loss[-1],
        validation_accuracy=curve.validation_accuracy[-1],
    )


def chosen_rate(inputs: Inputs) -> float:
    """Return the learning rate with the highest validation accuracy; the smaller of two that tie."""
    tried = [msgspec.convert(results, TuningResult) for results in inputs.values()]
    finished: Sequence[TuningResult] = [t for t in tried if t.validation_accuracy is not None]
    best = max(finished, key=lambda t: (t.validation_accuracy or 0.0, -t.learning_rate))
    return best.learning_rate
