"""
How far training goes to a fixed validation error, by batch size, with a hidden layer and without one.

Measured, in the manner of Shallue et al. (2019): updates, epochs and training seconds until the error on the 10,000
images held out is first at or below a target, for batch sizes 16 to 4096. The learning rate of each batch size is the
one that gets there in the fewest updates (one seed, whose trial stands for its run). The error is looked at ten times
an epoch, less often with the two largest batches, which take many epochs; that is outside the clock. Two models: a ReLU
layer of 128 units, and softmax regression, each with a target that all its batch sizes can reach. A run that doesn't
get there in its epochs, or that too high a rate has broken, is recorded as such. Between 1 and 30 seconds a run on one
thread.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch
from torch import nn

from fmnist_ref import MLP, DivergenceError, evaluate
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.partial_epochs import train_in_chunks
from report.experiments.training import Images, hold_out
from report.experiments.tuning import lost
from report.plan import Dataset, Experiment, Inputs, Profile, Run

LOOKS_PER_EPOCH = {16: 10, 64: 10, 256: 10, 1024: 4, 4096: 2}  # a look costs as much as a tenth of an epoch
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
    """Share of 1."""
    reached: bool
    """Whether the target was reached; if not, the counts below say how far the run went without. A trial of a learning rate
    ends when it has taken as many updates as an earlier one that got there."""
    num_updates: int
    epochs: float
    """Images seen, in passes through the 50,000."""
    validation_accuracy: list[float]
    """Share of the images held out, from 0 to 1, at each look."""
    seconds: float
    """Training alone."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: the learning rates on one seed first, then every model and batch size on every seed."""
    arms = [(model, batch_size) for model in HIDDEN for batch_size in BATCH_SIZES]
    tuning = {arm: _tuning_runs(profile, *arm) for arm in arms}
    for runs in tuning.values():
        yield from runs
    for seed in range(profile.seeds):
        for model, batch_size in arms:
            yield Run(
                experiment="batch_target",
                arm=f"{model}-{batch_size}",
                seed=seed,
                parameters=_extent(profile, model, batch_size),
                depends_on=tuning[model, batch_size],
            )


def _tuning_runs(profile: Profile, model: str, batch_size: int) -> tuple[Run, ...]:
    """List the trials of one arm, each of which reads those before it."""
    rates = RATES[model][batch_size]
    trials: tuple[Run, ...] = ()
    for rate in profile.pick(full=rates, quick=rates[:2]):
        parameters = {**_extent(profile, model, batch_size), "learning_rate": rate}
        arm = f"tune_{model}-{batch_size}-{rate:g}"
        trials += (Run(experiment="batch_target", arm=arm, seed=0, parameters=parameters, depends_on=trials),)
    return trials


def _extent(profile: Profile, model: str, batch_size: int) -> dict[str, object]:
    return {
        "hidden": list(HIDDEN[model]),
        "batch_size": batch_size,
        "target_error": TARGET_ERROR[model][profile.name],
        "looks_per_epoch": LOOKS_PER_EPOCH[batch_size],
        "max_epochs": profile.pick(full=MAX_EPOCHS[batch_size], quick=min(8, MAX_EPOCHS[batch_size])),
    }


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> TargetResults:
    """Train one model at one batch size with one seed until the target."""
    tried = [msgspec.convert(results, TargetResults) for results in inputs.values()]
    max_updates = None
    if run.arm.startswith("tune_"):
        learning_rate = run.parameters["learning_rate"]
        max_updates = min((trial.num_updates for trial in tried if trial.reached), default=None)
    else:
        fastest = fastest_of(tried)
        if run.seed == run.depends_on[0].seed:
            return fastest  # the same weights, batches and rate: the same training
        learning_rate = fastest.learning_rate
    train, validation = (
        Images(part.images.to(run.device), part.labels.to(run.device))
        for part in hold_out(dataset.train_images, dataset.train_labels)
    )
    torch.manual_seed(run.seed)
    model = MLP(tuple(run.parameters["hidden"])).to(run.device)
    return train_to_target(run, model, train, validation, learning_rate, max_updates)


def train_to_target(
    run: Run,
    model: nn.Module,
    train: Images,
    validation: Images,
    learning_rate: float,
    max_updates: int | None = None,
) -> TargetResults:
    """Train until the validation error is at or below the run's target, its extent is over, or the network is lost."""
    num_updates, num_images, seconds = 0, 0, 0.0
    looks: list[float] = []
    stretches = train_in_chunks(
        model,
        train,
        batch_size=run.parameters["batch_size"],
        learning_rate=learning_rate,
        seed=run.seed,
        images_per_chunk=len(train.images) // run.parameters["looks_per_epoch"],
    )
    reached = False
    try:
        while (
            not reached
            and num_images < run.parameters["max_epochs"] * len(train.images)
            and (max_updates is None or num_updates < max_updates)
        ):
            stretch = next(stretches)
            num_updates += stretch.num_updates
            num_images += stretch.num_images
            seconds += stretch.seconds
            looks.append(evaluate(model, validation.images, validation.labels).accuracy)
            reached = 1 - looks[-1] <= run.parameters["target_error"]
            if lost(num_images / len(train.images), looks[-1]):
                break
    except DivergenceError:
        reached = False
    return TargetResults(
        learning_rate=learning_rate,
        target_error=run.parameters["target_error"],
        reached=reached,
        num_updates=num_updates,
        epochs=num_images / len(train.images),
        validation_accuracy=looks,
        seconds=seconds,
    )


def fastest_of(tried: list[TargetResults]) -> TargetResults:
    """Return the trial that reached the target in the fewest updates; if none did, the one that came closest."""
    return min(
        tried,
        key=lambda t: (
            not t.reached,
            t.num_updates if t.reached else -max(t.validation_accuracy, default=0.0),
            t.learning_rate,
        ),
    )


EXPERIMENT = Experiment(name="batch_target", plan=plan, measure=measure)
