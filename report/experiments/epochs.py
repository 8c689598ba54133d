"""
A hundred epochs of the notebook's network, as published and as it was meant.

Measured: loss and accuracy after every epoch of a 784-128-10 ReLU network trained by SGD at batch size 64. Arms: the
notebook's softmax output fed to cross-entropy (`as_published`); the same network and seeds from logits
(`from_logits`); from logits on 50,000 images with 10,000 held out, so that validation can choose an epoch
(`held_out`); and both losses at a learning rate chosen on the held-out images (`tuned_published`, `tuned_logits`,
10 epochs; from logits the choice is that of `batch_size`). About 70 seconds a run of 100 epochs on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch
from torch import nn
from torch.nn import functional as F

from fmnist_ref import MLP, PublishedNN, confusion_matrix, denormalize, predict
from report.experiments import batch_size
from report.experiments.predictions import Calibration, calibration_of
from report.experiments.training import TrainingResults, hold_out, num_parameters, record_curve
from report.experiments.tuning import TuningResult, fit_settings, try_rate, with_trials
from report.plan import Dataset, Experiment, Inputs, Profile, Run

PUBLISHED_RATES = (0.1, 0.3, 1.0)


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A test image that the trained model got wrong."""

    index: int
    """Place in the test set."""
    label: int
    predicted: int
    probability: float
    """What the model gave the class that it chose."""
    pixels: list[int]
    """28 × 28 grey values, row by row."""


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """The trained model's predictions for the test images, in more detail."""

    confusion: list[list[int]]
    """Images by true class (rows) and predicted class (columns)."""
    calibration: Calibration
    true_class_log_loss: float
    """Mean of −log p(true class), nats, from the probabilities that the model gives."""
    mistakes: list[Mistake]
    """The twelve most confident mistakes."""


class EpochsResults(TrainingResults, frozen=True, kw_only=True):
    """One run of a hundred (or, tuned, ten) epochs."""

    inspection: Inspection


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: every arm on every seed."""
    epochs = profile.pick(full=100, quick=3)
    tuned_epochs = profile.pick(full=10, quick=1)
    published_rates = profile.pick(full=PUBLISHED_RATES, quick=PUBLISHED_RATES[:2])
    # The same network, batch size and number of epochs as from logits here: its trials are not run again.
    trials = batch_size.planned_run(profile, "epochs", 64, profile.first_seed).depends_on
    for seed in profile.seeds_of():
        yield _run("as_published", seed, epochs, double_softmax=True)
        yield _run("from_logits", seed, epochs)
        yield with_trials(
            _run("tuned_published", seed, tuned_epochs, double_softmax=True), published_rates, profile.trial_seeds
        )
        yield _run("tuned_logits", seed, tuned_epochs, learning_rate=None, trials=trials)


def _run(
    arm: str,
    seed: int,
    epochs: int,
    *,
    double_softmax: bool = False,
    learning_rate: float | None = 0.01,
    trials: tuple[Run, ...] = (),
) -> Run:
    parameters = {
        "double_softmax": double_softmax,
        "epochs": epochs,
        "batch_size": 64,
        "learning_rate": learning_rate,
    }
    return Run(experiment="epochs", arm=arm, seed=seed, parameters=parameters, depends_on=trials)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> EpochsResults | TuningResult:
    """Train one arm with one seed."""
    settings = fit_settings(run, inputs)
    torch.manual_seed(run.seed)
    model = PublishedNN() if run.parameters["double_softmax"] else MLP()
    if run.role == "trial":
        return try_rate(model.to(run.device), *hold_out(dataset.train), **settings)
    curve = record_curve(model, dataset.train, dataset.test, device=run.device, **settings)
    return EpochsResults(
        learning_rate=settings["learning_rate"],
        num_parameters=num_parameters(model),
        curve=curve,
        inspection=inspect(model, dataset),
    )


def inspect(model: nn.Module, dataset: Dataset, num_mistakes: int = 12) -> Inspection:
    """Compare a trained model's predictions for the test images with their labels."""
    labels = dataset.test_labels
    outputs = predict(model, dataset.test_images)  # (10000, 10); probabilities already, for PublishedNN
    probabilities = outputs if isinstance(model, PublishedNN) else outputs.softmax(1)
    confidence, predicted = probabilities.max(1)
    wrong = (predicted != labels).nonzero().squeeze(1)
    worst = wrong[confidence[wrong].argsort(descending=True, stable=True)[:num_mistakes]]
    return Inspection(
        confusion=confusion_matrix(outputs, labels, num_classes=10).tolist(),
        calibration=calibration_of(probabilities, labels),
        true_class_log_loss=float(F.nll_loss(probabilities.clamp_min(1e-45).log(), labels)),
        mistakes=[
            Mistake(
                index=int(i),
                label=int(labels[i]),
                predicted=int(predicted[i]),
                probability=float(confidence[i]),
                pixels=denormalize(dataset.test_images[i]).flatten().tolist(),
            )
            for i in worst
        ],
    )


EXPERIMENT = Experiment(plan=plan, measure=measure)
