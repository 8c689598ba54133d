"""
The notebook's network, as published and as it was meant: a hundred epochs, and many seeds of the 26 that it printed.

Measured: loss and accuracy after every epoch of a 784-128-10 ReLU network trained by SGD at batch size 64. Arms: the
notebook's softmax output fed to cross-entropy (`as_published`) and the same network and seeds from logits (`from_logits`),
for a hundred epochs; further seeds of both for the 26 epochs after which the notebook's print breaks off
(`as_published_short`, `from_logits_short`: the first 26 epochs of the long runs belong to them); and both losses at learning
rates chosen on held-out images (`tuned_published`, `tuned_logits`, 10 epochs; from logits the choice is that of
`batch_size`). Half a second an epoch on one thread, half an hour in all.

Seeds, from the first five. 25 short ones: the rank envelope needs 24, and with 25 no rise in any run means one in at most
13.7 % of runs; the cost of the second softmax (-5.2, standard deviation 2.0 points, against -0.3) would need five. Long from
logits: 5, since the late slope of the test loss (+0.0013, standard deviation 0.0010 nats per ten epochs, against -0.003) has a
half width of 0.0012, where 0.0021 would do. Long as published: 10, for the rises of the loss. Tuned: 15. The
half width is no problem (-5.5, standard deviation 3.7 points, against -0.3), but a sign test of ten gives no p-value below
0.002, which Holm's correction for some 45 tests may not let stand; of fifteen it gives 0.00006.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch
from torch import nn
from torch.nn import functional as F

from fmnist_ref import MLP, PublishedNN, denormalize, predict
from report.experiments import batch_size
from report.experiments.predictions import Calibration, calibration_of
from report.experiments.training import TrainingResults, hold_out, num_parameters, record_curve
from report.experiments.tuning import TuningResult, fit_settings, try_rate, with_trials
from report.plan import Dataset, Experiment, Inputs, Profile, Run

PUBLISHED_RATES = (0.03, 0.1, 0.3, 1.0, 3.0)
PRINTED_EPOCHS = 26
"""Epochs whose loss the notebook shows; there its print breaks off."""
SEEDS, TUNED_SEEDS = 25, 15
LONG_SEEDS = {"as_published": 10, "from_logits": 5}
"""Of the seeds, how many train for a hundred epochs."""


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

    calibration: Calibration
    true_class_log_loss: float
    """Mean of −log p(true class), nats, from the probabilities that the model gives."""
    mistakes: list[Mistake]
    """The twelve most confident mistakes."""


class EpochsResults(TrainingResults, frozen=True, kw_only=True):
    """One run of a hundred epochs, or of 26 or ten."""

    inspection: Inspection


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: both losses at the notebook's learning rate, of which the first seeds train longer, and at tuned ones."""
    epochs, printed = profile.pick(full=(100, PRINTED_EPOCHS), quick=(3, 3))
    for arm, double_softmax in (("as_published", True), ("from_logits", False)):
        long = profile.seeds_of(LONG_SEEDS[arm])
        for seed in profile.seeds_of(SEEDS):
            name, extent = (arm, epochs) if seed in long else (f"{arm}_short", printed)
            yield _run(name, seed, extent, double_softmax)

    tuned_epochs = profile.pick(full=10, quick=1)
    published_rates = profile.pick(full=PUBLISHED_RATES, quick=PUBLISHED_RATES[1:3])
    # The same network, batch size and number of epochs as from logits here: its trials are not run again.
    trials = batch_size.planned_run(profile, "epochs", 64, profile.first_seed).depends_on
    for seed in profile.seeds_of(TUNED_SEEDS):
        published = _run("tuned_published", seed, tuned_epochs, double_softmax=True)
        yield with_trials(published, published_rates, profile.trial_seeds)
        yield _run("tuned_logits", seed, tuned_epochs, double_softmax=False, learning_rate=None, trials=trials)


def _run(
    arm: str,
    seed: int,
    epochs: int,
    double_softmax: bool,
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
