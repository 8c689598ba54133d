"""
How training at a small and at a large batch size goes on from an end point, depends on the data order, and climbs.

Measured under SGD on the 50,000 images not held out:

- `continue`: a network is trained with batch size 4096 until its loss is level: until the mean of the loss over 20 epochs is
  less than 1 % below that of the 20 epochs before, twice running (at most 600 epochs). From there 3,125 updates are made with
  16 images each (one epoch) or with 4096, at one learning rate: the one chosen for 16. Then both go on with 4096 until both
  are level again. The training loss, a mean over ten epochs, at the end of each stage. The network has 8 hidden units: with
  128 it fits nearly every image in the end and comes to no minimum that it could leave (after 400 epochs its loss is 0.15 and
  still falls by 4 % in 20).
- `spread`: from one initial point, eight data orders; the variance of the final weights, summed over the weights, of a
  784-128-10 network after 16 updates with batch size 1024, a third of an epoch, and with 16 in three ways: after equally many
  updates at the same rate; after as many images at a rate 64 times lower, the linear scaling rule read backwards; and after
  as many images with each size at its own rate.
- `rise`: in the first updates of the same network, the steepest change of the loss on 5,000 fixed training images in any
  single update, per unit of the distance that the weights moved, with 16 and with 4096, each at its own rate.

The rate is 0.1 in the first two comparisons of `spread`, and in `continue` while the loss is brought to its level; all others
are those that `batch_size` chose for ten epochs.

Ten seeds. The interval of a mean should be no wider than the distance between the threshold and the estimate. For `spread` at
rates in proportion, five earlier seeds gave a ratio of 0.85 (0.78 to 0.94), against 1: seven would do. For `continue` two
seeds gave −0.004 and −0.010 nats, against −0.01: that would take 26, and ten are what there is time for.
About 60, 6 and 7 seconds a run on one thread.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from statistics import fmean
from typing import Any, NamedTuple

import msgspec
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from fmnist_ref import MLP, evaluate, fit
from report.experiments.batch_size import planned_run
from report.experiments.partial_epochs import train_in_chunks
from report.experiments.training import hold_out
from report.experiments.tuning import chosen_rate
from report.plan import Dataset, Experiment, Images, Inputs, Profile, Run

SMALL, MIDDLE, LARGE = 16, 1024, 4096
NARROW = 8  # hidden units of `continue`
RATE = 0.1
"""Learning rate of `continue` and `spread`: stable at every batch size, and near the chosen rates of the middle ones."""
EPOCHS_IN_A_BLOCK = 20
LEVEL = 0.01
"""A loss is level if it falls by less than this fraction from one block of epochs to the next."""


class ContinueResults(msgspec.Struct, frozen=True, kw_only=True):
    """Both continuations from one end point; losses are in nats, over all images, means over ten epochs of large batches."""

    loss_at_end_point: float
    loss_after_small: float
    """After updates with the small batch, and then with the large one until the loss was level."""
    loss_after_large: float
    """After as many updates, all with the large batch."""
    loss_before_levelling: float
    """Right after the updates with the small batch, with the weights fixed."""
    num_updates: int
    """Made by each of the two before the loss was levelled."""
    epochs_to_end_point: int
    epochs_to_level: int
    """Further epochs with the large batch, the same number for both."""
    is_level: bool
    """Whether all three losses were level before the epochs ran out."""
    learning_rate: float
    """Of these updates: the one that was chosen for the small batch."""


class SpreadResults(msgspec.Struct, frozen=True, kw_only=True):
    """Variance of the weights over data orders, summed over all weights."""

    small: float
    large: float
    """After as many updates as `small`, at the same learning rate."""
    small_scaled: float
    """After as many images as `large`, at a learning rate lower by the ratio of the batch sizes."""
    small_tuned: float
    large_tuned: float
    """Both after as many images as `large`, each at its own learning rate."""
    num_orders: int
    num_updates: int
    """With the large batch."""
    learning_rate: float
    """Of `small` and `large`."""
    small_learning_rate: float
    """Of `small_tuned`: the one that was chosen for the small batch."""
    large_learning_rate: float


class RiseResults(msgspec.Struct, frozen=True, kw_only=True):
    """Change of the training loss in single updates, per unit of distance moved (nats); positive is uphill."""

    small: list[float]
    large: list[float]
    small_learning_rate: float
    large_learning_rate: float


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: the three studies on every seed."""
    studies = {
        "continue": {
            "num_updates": profile.pick(full=3_125, quick=100),
            "max_epochs": profile.pick(full=600, quick=40),
        },
        "spread": {"num_orders": profile.pick(full=8, quick=3), "num_updates": profile.pick(full=16, quick=2)},
        "rise": {"num_updates": profile.pick(full=120, quick=4), "num_images": profile.pick(full=5_000, quick=1_000)},
    }
    for seed in profile.seeds_of(full=10):
        for study, parameters in studies.items():
            depends_on = tuple(
                trial
                for size in _sizes(study)
                for trial in planned_run(profile, "epochs", size, profile.first_seed).depends_on
            )
            yield Run(experiment="batch_dynamics", arm=study, seed=seed, parameters=parameters, depends_on=depends_on)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> ContinueResults | SpreadResults | RiseResults:
    """Make one of the three studies with one seed."""
    train = hold_out(dataset.train)[0].to(run.device)
    torch.manual_seed(run.seed)
    small, large = (_chosen_rate_at(batch_size, run, inputs) for batch_size in _sizes(run.arm))
    if run.arm == "spread":
        return study_spread(MLP().to(run.device), train, small, large, **run.parameters)
    if run.arm == "continue":
        return study_continuation(MLP((NARROW,)).to(run.device), train, small, run.seed, **run.parameters)
    return study_rises(MLP().to(run.device), train, small, large, run.seed, **run.parameters)


def _sizes(study: str) -> tuple[int, int]:
    """Return the two batch sizes that a study compares."""
    return SMALL, MIDDLE if study == "spread" else LARGE


def _chosen_rate_at(batch_size: int, run: Run, inputs: Inputs) -> float:
    """Return the learning rate that validation chose for a batch size."""
    return chosen_rate({t.id: inputs[t.id] for t in run.depends_on if t.parameters["batch_size"] == batch_size})


def study_continuation(
    model: nn.Module, train: Images, learning_rate: float, seed: int, *, num_updates: int, max_epochs: int
) -> ContinueResults:
    """Train with the large batch until level, then go on from there in two ways that differ in the batch size alone."""
    first = train_until_level([model], train, seed=seed, max_epochs=max_epochs)
    extent = {"epochs": num_updates, "max_steps": num_updates, "learning_rate": learning_rate}
    small, large = (
        _train_copy(model, train, batch_size=batch_size, seed=seed, **extent) for batch_size in (SMALL, LARGE)
    )
    loss_before_levelling = evaluate(small, train.images, train.labels).loss
    last = train_until_level([small, large], train, seed=seed + 1_000, max_epochs=max_epochs)
    return ContinueResults(
        loss_at_end_point=first.losses[0],
        loss_after_small=last.losses[0],
        loss_after_large=last.losses[1],
        loss_before_levelling=loss_before_levelling,
        num_updates=num_updates,
        epochs_to_end_point=first.epochs,
        epochs_to_level=last.epochs,
        is_level=first.is_level and last.is_level,
        learning_rate=learning_rate,
    )


class Levelled(NamedTuple):
    """How training with the large batch came to rest."""

    losses: list[float]
    """Of each model: the mean over the last ten epochs, in nats."""
    epochs: int
    is_level: bool
    """Whether the losses were level before the epochs ran out."""


def train_until_level(models: Sequence[nn.Module], train: Images, *, seed: int, max_epochs: int) -> Levelled:
    """
    Train models side by side with the large batch until no loss falls by 1 % in 20 epochs, twice running.

    Compared are the means of the running loss over 20 epochs and over the 20 before. All models get the same batches, and
    as many epochs as the slowest of them needs; after `max_epochs` training ends in any case.
    """
    settings: dict[str, Any] = {"epochs": EPOCHS_IN_A_BLOCK, "batch_size": LARGE, "learning_rate": RATE}
    generators = [torch.Generator().manual_seed(seed) for _ in models]
    now, epochs, blocks_at_rest = [math.inf] * len(models), 0, 0
    while epochs < max_epochs and blocks_at_rest < 2:
        before = now
        curves = [
            fit(model, train.images, train.labels, generator=generator, **settings).running_loss
            for model, generator in zip(models, generators, strict=True)
        ]
        now = [fmean(curve) for curve in curves]
        at_rest = all(new > (1 - LEVEL) * old for new, old in zip(now, before, strict=True))
        blocks_at_rest = blocks_at_rest + 1 if at_rest else 0
        epochs += EPOCHS_IN_A_BLOCK
    return Levelled([fmean(curve[-10:]) for curve in curves], epochs, is_level=blocks_at_rest == 2)


def _train_copy(model: nn.Module, train: Images, **settings: Any) -> nn.Module:
    """Train a copy of a model and return it."""
    trained = copy.deepcopy(model)
    fit(trained, train.images, train.labels, **settings)
    return trained


def study_spread(
    model: nn.Module, train: Images, small_rate: float, large_rate: float, *, num_orders: int, num_updates: int
) -> SpreadResults:
    """Train from the same weights in several data orders and compute the variance of the final weights."""

    def variance(batch_size: int, updates: int, rate: float) -> float:
        extent = {"epochs": updates, "max_steps": updates, "batch_size": batch_size}
        trained = (_train_copy(model, train, learning_rate=rate, seed=s, **extent) for s in range(num_orders))
        return torch.stack([_weights(one) for one in trained]).double().var(dim=0).sum().item()

    ratio = MIDDLE // SMALL
    return SpreadResults(
        small=variance(SMALL, num_updates, RATE),
        large=variance(MIDDLE, num_updates, RATE),
        small_scaled=variance(SMALL, num_updates * ratio, RATE / ratio),
        small_tuned=variance(SMALL, num_updates * ratio, small_rate),
        large_tuned=variance(MIDDLE, num_updates, large_rate),
        num_orders=num_orders,
        num_updates=num_updates,
        learning_rate=RATE,
        small_learning_rate=small_rate,
        large_learning_rate=large_rate,
    )


def study_rises(
    model: nn.Module,
    train: Images,
    small_rate: float,
    large_rate: float,
    seed: int,
    *,
    num_updates: int,
    num_images: int,
) -> RiseResults:
    """Follow the loss through the first updates with the small and with the large batch."""
    probe = train[:num_images]
    small, large = (
        _rises(copy.deepcopy(model), train, probe, batch_size, rate, seed, num_updates)
        for batch_size, rate in ((SMALL, small_rate), (LARGE, large_rate))
    )
    return RiseResults(small=small, large=large, small_learning_rate=small_rate, large_learning_rate=large_rate)


def _rises(
    model: nn.Module, train: Images, probe: Images, batch_size: int, rate: float, seed: int, num_updates: int
) -> list[float]:
    """Return the change of the probe's loss in each update, divided by the length of the update."""
    updates = train_in_chunks(
        model, train, batch_size=batch_size, learning_rate=rate, seed=seed, images_per_chunk=batch_size
    )
    rises = []
    loss, weights = evaluate(model, probe.images, probe.labels).loss, _weights(model)
    for _ in islice(updates, num_updates):
        new_loss, new_weights = evaluate(model, probe.images, probe.labels).loss, _weights(model)
        rises.append((new_loss - loss) / torch.linalg.vector_norm(new_weights - weights).item())
        loss, weights = new_loss, new_weights
    return rises


def _weights(model: nn.Module) -> Float[Tensor, " weights"]:
    """Copy all weights into one vector on the CPU."""
    return parameters_to_vector(model.parameters()).detach().cpu()


EXPERIMENT = Experiment(plan=plan, measure=measure)
