"""What is measured: one module per experiment."""

from report.experiments import (
    batch_cost,
    batch_dynamics,
    batch_size,
    batch_target,
    capacity,
    devices,
    epochs,
    gradient_noise,
    images,
    imbalance,
    mistakes,
    regression,
    rendering,
    speed,
)
from report.experiments.base import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (
        images,
        epochs,
        capacity,
        regression,
        batch_size,
        batch_target,
        batch_dynamics,
        gradient_noise,
        imbalance,
        mistakes,
        batch_cost,
        devices,
        speed,
        rendering,
    )
}
