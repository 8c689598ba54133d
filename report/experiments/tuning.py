"""
Learning rates and penalties, chosen on held-out training images; the test images choose nothing.

`chosen_rate` is the rule of all experiments but `batch_target`, which trains to a loss and takes the rate that gets there in
the fewest updates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

import msgspec
from torch import nn

from fmnist_ref import DivergenceError, Score, evaluate, fit
from report.plan import Images, Inputs, Run

MIN_EPOCHS = 3
"""Epochs that every learning rate is given."""
COLLAPSED = 0.5
"""Accuracy on held-out images. Below it, after `MIN_EPOCHS`, the learning rate has killed the network: dead units, for example."""


class TuningResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one learning rate did on the held-out images."""

    learning_rate: float
    validation_loss: float | None
    """Nats after the last epoch; None where training diverged."""
    validation_accuracy: float | None
    """Fraction from 0 to 1 after the last epoch; None where training diverged."""


def with_trials(run: Run, rates: Iterable[float], seeds: Iterable[int]) -> Run:
    """Let a run take its learning rate from trials: the same training with each rate, on each of a few seeds."""
    trials = tuple(
        msgspec.structs.replace(
            run,
            arm=f"{run.arm}-trial-{rate:g}",
            seed=seed,
            role="trial",
            parameters={**run.parameters, "learning_rate": rate},
        )
        for rate in rates
        for seed in seeds
    )
    return msgspec.structs.replace(run, parameters={**run.parameters, "learning_rate": None}, depends_on=trials)


def fit_settings(run: Run, inputs: Inputs) -> dict[str, Any]:
    """Return a run's arguments for `fit`; its learning rate is the one that it names, or the one that its trials choose."""
    names = ("epochs", "batch_size", "max_steps", "learning_rate")
    settings = {name: value for name, value in run.parameters.items() if name in names}
    if settings["learning_rate"] is None:
        settings["learning_rate"] = chosen_rate(inputs)
    return {**settings, "seed": run.seed}


def try_rate(
    model: nn.Module, train: Images, validation: Images, *, learning_rate: float, seed: int, **extent: Any
) -> TuningResult:
    """
    Train at one learning rate and score the held-out images at the end; stop early if the network has collapsed.

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

    def collapsed(epoch: int) -> bool:
        return epoch == MIN_EPOCHS and has_collapsed(epoch, score().accuracy)

    try:
        fit(
            model, train.images, train.labels,
            learning_rate=learning_rate, seed=seed, after_epoch=collapsed, **extent,
        )  # fmt: skip
        final = score()
    except DivergenceError:
        return TuningResult(learning_rate=learning_rate, validation_loss=None, validation_accuracy=None)
    return TuningResult(learning_rate=learning_rate, validation_loss=final.loss, validation_accuracy=final.accuracy)


def has_collapsed(epochs: float, accuracy: float) -> bool:
    """Tell whether the learning rate has killed the network: accuracy is below 50 % after three or more epochs."""
    return epochs >= MIN_EPOCHS and accuracy < COLLAPSED


def chosen_rate(inputs: Inputs) -> float:
    """
    Return the learning rate with the highest validation accuracy, averaged over the seeds; the smaller of two that tie.

    A rate with which training diverged on any seed is not chosen.
    """
    accuracies: dict[float, list[float | None]] = {}
    for results in inputs.values():
        tried = msgspec.convert(results, TuningResult)
        accuracies.setdefault(tried.learning_rate, []).append(tried.validation_accuracy)
    finished = {rate: [a for a in found if a is not None] for rate, found in accuracies.items() if None not in found}
    return max(finished, key=lambda rate: (fmean(finished[rate]), -rate))


def best_penalty(penalties: Sequence[float], losses: Sequence[float]) -> float:
    """Return the penalty with the lowest loss; the larger of two that tie."""
    return min(zip(losses, penalties, strict=True), key=lambda pair: (pair[0], -pair[1]))[1]
