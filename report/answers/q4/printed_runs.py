"""Question 4, the notebook's two printed runs, and the fall of the loss that it takes for the layer's merit."""

from __future__ import annotations

from report.answers.curves import over_seeds
from report.answers.printed import printed
from report.answers.q4 import answer
from report.answers.q4.depth import architecture
from report.answers.trained import distance_of_print
from report.conclude.interval_rules import Inside
from report.conclude.statistics import Estimate, exact
from report.record.reader import Records

NO_FALL = 0.01
"""Nats: a loss that changes by less from the first printed epoch to the last has not fallen."""


@answer.illustration("Q4.3")
def distance_of_the_second_run(records: Records) -> Estimate:
    """How far the losses that the notebook printed with Q4 lie from those of our seeds of Part 1's network, at most."""
    return distance_of_print(records, "q4_epoch")


@answer.number("printed-difference")
def printed_difference(records: Records) -> Estimate:
    """Compare the notebook's two printed runs: the largest gap between them after the first epoch."""
    one = {p.epoch: p.value for p in printed("part1_epoch")}
    gaps = [abs(one[p.epoch] - p.value) for p in printed("q4_epoch") if p.epoch > 1]
    return exact(max(gaps), unit="nats", n=len(gaps), n_of="printed epochs", digits=4)


@answer.claim(
    "Q4.4",
    "The fall of the loss from epoch to epoch measures what the layer adds.",
    Inside(NO_FALL),
    origin="implied",
    place="Q4, task and code",
    note="If the fall came from the layer, a model without one would show none. Trained from logits; the printed fall is of a network with softmax applied twice.",
)
@answer.number("fall-with-a-layer", "relu1")
def fall_of_the_loss(records: Records, name: str = "none") -> Estimate:
    """Fall of the training loss of a model with no hidden layer from epoch 1 to epoch {last}, the last that the notebook printed."""
    arm = architecture(records, name)
    last = min(len(printed("q4_epoch")), *(len(run.curve.running_loss) for run in arm.results))
    losses = arm.each(lambda run: run.curve.mean_of_batch_means)
    return over_seeds(losses, lambda loss: loss[0] - loss[last - 1], unit="nats", settings={"last": last})
