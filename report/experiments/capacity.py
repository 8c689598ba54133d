"""
What a hidden layer is worth: depth, width, and the control without a non-linearity.

Measured: loss and accuracy after every epoch, and the test images recognised at the end, with the settings of `epochs`
(SGD at 0.01, batch 64) for a hundred epochs: no hidden layer, one linear one, one, two and three ReLU layers of 128 units.
The seeds of one ReLU layer that `epochs` takes to a hundred epochs are not trained again: its arm `from_logits` is the same
network on the same batches. Other widths from 16 to 512 at one ReLU layer for 10 epochs. And no layer and one linear layer
for 10 epochs at learning rates chosen on held-out images: of 0.001 to 0.1, 0.01 was best for both, so that neither takes an
end of the grid. Between 2 and 80 seconds a run on one thread, three quarters of an hour in all.

Ten seeds. At 40 epochs the differences of two and of three ReLU layers from one, averaged over the last ten epochs, had
standard deviations of 0.20 and 0.34 points over five seeds and lay 0.23 and 0.32 points below the margin of 0.3. An
interval whose half is at most half that distance takes 15 and 20 seeds; there is time for ten, whose intervals have halves
of 0.14 and 0.24 points. What the first layer adds and what a linear one adds takes no more than six.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import nn

from fmnist_ref import MLP
from report.experiments.training import TrainingResults, hold_out, num_parameters, record_curve
from report.experiments.tuning import TuningResult, fit_settings, try_rate, with_trials
from report.plan import Dataset, Experiment, Inputs, Profile, Run

SEEDS = 10
ARCHITECTURES = {
    "none": ((), "relu"),
    "linear1": ((128,), "identity"),
    "relu1": ((128,), "relu"),
    "relu2": ((128, 128), "relu"),
    "relu3": ((128, 128, 128), "relu"),
}
"""Units of the hidden layers and activation, by arm."""
ACTIVATION_LAYERS = {"relu": nn.ReLU, "identity": None}
WIDTHS = (16, 64, 512)
RATES = (0.003, 0.01, 0.03)


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: every architecture on every seed, at the notebook's learning rate, and two of them at tuned ones."""
    epochs = profile.pick(full=100, quick=3)
    width_epochs, tuned_epochs = profile.pick(full=(10, 10), quick=(3, 2))  # one ReLU layer keeps its images there
    rates = profile.pick(full=RATES, quick=RATES[1:3])
    trained_in_epochs = profile.seeds_of()
    for seed in profile.seeds_of(SEEDS):
        for arm, (hidden, activation) in ARCHITECTURES.items():
            if arm != "relu1" or seed not in trained_in_epochs:
                yield _run(arm, seed, hidden, activation, epochs)
        for width in profile.pick(full=WIDTHS, quick=WIDTHS[:2]):
            yield _run(f"width{width}", seed, (width,), "relu", width_epochs)
        for arm in ("none", "linear1"):
            yield with_trials(_run(f"tuned_{arm}", seed, *ARCHITECTURES[arm], tuned_epochs), rates, profile.trial_seeds)


def _run(arm: str, seed: int, hidden: Sequence[int], activation: str, epochs: int) -> Run:
    parameters = {
        "hidden": list(hidden),
        "activation": activation,
        "epochs": epochs,
        "batch_size": 64,
        "learning_rate": 0.01,
    }
    return Run(experiment="capacity", arm=arm, seed=seed, parameters=parameters)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> TrainingResults | TuningResult:
    """Train one architecture with one seed."""
    settings = fit_settings(run, inputs)
    torch.manual_seed(run.seed)
    model = MLP(tuple(run.parameters["hidden"]), ACTIVATION_LAYERS[run.parameters["activation"]])
    if run.role == "trial":
        return try_rate(model.to(run.device), *hold_out(dataset.train), **settings)
    curve = record_curve(model, dataset.train, dataset.test, device=run.device, **settings)
    return TrainingResults(learning_rate=settings["learning_rate"], num_parameters=num_parameters(model), curve=curve)


EXPERIMENT = Experiment(plan=plan, measure=measure)
