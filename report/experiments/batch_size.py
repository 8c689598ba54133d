"""
What the batch size does to training, under equal epochs and under equal updates.

Measured: loss and accuracy of a 784-128-10 ReLU network trained by SGD on 50,000 images, for batch sizes 16 to 4096, with
the learning rate chosen anew for each of them and each budget by the 10,000 images held out (one seed; a rate that has
broken the network after three epochs is tried no further). Two budgets: ten
epochs, in which small batches make more updates; and 500 updates, in which large batches see more images. Training,
held-out and test images are scored with the weights held still, before training and after each of the first ten epochs
and every tenth. Between 1 and 20 seconds a run on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch
from torch import nn

from fmnist_ref import MLP, Score, evaluate, fit
from report.experiments.training import Images, hold_out
from report.experiments.tuning import TuningResult, chosen_rate, try_rate
from report.plan import Dataset, Experiment, Inputs, Profile, Run

BATCH_SIZES = (16, 64, 256, 1024, 4096)
BUDGETS = ("epochs", "updates")
UPDATES = {"full": 500, "quick": 20}
RATES: dict[str, dict[int, tuple[float, ...]]] = {
    # around the notebook's 0.01 at batch size 64, scaled up with the batch as far as training stays stable
    "epochs": {
        16: (0.01, 0.03, 0.1),
        64: (0.01, 0.03, 0.1),
        256: (0.03, 0.1, 0.3),
        1024: (0.1, 0.3, 1.0),
        4096: (0.1, 0.3, 1.0),
    },
    "updates": {
        16: (0.01, 0.03, 0.1),
        64: (0.03, 0.1, 0.3),
        256: (0.1, 0.3, 1.0),
        1024: (0.1, 0.3, 1.0),
        4096: (0.1, 0.3, 1.0),
    },
}


class BatchSizeResults(msgspec.Struct, frozen=True, kw_only=True):
    """One training run; each list has an entry for the initial weights and for each time they were scored after."""

    learning_rate: float
    num_updates: int
    epochs: list[float]
    """Passes through the 50,000 images so far; the last may be a part of one."""
    train_loss: list[float]
    """Nats, over all images trained on, with the weights held still."""
    validation_accuracy: list[float]
    """Share of the 10,000 images held out, from 0 to 1."""
    test_loss: list[float]
    """Nats."""
    test_accuracy: list[float]
    """Share of 1."""
    seconds: list[float]
    """Training alone, per epoch."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: the learning rates on one seed first, then both budgets at every batch size on every seed."""
    arms = [(budget, batch_size) for budget in BUDGETS for batch_size in BATCH_SIZES]
    for budget, batch_size in arms:
        yield from tuning_runs(profile, budget, batch_size)
    for seed in range(profile.seeds):
        for budget, batch_size in arms:
            yield Run(
                experiment="batch_size",
                arm=f"{budget}-{batch_size}",
                seed=seed,
                parameters=_extent(profile, budget, batch_size),
                depends_on=tuning_runs(profile, budget, batch_size),
            )


def tuning_runs(profile: Profile, budget: str, batch_size: int) -> tuple[Run, ...]:
    """List the runs that choose the learning rate of one batch size under one budget."""
    rates = RATES[budget][batch_size]
    return tuple(
        Run(
            experiment="batch_size",
            arm=f"tune_{budget}-{batch_size}-{rate:g}",
            seed=0,
            parameters={**_extent(profile, budget, batch_size), "learning_rate": rate},
        )
        for rate in profile.pick(full=rates, quick=rates[1:3])
    )


def _extent(profile: Profile, budget: str, batch_size: int) -> dict[str, int | None]:
    """Say how long a run goes on: so many epochs, or so many updates in as many epochs as they need."""
    if budget == "epochs":
        return {"batch_size": batch_size, "epochs": profile.pick(full=10, quick=1), "max_steps": None}
    updates = UPDATES[profile.name]
    return {"batch_size": batch_size, "epochs": updates, "max_steps": updates}


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> BatchSizeResults | TuningResult:
    """Train at one batch size with one seed, or try one learning rate."""
    train, validation = (
        Images(part.images.to(run.device), part.labels.to(run.device))
        for part in hold_out(dataset.train_images, dataset.train_labels)
    )
    torch.manual_seed(run.seed)
    model = MLP().to(run.device)
    if run.arm.startswith("tune_"):
        return try_rate(model, train, validation, seed=run.seed, **run.parameters)
    return _train(
        run, model, (train, validation, Images(dataset.test_images, dataset.test_labels)), chosen_rate(inputs)
    )


def _train(run: Run, model: nn.Module, parts: tuple[Images, Images, Images], learning_rate: float) -> BatchSizeResults:
    """Train under the run's budget and score the training, held-out and test images on the way."""
    train = parts[0]
    batches_per_epoch = -(-len(train.images) // run.parameters["batch_size"])
    updates = run.parameters["max_steps"] or run.parameters["epochs"] * batches_per_epoch
    last_epoch = -(-updates // batches_per_epoch)
    scores: dict[float, list[Score]] = {}

    def score(epoch: int) -> None:
        if epoch <= 10 or epoch % 10 == 0 or epoch == last_epoch:
            passes = min(float(epoch), updates / batches_per_epoch)
            scores[passes] = [evaluate(model, part.images, part.labels) for part in parts]

    score(0)
    history = fit(
        model,
        train.images,
        train.labels,
        seed=run.seed,
        after_epoch=score,
        learning_rate=learning_rate,
        **run.parameters,
    )
    return BatchSizeResults(
        learning_rate=learning_rate,
        num_updates=history.num_steps,
        epochs=list(scores),
        train_loss=[train_score.loss for train_score, _, _ in scores.values()],
        validation_accuracy=[validation_score.accuracy for _, validation_score, _ in scores.values()],
        test_loss=[test_score.loss for _, _, test_score in scores.values()],
        test_accuracy=[test_score.accuracy for _, _, test_score in scores.values()],
        seconds=history.train_seconds,
    )


EXPERIMENT = Experiment(name="batch_size", plan=plan, measure=measure)
