"""
How far training goes to a fixed validation error, by batch size, with a hidden layer and without one.

Measured, in the manner of Shallue et al. (2019): updates, epochs and training seconds until the error on the 10,000
images held out is first at or below a target, for batch sizes 16 to 4096. The learning rate of each batch size is the
one that gets there in the fewest updates (one seed, whose trial is also its run). The error is evaluated ten times
an epoch, less often with the two largest batches, which take many epochs; that is outside the clock. Two models: a ReLU
layer of 128 units, and softmax regression, each with a target that all its batch sizes can reach. A run that doesn't
get there in its epochs, or whose learning rate is so high that the network collapses, is recorded as such. Between 1 and
30 seconds a run on one thread.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec
import torch
from torch import nn

from fmnist_ref import MLP, DivergenceError, evaluate
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.partial_epochs import train_in_chunks
from report.experiments.training import hold_out
from report.experiments.tuning import has_collapsed, with_trials
from report.plan import Dataset, Experiment, Images, Inputs, Profile, Run

EVALUATIONS_PER_EPOCH = {16: 10, 64: 10, 256: 10, 1024: 4, 4096: 2}  # each takes a tenth of the time of an epoch
HIDDEN: dict[str, tuple[int, ...]] = {"relu1": (128,), "none": ()}
TARGET_ERROR = {"relu1": {"full": 0.15, "quick": 0.35}, "none": {"full": 0.18, "quick": 0.35}}
MAX_EPOCHS = {16: 5, 64: 5, 256: 5, 1024: 20, 4096: 30}
RATES: dict[str, dict[int, tuple[float, ...]]] = {
    # the middle one first: where it is the fastest, the others end early
    "relu1": {
        16: (0.03, 0.01, 0.1),
        64: (0.1, 0.03, 0.3),
        256: (0.3, 0.1, 1.0),
        1024: (0.3, 0.1, 1.0),
        4096: (0.3, 0.1, 1.0),
    },
    "none": {
        16: (0.03, 0.01, 0.1),
        64: (0.1, 0.03, 0.3),
        256: (0.1, 0.03, 0.3),
        1024: (0.1, 0.03, 0.3),
        4096: (0.1, 0.03, 0.3),
    },
}


class TargetResults(msgspec.Struct, frozen=True, kw_only=True):
    """One training run, up to the target or to the end of its epochs."""

    learning_rate: float
    target_error: float
    """Fraction from 0 to 1."""
    reached: bool
    """Whether the target was reached; if not, the counts below say how far the run went without. A trial of a learning rate
    ends when it has taken as many updates as an earlier one that got there."""
    num_updates: int
    epochs: float
    """Images seen, in passes through the 50,000."""
    validation_accuracy: list[float]
    """Fraction of the images held out, from 0 to 1, at each evaluation."""
    seconds: float
    """Training alone."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: every model and batch size on every seed."""
    for seed in profile.seeds_of():
        for model, hidden in HIDDEN.items():
            for batch_size in BATCH_SIZES:
                rates, max_epochs = RATES[model][batch_size], MAX_EPOCHS[batch_size]
                parameters = {
                    "hidden": list(hidden),
                    "batch_size": batch_size,
                    "target_error": TARGET_ERROR[model][profile.name],
                    "evaluations_per_epoch": EVALUATIONS_PER_EPOCH[batch_size],
                    "max_epochs": profile.pick(full=max_epochs, quick=min(8, max_epochs)),
                }
                run = Run(experiment="batch_target", arm=f"{model}-{batch_size}", seed=seed, parameters=parameters)
                yield _with_trials_in_turn(run, profile.pick(full=rates, quick=rates[:2]), profile.first_seed)


def _with_trials_in_turn(run: Run, rates: Iterable[float], seed: int) -> Run:
    """Let a run take its learning rate from trials, each of which reads those before it."""
    tuned = with_trials(run, rates, seeds=(seed,))
    trials: tuple[Run, ...] = ()
    for trial in tuned.depends_on:
        trials += (msgspec.structs.replace(trial, depends_on=trials),)
    return msgspec.structs.replace(tuned, depends_on=trials)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> TargetResults:
    """Train one model at one batch size with one seed until the target."""
    trials = [msgspec.convert(results, TargetResults) for results in inputs.values()]
    max_updates = math.inf
    if run.role == "trial":
        learning_rate = run.parameters["learning_rate"]
        max_updates = min((trial.num_updates for trial in trials if trial.reached), default=math.inf)
    else:
        fastest = fastest_of(trials)
        if run.seed == run.depends_on[0].seed:
            return fastest  # the same weights, batches and rate: the same training
        learning_rate = fastest.learning_rate
    train, validation = (part.to(run.device) for part in hold_out(dataset.train))
    torch.manual_seed(run.seed)
    model = MLP(tuple(run.parameters["hidden"])).to(run.device)
    return train_to_target(run, model, train, validation, learning_rate, max_updates)


def train_to_target(
    run: Run,
    model: nn.Module,
    train: Images,
    validation: Images,
    learning_rate: float,
    max_updates: float = math.inf,
) -> TargetResults:
    """Train until the validation error is at or below the run's target, its epochs are over, or the network has collapsed."""
    settings = run.parameters
    reached, num_updates, num_images, seconds = False, 0, 0, 0.0
    accuracies: list[float] = []
    chunks = train_in_chunks(
        model,
        train,
        batch_size=settings["batch_size"],
        learning_rate=learning_rate,
        seed=run.seed,
        images_per_chunk=len(train) // settings["evaluations_per_epoch"],
    )
    with suppress(DivergenceError):
        for chunk in chunks:
            num_updates += chunk.num_updates
            num_images += chunk.num_images
            seconds += chunk.seconds
            accuracies.append(evaluate(model, validation.images, validation.labels).accuracy)
            reached = 1 - accuracies[-1] <= settings["target_error"]
            over = num_images >= settings["max_epochs"] * len(train) or num_updates >= max_updates
            if reached or over or has_collapsed(num_images / len(train), accuracies[-1]):
                break
    return TargetResults(
        learning_rate=learning_rate,
        target_error=settings["target_error"],
        reached=reached,
        num_updates=num_updates,
        epochs=num_images / len(train),
        validation_accuracy=accuracies,
        seconds=seconds,
    )


def fastest_of(trials: list[TargetResults]) -> TargetResults:
    """Return the trial that reached the target in the fewest updates; if none did, the one that came closest."""
    return min(
        trials,
        key=lambda t: (
            not t.reached,
            t.num_updates if t.reached else -max(t.validation_accuracy, default=0.0),
            t.learning_rate,
        ),
    )


EXPERIMENT = Experiment(plan=plan, measure=measure)
