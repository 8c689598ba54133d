"""
A hundred epochs of the notebook's network, as published and as it was meant.

Measured: loss and accuracy after every epoch of a 784-128-10 ReLU network trained by SGD at batch size 64. Arms: the
notebook's softmax output fed to cross-entropy (`as_published`); the same network and seeds from logits
(`from_logits`); from logits on 50,000 images with 10,000 held out, so that validation can choose an epoch
(`held_out`); and both losses at a learning rate chosen on the held-out images (`tuned_published`, `tuned_logits`,
10 epochs; from logits the choice is that of `batch_size`). About 70 seconds a run of 100 epochs on one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import torch
from torch import nn
from torch.nn import functional as F

from fmnist_ref import (
    MLP,
    PublishedNN,
    confusion_matrix,
    denormalize,
    expected_calibration_error,
    predict,
    reliability,
)
from report.experiments.batch_size import tuning_runs
from report.experiments.training import Curve, Images, hold_out, record_curve
from report.experiments.tuning import TuningResult, chosen_rate, try_rate
from report.plan import Dataset, Experiment, Inputs, Profile, Run

PUBLISHED_RATES = (0.1, 0.3, 1.0)
MODELS: dict[str, Callable[[], nn.Module]] = {
    "as_published": PublishedNN,
    "from_logits": MLP,
    "held_out": MLP,
    "tuned_published": PublishedNN,
    "tuned_logits": MLP,
    "tune_published": PublishedNN,
}


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A test image that the trained model got wrong."""

    index: int
    """Place in the test set."""
    label: int
    predicted: int
    probability: float
    """What the model gave the class it chose."""
    pixels: list[int]
    """28 × 28 grey values, row by row."""


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """The trained model on the test images, looked at more closely."""

    confusion: list[list[int]]
    """Images by true class (rows) and predicted class (columns)."""
    calibration_error: float
    bin_confidence: list[float]
    """Mean confidence in each bin of the reliability diagram that holds an image; likewise the next two."""
    bin_accuracy: list[float]
    bin_count: list[int]
    true_class_log_loss: float
    """Mean of −log p(true class), nats, from the probabilities that the model gives."""
    mistakes: list[Mistake]
    """The twelve most confident mistakes."""


class EpochsResults(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a hundred (or, tuned, ten) epochs."""

    learning_rate: float
    num_parameters: int
    curve: Curve
    inspection: Inspection


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: tuning on one seed first, then every arm on every seed."""
    epochs = profile.pick(full=100, quick=3)
    tuned_epochs = profile.pick(full=10, quick=1)
    tuning = {
        "tuned_published": tuple(
            _run(f"tune_published-{rate:g}", 0, epochs=tuned_epochs, learning_rate=rate)
            for rate in profile.pick(full=PUBLISHED_RATES, quick=PUBLISHED_RATES[:2])
        ),
        "tuned_logits": tuning_runs(profile, "epochs", 64),  # the same network, batch size and number of epochs
    }
    for runs in tuning.values():
        yield from runs
    for seed in range(profile.seeds):
        for arm in ("as_published", "from_logits", "held_out"):
            yield _run(arm, seed, epochs=epochs, learning_rate=0.01)
        for arm, depends_on in tuning.items():
            yield _run(arm, seed, depends_on=depends_on, epochs=tuned_epochs)


def _run(arm: str, seed: int, *, depends_on: tuple[Run, ...] = (), **parameters: float) -> Run:
    return Run(
        experiment="epochs", arm=arm, seed=seed, parameters={"batch_size": 64, **parameters}, depends_on=depends_on
    )


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> EpochsResults | TuningResult:
    """Train one arm with one seed."""
    build = MODELS[run.arm.partition("-")[0]]
    torch.manual_seed(run.seed)
    if run.arm.startswith("tune_"):
        parts = hold_out(dataset.train_images, dataset.train_labels)
        return try_rate(build().to(run.device), *parts, seed=run.seed, **run.parameters)
    train, validation = Images(dataset.train_images, dataset.train_labels), None
    if run.arm == "held_out":
        train, validation = hold_out(dataset.train_images, dataset.train_labels)
    learning_rate = chosen_rate(inputs) if run.depends_on else run.parameters["learning_rate"]
    model = build()
    curve = record_curve(
        model,
        train,
        Images(dataset.test_images, dataset.test_labels),
        validation=validation,
        epochs=run.parameters["epochs"],
        batch_size=run.parameters["batch_size"],
        learning_rate=learning_rate,
        seed=run.seed,
        device=run.device,
    )
    return EpochsResults(
        learning_rate=learning_rate,
        num_parameters=sum(p.numel() for p in model.parameters()),
        curve=curve,
        inspection=inspect(model, dataset),
    )


def inspect(model: nn.Module, dataset: Dataset, num_mistakes: int = 12) -> Inspection:
    """Look at a trained model's answers to the test images."""
    labels = dataset.test_labels
    outputs = predict(model, dataset.test_images)  # (10000, 10); probabilities already, for PublishedNN
    probabilities = outputs if isinstance(model, PublishedNN) else outputs.softmax(1)
    confidence, predicted = probabilities.max(1)
    wrong = (predicted != labels).nonzero().squeeze(1)
    worst = wrong[confidence[wrong].argsort(descending=True, stable=True)[:num_mistakes]]
    bins = reliability(probabilities, labels)
    filled = bins.count > 0
    return Inspection(
        confusion=confusion_matrix(outputs, labels, num_classes=10).tolist(),
        calibration_error=expected_calibration_error(probabilities, labels),
        bin_confidence=bins.confidence[filled].tolist(),
        bin_accuracy=bins.accuracy[filled].tolist(),
        bin_count=bins.count[filled].tolist(),
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


EXPERIMENT = Experiment(name="epochs", plan=plan, measure=measure)
