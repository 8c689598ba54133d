"""
What a hidden layer is worth: depth, width, and the control without a non-linearity.

Measured: loss and accuracy after every epoch, with the settings of `epochs` (SGD at 0.01, batch 64) for 40 epochs: no
hidden layer, one linear one, and two and three ReLU layers of 128 units. One ReLU layer of 128 units is the first 40 epochs
of `epochs`' own arm `from_logits`: the same seeds, so the same batches. Other widths from 16 to 512 at one ReLU layer for
10 epochs. And no layer and one linear layer for 10 epochs at learning rates chosen on held-out images. Up to 40 seconds a
run.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec
import torch
from torch import nn

from fmnist_ref import MLP
from report.experiments.training import Curve, Images, hold_out, record_curve
from report.experiments.tuning import TuningResult, chosen_rate, try_rate
from report.plan import Dataset, Experiment, Inputs, Profile, Run

DEPTHS = {
    "none": ((), "relu"),
    "linear1": ((128,), "identity"),
    "relu2": ((128, 128), "relu"),
    "relu3": ((128, 128, 128), "relu"),
}
ACTIVATION_LAYERS = {"relu": nn.ReLU, "identity": None}
WIDTHS = (16, 64, 512)
TRAINED_ELSEWHERE = 128
"""The width of `epochs`' arm `from_logits`, whose first epochs are what a run here would repeat."""
RATES = (0.003, 0.01, 0.03)


class CapacityResults(msgspec.Struct, frozen=True, kw_only=True):
    """One architecture, trained once."""

    learning_rate: float
    num_parameters: int
    curve: Curve


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: tuning on one seed first, then every architecture on every seed."""
    epochs = profile.pick(full=40, quick=3)  # of those after which `epochs` scores its training images
    tuned_epochs = profile.pick(full=10, quick=2)
    width_epochs = profile.pick(full=10, quick=1)
    tuning = {
        depth: tuple(
            _run(f"tune_{depth}-{rate:g}", depth, 0, epochs=tuned_epochs, learning_rate=rate)
            for rate in profile.pick(full=RATES, quick=RATES[1:3])
        )
        for depth in ("none", "linear1")
    }
    for runs in tuning.values():
        yield from runs
    for seed in range(profile.seeds):
        for depth in DEPTHS:
            yield _run(depth, depth, seed, epochs=epochs, learning_rate=0.01)
        for width in profile.pick(full=WIDTHS, quick=WIDTHS[:2]):
            yield Run(
                experiment="capacity",
                arm=f"width{width}",
                seed=seed,
                parameters={
                    "hidden": [width],
                    "activation": "relu",
                    "batch_size": 64,
                    "epochs": width_epochs,
                    "learning_rate": 0.01,
                },
            )
        for depth, runs in tuning.items():
            yield _run(f"tuned_{depth}", depth, seed, depends_on=runs, epochs=tuned_epochs)


def _run(arm: str, depth: str, seed: int, *, depends_on: tuple[Run, ...] = (), **parameters: float) -> Run:
    hidden, activation = DEPTHS[depth]
    shape = {"hidden": list(hidden), "activation": activation, "batch_size": 64}
    return Run(experiment="capacity", arm=arm, seed=seed, parameters={**shape, **parameters}, depends_on=depends_on)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> CapacityResults | TuningResult:
    """Train one architecture with one seed."""
    settings = run.parameters
    build = partial(MLP, tuple(settings["hidden"]), ACTIVATION_LAYERS[settings["activation"]])
    torch.manual_seed(run.seed)
    if run.arm.startswith("tune_"):
        parts = hold_out(dataset.train_images, dataset.train_labels)
        extent = {name: settings[name] for name in ("epochs", "batch_size", "learning_rate")}
        return try_rate(build().to(run.device), *parts, seed=run.seed, **extent)
    learning_rate = chosen_rate(inputs) if run.depends_on else settings["learning_rate"]
    model: nn.Module = build()
    curve = record_curve(
        model,
        Images(dataset.train_images, dataset.train_labels),
        Images(dataset.test_images, dataset.test_labels),
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        learning_rate=learning_rate,
        seed=run.seed,
        device=run.device,
    )
    num_parameters = sum(p.numel() for p in model.parameters())
    return CapacityResults(learning_rate=learning_rate, num_parameters=num_parameters, curve=curve)


EXPERIMENT = Experiment(name="capacity", plan=plan, measure=measure)
