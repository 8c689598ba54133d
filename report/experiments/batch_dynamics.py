"""
How training at a small and at a large batch size goes on from an end point, depends on the data order, and climbs.

Measured, for a 784-128-10 ReLU network under SGD on the 50,000 images not held out:

- `continue`: from the end point of training with batch size 4096, training goes on for equally many epochs with 16 and with
  4096; the training loss before and after.
- `spread`: from one initial point, eight data orders; the variance of the final weights, summed over the weights, with
  batch sizes 16 and 1024 after equally many updates at one learning rate. And with 16 after as many images as with 1024,
  at a rate 64 times lower: the linear scaling rule read backwards.
- `rise`: in the first updates from the initial weights, the steepest change of the loss on 5,000 fixed training images
  in any single update, per unit of the distance that the weights moved, with 16 and with 4096.

`continue` and `rise` take the learning rates that `batch_size` chose for ten epochs. About 10 seconds a run on one thread.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from fmnist_ref import MLP, History, evaluate, fit
from report.experiments.batch_size import planned_run
from report.experiments.partial_epochs import train_in_chunks
from report.experiments.training import hold_out
from report.experiments.tuning import chosen_rate
from report.plan import Dataset, Experiment, Images, Inputs, Profile, Run

SMALL, MIDDLE, LARGE = 16, 1024, 4096
SPREAD_RATE = 0.1  # stable at every batch size, and near the chosen rates of the middle ones


class ContinueResults(msgspec.Struct, frozen=True, kw_only=True):
    """Training loss over all images, in nats with the weights fixed, and the updates of both continuations."""

    loss_at_end_point: float
    loss_after_small: float
    loss_after_large: float
    updates_small: int
    updates_large: int
    small_learning_rate: float
    large_learning_rate: float


class SpreadResults(msgspec.Struct, frozen=True, kw_only=True):
    """Variance of the weights over data orders, summed over all weights."""

    small: float
    large: float
    """After as many updates as `small`, at the same learning rate."""
    small_scaled: float
    """After as many images as `large`, at a learning rate lower by the ratio of the batch sizes."""
    num_orders: int
    num_updates: int
    learning_rate: float


class RiseResults(msgspec.Struct, frozen=True, kw_only=True):
    """Change of the training loss in single updates, per unit of distance moved (nats); positive is uphill."""

    small: list[float]
    large: list[float]
    small_learning_rate: float
    large_learning_rate: float


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: the three studies on every seed."""
    trials = [
        trial
        for size in (SMALL, LARGE)
        for trial in planned_run(profile, "epochs", size, profile.first_seed).depends_on
    ]
    studies = {
        "continue": {"first_epochs": profile.pick(full=10, quick=1), "more_epochs": profile.pick(full=2, quick=1)},
        "spread": {"num_orders": profile.pick(full=8, quick=3), "num_updates": profile.pick(full=16, quick=2)},
        "rise": {"num_updates": profile.pick(full=120, quick=4), "num_images": profile.pick(full=5_000, quick=1_000)},
    }
    for seed in profile.seeds_of():
        for study, parameters in studies.items():
            depends_on = () if study == "spread" else tuple(trials)
            yield Run(experiment="batch_dynamics", arm=study, seed=seed, parameters=parameters, depends_on=depends_on)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> ContinueResults | SpreadResults | RiseResults:
    """Make one of the three studies with one seed."""
    train = hold_out(dataset.train)[0].to(run.device)
    torch.manual_seed(run.seed)
    model = MLP().to(run.device)
    if run.arm == "spread":
        return study_spread(model, train, **run.parameters)
    small, large = (_chosen_rate_at(batch_size, run, inputs) for batch_size in (SMALL, LARGE))
    study = study_continuation if run.arm == "continue" else study_rises
    return study(model, train, small, large, run.seed, **run.parameters)


def _chosen_rate_at(batch_size: int, run: Run, inputs: Inputs) -> float:
    """Return the learning rate that validation chose for a batch size."""
    return chosen_rate({t.id: inputs[t.id] for t in run.depends_on if t.parameters["batch_size"] == batch_size})


def study_continuation(
    model: nn.Module,
    train: Images,
    small_rate: float,
    large_rate: float,
    seed: int,
    *,
    first_epochs: int,
    more_epochs: int,
) -> ContinueResults:
    """Train with the large batch, then continue with the small and with the large one from where that ended."""

    def loss_of(model: nn.Module) -> float:
        return evaluate(model, train.images, train.labels).loss

    fit(model, train.images, train.labels, epochs=first_epochs, batch_size=LARGE, learning_rate=large_rate, seed=seed)
    more: dict[str, Any] = {"epochs": more_epochs, "seed": seed + 1_000}  # another data order, the same for both
    small, small_history = _train_copy(model, train, batch_size=SMALL, learning_rate=small_rate, **more)
    large, large_history = _train_copy(model, train, batch_size=LARGE, learning_rate=large_rate, **more)
    return ContinueResults(
        loss_at_end_point=loss_of(model),
        loss_after_small=loss_of(small),
        loss_after_large=loss_of(large),
        updates_small=small_history.num_steps,
        updates_large=large_history.num_steps,
        small_learning_rate=small_rate,
        large_learning_rate=large_rate,
    )


def _train_copy(model: nn.Module, train: Images, **settings: Any) -> tuple[nn.Module, History]:
    """Train a copy of a model; return the copy and its history."""
    trained = copy.deepcopy(model)
    return trained, fit(trained, train.images, train.labels, **settings)


def study_spread(model: nn.Module, train: Images, *, num_orders: int, num_updates: int) -> SpreadResults:
    """Train from the same weights in several data orders and compute the variance of the final weights."""

    def variance(batch_size: int, updates: int, rate: float) -> float:
        extent = {"epochs": updates, "max_steps": updates, "batch_size": batch_size}
        trained = (_train_copy(model, train, learning_rate=rate, seed=s, **extent)[0] for s in range(num_orders))
        return torch.stack([_weights(one) for one in trained]).double().var(dim=0).sum().item()

    ratio = MIDDLE // SMALL
    return SpreadResults(
        small=variance(SMALL, num_updates, SPREAD_RATE),
        large=variance(MIDDLE, num_updates, SPREAD_RATE),
        small_scaled=variance(SMALL, num_updates * ratio, SPREAD_RATE / ratio),
        num_orders=num_orders,
        num_updates=num_updates,
        learning_rate=SPREAD_RATE,
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
