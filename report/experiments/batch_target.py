"""
How far training goes to a fixed training loss, by batch size, and what the test loss is there.

Measured, in the manner of Shallue et al. (2019): a network is trained by SGD on the 50,000 images not held out, with batch
sizes 16 to 4096, until its training loss is at or below a target. Training and test images are scored with the weights
fixed, every half epoch for 32 epochs and then at least every 32nd part of the training so far, after equally many images for
all sizes. Two models: a ReLU layer of 128 units, with a target of 0.15 nats, about where a hundred epochs of Part 1 end; and
no hidden layer, with one that all sizes reach. With the layer, batches of 4096 stop at 0.3 nats: they would need several
hundred epochs to 0.15, some four minutes a run (at a rate of 0.3, tried once, the loss was 0.22 after 208 epochs and then blew
up to 12 nats).

A loss at one moment is `recent_mean`: the mean over the scorings in the last eighth of the training so far. So no verdict
rests on a lucky moment, and every size lags behind by the same share of its training.

The learning rate of each batch size is the one that reaches a first target (0.3 nats with the layer) in the fewest updates on
most of the three trial seeds, from a grid with steps of about 2 whose ends are not chosen. A trial is held to the best of those
before it on its seed, and ends when it has taken as many updates without getting there. The test images choose nothing.

Five seeds. The first three with 1024 took 118 to 148 epochs, against 26 to 28 with 16: the logarithm of the ratio is 1.6,
and with a standard deviation of 0.12 its half width is 0.15, far less than half the distance from 0. The gaps to the test
loss of both sizes were 0.22 to 0.26 nats, with a standard deviation of 0.02 between seeds, so five seeds may leave Q2.7
undetermined; a further seed takes about four CPU-minutes. Between 2 and 80 seconds a run on one thread.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from statistics import fmean

import msgspec
import torch
from torch import nn

from fmnist_ref import MLP, DivergenceError, evaluate
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.partial_epochs import train_in_chunks
from report.experiments.training import hold_out
from report.experiments.tuning import has_collapsed, with_trials
from report.plan import Dataset, Experiment, Images, Inputs, Profile, Run

SEEDS = 5
HIDDEN: dict[str, tuple[int, ...]] = {"relu1": (128,), "none": ()}
FIRST_TARGET = {"relu1": 0.3, "none": 0.45}
"""Nats, with the weights fixed: what learning rates are chosen by."""
TARGET = {"relu1": {16: 0.15, 64: 0.15, 256: 0.15, 1024: 0.15, 4096: 0.3}, "none": dict.fromkeys(BATCH_SIZES, 0.45)}
"""Nats: where training ends."""
QUICK_TARGET = 0.6
MAX_EPOCHS = {16: 80, 64: 80, 256: 100, 1024: 400, 4096: 200}
"""One seed of 1024 takes more than 200: to stop there would leave out the slowest seed, and make 1024 look faster."""
MAX_TRIAL_EPOCHS = 200
WINDOW = 1 / 8
HALF_EPOCHS_BETWEEN = 64
"""Up to this many half epochs each is scored; up to twice as many every second, and so on."""
RATES: dict[str, dict[int, tuple[float, ...]]] = {
    # the middle one first: where it is the fastest, the others end early
    "relu1": {
        16: (0.05, 0.025, 0.0125, 0.1),
        64: (0.1, 0.05, 0.2, 0.4),
        256: (0.2, 0.1, 0.4),
        1024: (0.3, 0.2, 0.45),
        4096: (0.3, 0.2, 0.45),
    },
    "none": {
        16: (0.02, 0.01, 0.04),
        64: (0.06, 0.03, 0.12),
        256: (0.06, 0.03, 0.12),
        1024: (0.1, 0.05, 0.15),
        4096: (0.1, 0.05, 0.15),
    },
}


class TargetResults(msgspec.Struct, frozen=True, kw_only=True):
    """One training run; each list has an entry for each time that the model was scored."""

    learning_rate: float
    target: float
    """Training loss in nats."""
    updates_to_target: int | None
    """None if the target was not reached; a trial of a learning rate also ends when an earlier one was faster."""
    updates: list[int]
    epochs: list[float]
    """Passes through the 50,000 images so far."""
    train_loss: list[float]
    """Nats, over all images trained on, with the weights fixed."""
    train_accuracy: list[float]
    """Fraction from 0 to 1."""
    test_loss: list[float]
    """Nats."""
    test_accuracy: list[float]
    """Fraction from 0 to 1."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: every model and batch size on every seed."""
    for seed in profile.seeds_of(full=SEEDS):
        for model in HIDDEN:
            for batch_size in BATCH_SIZES:
                yield planned_run(profile, model, batch_size, seed)


def planned_run(profile: Profile, model: str, batch_size: int, seed: int) -> Run:
    """Return the run of one model at one batch size, with the trials that choose its learning rate."""
    parameters = {
        "hidden": list(HIDDEN[model]),
        "batch_size": batch_size,
        "target": profile.pick(full=FIRST_TARGET[model], quick=QUICK_TARGET),
        "max_epochs": profile.pick(full=min(MAX_EPOCHS[batch_size], MAX_TRIAL_EPOCHS), quick=8),
    }
    run = Run(experiment="batch_target", arm=f"{model}-{batch_size}", seed=seed, parameters=parameters)
    rates = RATES[model][batch_size]
    tuned = _in_turn(with_trials(run, profile.pick(full=rates, quick=rates[:2]), profile.trial_seeds))
    end = {
        "target": profile.pick(full=TARGET[model][batch_size], quick=QUICK_TARGET),
        "max_epochs": profile.pick(full=MAX_EPOCHS[batch_size], quick=8),
    }
    return msgspec.structs.replace(tuned, parameters={**tuned.parameters, **end})


def _in_turn(tuned: Run) -> Run:
    """Let each trial of a run read those before it on the same seed."""
    trials: dict[int, tuple[Run, ...]] = {}
    for trial in tuned.depends_on:
        before = trials.get(trial.seed, ())
        trials[trial.seed] = (*before, msgspec.structs.replace(trial, depends_on=before))
    return msgspec.structs.replace(tuned, depends_on=tuple(trial for found in trials.values() for trial in found))


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> TargetResults:
    """Train one model at one batch size with one seed, to the target or to the end of its epochs."""
    trials = [(trial.seed, msgspec.convert(inputs[trial.id], TargetResults)) for trial in run.depends_on]
    max_updates = math.inf
    if run.role == "trial":
        learning_rate = run.parameters["learning_rate"]
        max_updates = min((trial.updates_to_target or math.inf for _, trial in trials), default=math.inf)
    else:
        learning_rate = fastest_rate(trials)
        for seed, trial in trials:
            done = trial.updates_to_target and trial.target == run.parameters["target"]
            if done and (seed, trial.learning_rate) == (run.seed, learning_rate):
                return trial  # the same weights, batches and rate: the same training
    train = hold_out(dataset.train)[0].to(run.device)
    torch.manual_seed(run.seed)
    model = MLP(tuple(run.parameters["hidden"])).to(run.device)
    return train_to_target(run, model, train, dataset.test.to(run.device), learning_rate, max_updates)


def train_to_target(
    run: Run, model: nn.Module, train: Images, test: Images, learning_rate: float, max_updates: float = math.inf
) -> TargetResults:
    """Train until the loss is at or below the run's target, the epochs are over, or the network has collapsed."""
    settings = run.parameters
    found = TargetResults(
        learning_rate=learning_rate, target=settings["target"], updates_to_target=None,
        updates=[], epochs=[], train_loss=[], train_accuracy=[], test_loss=[], test_accuracy=[],
    )  # fmt: skip
    num_updates, num_images = 0, 0
    chunks = train_in_chunks(
        model,
        train,
        batch_size=settings["batch_size"],
        learning_rate=learning_rate,
        seed=run.seed,
        images_per_chunk=math.ceil(len(train) / 2),
    )
    with suppress(DivergenceError):
        for chunk in chunks:
            num_updates += chunk.num_updates
            num_images += chunk.num_images
            epochs = num_images / len(train)
            if is_scored(round(2 * epochs)):
                _score(found, model, train, test, num_updates, epochs)
                if recent_mean(found, found.train_loss)[-1] <= found.target:
                    return msgspec.structs.replace(found, updates_to_target=num_updates)
                if has_collapsed(epochs, found.train_accuracy[-1]):
                    break
            if epochs >= settings["max_epochs"] or num_updates >= max_updates:
                break
    return found


def is_scored(half_epochs: int) -> bool:
    """Tell whether a model is scored after this many half epochs: the steps double as the epochs do."""
    return half_epochs % (1 << max(0, math.ceil(math.log2(half_epochs / HALF_EPOCHS_BETWEEN)))) == 0


def _score(
    found: TargetResults, model: nn.Module, train: Images, test: Images, num_updates: int, epochs: float
) -> None:
    """Score training and test images and append what was found."""
    of_train, of_test = (evaluate(model, part.images, part.labels) for part in (train, test))
    found.updates.append(num_updates)
    found.epochs.append(epochs)
    found.train_loss.append(of_train.loss)
    found.train_accuracy.append(of_train.accuracy)
    found.test_loss.append(of_test.loss)
    found.test_accuracy.append(of_test.accuracy)


def recent_mean(run: TargetResults, values: Sequence[float]) -> list[float]:
    """Return, for each scoring of a run, the mean of the values in the last eighth of the training so far."""
    means, first = [], 0
    for place, epochs in enumerate(run.epochs):
        while run.epochs[first] <= epochs * (1 - WINDOW):
            first += 1
        means.append(fmean(values[first : place + 1]))
    return means


def fastest_rate(trials: Iterable[tuple[int, TargetResults]]) -> float:
    """
    Return the learning rate that reached the target in the fewest updates on most seeds; the smaller of two that tie.

    Each trial comes with its seed. On a seed where no rate reached the target, the one that came closest is the fastest.
    """

    def slowness(trial: TargetResults) -> tuple[float, float, float]:
        updates = trial.updates_to_target or math.inf
        return updates, min(trial.train_loss, default=math.inf), trial.learning_rate

    by_seed: dict[int, list[TargetResults]] = {}
    for seed, trial in trials:
        by_seed.setdefault(seed, []).append(trial)
    wins = Counter(min(found, key=slowness).learning_rate for found in by_seed.values())
    return max(wins, key=lambda rate: (wins[rate], -rate))


EXPERIMENT = Experiment(plan=plan, measure=measure)
