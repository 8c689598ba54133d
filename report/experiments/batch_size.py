"""
What the batch size does to training, under equal epochs and under equal updates.

Measured: loss and accuracy of a 784-128-10 ReLU network trained by SGD on 50,000 images. Two budgets: ten epochs, with batch
sizes 16 to 4096, in which small batches make more updates; and 3,125 updates, which are one epoch with batches of 16 and 64
epochs with 1024 (4096 is left out: it would take 240 epochs). Under each budget the learning rate of each size is the one with
the best mean accuracy on the 10,000 images held out, over three trial seeds, from a grid whose ends should not be chosen (the
trial of a rate under which the network has collapsed after three epochs ends there). Training, held-out and test images are
scored with the weights fixed, before training and after each of the first ten epochs, every tenth, and the last.

Ten seeds, since nearly all runs take less than 20 seconds on one thread. Five would do after equal epochs: there the best small
batch was 2.8 points better than the best large one, with a half width of 0.35; half the distance from the margin is 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch

from fmnist_ref import MLP, Score, evaluate, fit
from report.experiments.training import hold_out
from report.experiments.tuning import TuningResult, fit_settings, try_rate, with_trials
from report.plan import Dataset, Experiment, Inputs, Profile, Run

SEEDS = 10
BATCH_SIZES = (16, 64, 256, 1024, 4096)
BUDGETS = ("epochs", "updates")
UPDATES = {"full": 3_125, "quick": 20}
"""An epoch with the smallest batch."""
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
        256: (0.03, 0.1, 0.3),
        1024: (0.1, 0.3, 1.0),
    },
}


class BatchSizeResults(msgspec.Struct, frozen=True, kw_only=True):
    """One training run; each list has an entry for the initial weights and one for each time that the model was scored after."""

    learning_rate: float
    num_updates: int
    epochs: list[float]
    """Passes through the 50,000 images so far; the last may be a part of one."""
    train_loss: list[float]
    """Nats, over all images trained on, with the weights fixed."""
    validation_accuracy: list[float]
    """Fraction of the 10,000 images held out, from 0 to 1."""
    test_loss: list[float]
    """Nats."""
    test_accuracy: list[float]
    """Fraction from 0 to 1."""
    seconds: list[float]
    """Training alone, per epoch."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: both budgets at their batch sizes on every seed."""
    for seed in profile.seeds_of(full=SEEDS):
        for budget in BUDGETS:
            for batch_size in RATES[budget]:
                yield planned_run(profile, budget, batch_size, seed)


def planned_run(profile: Profile, budget: str, batch_size: int, seed: int) -> Run:
    """Return the run of one batch size under one budget, with the trials that choose its learning rate."""
    updates = UPDATES[profile.name]
    # Equal updates take as many epochs as they need; `max_steps` ends them.
    epochs, max_steps = (profile.pick(full=10, quick=1), None) if budget == "epochs" else (updates, updates)
    run = Run(
        experiment="batch_size",
        arm=f"{budget}-{batch_size}",
        seed=seed,
        parameters={"budget": budget, "batch_size": batch_size, "epochs": epochs, "max_steps": max_steps},
    )
    rates = RATES[budget][batch_size]
    return with_trials(run, profile.pick(full=rates, quick=rates[1:3]), profile.trial_seeds)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> BatchSizeResults | TuningResult:
    """Train at one batch size with one seed, or try one learning rate."""
    settings = fit_settings(run, inputs)
    train, validation = (part.to(run.device) for part in hold_out(dataset.train))
    torch.manual_seed(run.seed)
    model = MLP().to(run.device)
    if run.role == "trial":
        return try_rate(model, train, validation, **settings)
    batches_per_epoch = -(-len(train) // settings["batch_size"])
    updates = settings["max_steps"] or settings["epochs"] * batches_per_epoch
    last_epoch = -(-updates // batches_per_epoch)
    scores: dict[float, list[Score]] = {}

    def score(epoch: int) -> None:
        if epoch <= 10 or epoch % 10 == 0 or epoch == last_epoch:
            passes = min(float(epoch), updates / batches_per_epoch)
            parts = (train, validation, dataset.test)
            scores[passes] = [evaluate(model, part.images, part.labels) for part in parts]

    score(0)
    history = fit(model, train.images, train.labels, after_epoch=score, **settings)
    of_train, of_validation, of_test = zip(*scores.values(), strict=True)
    return BatchSizeResults(
        learning_rate=settings["learning_rate"],
        num_updates=history.num_steps,
        epochs=list(scores),
        train_loss=[score.loss for score in of_train],
        validation_accuracy=[score.accuracy for score in of_validation],
        test_loss=[score.loss for score in of_test],
        test_accuracy=[score.accuracy for score in of_test],
        seconds=history.train_seconds,
    )


EXPERIMENT = Experiment(plan=plan, measure=measure)
