"""
What momentum adds in the first epochs.

Measured: test accuracy after each of five epochs of the notebook's
784-128-10 network (SGD at learning rate 0.01, batch size 64), without
momentum and with momentum 0.9. Both arms of a seed share initial weights
and batches. A run takes three seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch

from fmnist_ref import MLP, evaluate, fit
from report.plan import Dataset, Experiment, Inputs, Profile, Run


class MomentumResults(msgspec.Struct, frozen=True, kw_only=True):
    """One network, trained once."""

    test_accuracy: list[float]
    """After each epoch, a fraction from 0 to 1."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: without and with momentum, on every seed."""
    epochs = profile.pick(full=5, quick=2)
    for seed in profile.seeds_of():
        for arm, momentum in (("plain", 0.0), ("momentum", 0.9)):
            parameters = {"momentum": momentum, "epochs": epochs}
            yield Run(
                experiment="momentum",
                arm=arm,
                seed=seed,
                parameters=parameters,
            )


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> MomentumResults:
    """Train one network, and test it after every epoch."""
    del inputs
    torch.manual_seed(run.seed)
    model = MLP().to(run.device)
    momentum, epochs = run.parameters["momentum"], run.parameters["epochs"]
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.01, momentum=momentum
    )
    train, test = dataset.train, dataset.test
    accuracy: list[float] = []

    def score(epoch: int) -> None:
        accuracy.append(evaluate(model, test.images, test.labels).accuracy)

    fit(
        model,
        train.images,
        train.labels,
        epochs=epochs,
        optimizer=optimizer,
        seed=run.seed,
        after_epoch=score,
    )
    return MomentumResults(test_accuracy=accuracy)


EXPERIMENT = Experiment(plan=plan, measure=measure)
