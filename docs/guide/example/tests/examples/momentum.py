"""Example results of `momentum`."""

from report.experiments.momentum import MomentumResults


def example(run, gain=0.02):
    """Make a run that momentum raises by so much."""
    gained = gain if run.parameters["momentum"] else 0.0
    return MomentumResults(test_accuracy=0.80 + run.seed / 1000 + gained)
