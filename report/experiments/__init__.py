"""What is measured: one module per experiment."""

from report.experiments import capacity, epochs, mistakes
from report.experiments.base import Experiment

EXPERIMENTS: dict[str, Experiment] = {m.EXPERIMENT.name: m.EXPERIMENT for m in (epochs, capacity, mistakes)}
