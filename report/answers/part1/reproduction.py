"""Part 1, the printed run: whether the notebook's losses are what our seeds give."""

from __future__ import annotations

from report.answers.part1 import answer
from report.answers.printed import printed
from report.answers.trained import printed_epochs
from report.conclude.rank_envelope import curves_as_far, noticed_shift, rank_envelope
from report.conclude.rules import Conditions, Reproduced
from report.conclude.statistics import Estimate, exact
from report.record.reader import Records

PRINTS = {"Part 1": "part1_epoch", "question 4": "q4_epoch"}
"""Where the notebook prints the losses of this network epoch by epoch, with the name of the series."""


@answer.claim(
    "P1.6",
    "The printed run can be reproduced.",
    Conditions({f"the losses printed in {place}": Reproduced() for place in PRINTS}),
    origin="implied",
    place="Part 1, output",
    note="The notebook sets no seed, so its run cannot be repeated digit for digit: the question is whether it is a run like ours.",
)
def distances_of_prints(records: Records) -> tuple[Estimate, ...]:
    """Largest distance of the {points} losses printed in Part 1, and of those in question 4, from our seeds' median."""
    arm = printed_epochs(records, "as_published")
    epochs = len(arm.results[0].mean_of_batch_means)
    found: list[Estimate] = []
    for series in PRINTS.values():
        shared = [p for p in printed(series) if p.epoch <= epochs]
        seeds = [[curve.mean_of_batch_means[p.epoch - 1] for p in shared] for curve in arm.results]
        settings = {"points": len(shared)} if not found else {}
        found.append(rank_envelope([p.value for p in shared], seeds, digits=1, settings=settings))
    return tuple(found)


@answer.number("noticed-shift")
def shifts_that_would_be_noticed(records: Records) -> tuple[Estimate, ...]:
    """Return by how much each print would have to be shifted for the test to notice."""
    return tuple(map(noticed_shift, distances_of_prints(records)))


@answer.number("runs-as-far")
def runs_as_far(records: Records) -> tuple[Estimate, ...]:
    """Count our runs that lie at least as far from the others as each print."""
    envelopes = distances_of_prints(records)
    return tuple(exact(curves_as_far(found), unit="runs", n=found.n, n_of="runs") for found in envelopes)
