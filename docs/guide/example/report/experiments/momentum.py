"""
What momentum adds in the first epochs.

Measured: test accuracy after five epochs of the notebook's 784-128-10
network (SGD at learning rate 0.01, batch size 64), without momentum and
with momentum 0.9. Both arms of a seed share initial weights and batches.
A run takes three seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch

from fmnist_ref import MLP, evaluate, fit
from report.plan import Dataset, Experiment, Inputs, Profile, Run


class MomentumResults(msgspec.Struct, frozen=True, kw_only=True):
    """One network, trained once."""

    test_accuracy: float
    """A fraction from 0 to 1."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: without and with momentum, on every seed."""
    epochs = profile.pick(full=5, quick=2)
    for seed in profile.seeds_of():
        for arm, momentum in (("plain", 0.0), ("momentum", 0.9)):
            parameters = {"momentum": momentum, "epochs": epochs}
            yield Run(arm=arm, seed=seed, parameters=parameters)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> MomentumResults:
    """Train one network, and test it."""
    torch.manual_seed(run.seed)
    model = MLP().to(run.device)
    epochs, momentum = run.parameters["epochs"], run.parameters["momentum"]
    sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=momentum)
    images, labels = dataset.train_images, dataset.train_labels
    fit(model, images, labels, epochs=epochs, optimizer=sgd, seed=run.seed)
    score = evaluate(model, dataset.test_images, dataset.test_labels)
    return MomentumResults(test_accuracy=score.accuracy)


EXPERIMENT = Experiment(plan=plan, measure=measure)
