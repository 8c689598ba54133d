"""Question 4, tuned learning rates: what one layer adds if each network has the rate that suits it."""

from __future__ import annotations

from report.answers.curves import accuracy_at_the_end
from report.answers.q4 import answer
from report.conclude.statistics import Estimate, exact
from report.experiments.training import TrainingResults
from report.record.reader import Records

TUNED = {
    "none": ("capacity", "tuned_none"),
    "linear": ("capacity", "tuned_linear1"),
    "relu": ("epochs", "tuned_logits"),
}
"""Experiment and arm of each network at its tuned learning rate."""


@answer.number("gain-tuned", "relu")
@answer.number("gain-linear-tuned", "linear")
def gain_tuned(records: Records, name: str) -> Estimate:
    """Estimate one ReLU layer or a linear one minus none, each at the learning rate that the held-out images choose."""
    arms = (records.arm(*TUNED[of], TrainingResults) for of in (name, "none"))
    return accuracy_at_the_end(*(arm.each(lambda run: run.curve.recognition[-1]) for arm in arms))[0]


@answer.number("tuned-rate-none", "none")
@answer.number("tuned-rate-linear", "linear")
@answer.number("tuned-rate-relu", "relu")
def tuned_rate(records: Records, name: str) -> Estimate:
    """Return the learning rate that the held-out images chose for a network."""
    arm = records.arm(*TUNED[name], TrainingResults)
    return exact(arm.results[0].learning_rate, unit="", n=1, n_of="choices", digits=2)
