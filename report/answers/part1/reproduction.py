"""Part 1, the printed run: whether the notebook's losses are what our seeds give."""

from __future__ import annotations

from report.answers.part1 import answer
from report.answers.trained import distance_of_print
from report.conclude.rank_envelope import curves_as_far, noticed_shift
from report.conclude.rules import Conditions, Reproduced
from report.conclude.statistics import Estimate, exact
from report.record.reader import Records

PRINTS = ("Part 1", "question 4")
"""Where the notebook prints the losses of this network epoch by epoch."""


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
    return (
        distance_of_print(records, "part1_epoch", counted_as="points", digits=1),
        distance_of_print(records, "q4_epoch", digits=1),
    )


@answer.number("noticed-shift")
def shifts_that_would_be_noticed(records: Records) -> tuple[Estimate, ...]:
    """Return by how much each print would have to be shifted for the test to notice."""
    return tuple(map(noticed_shift, distances_of_prints(records)))


@answer.number("runs-as-far")
def runs_as_far(records: Records) -> tuple[Estimate, ...]:
    """Count our runs that lie at least as far from the others as each print."""
    envelopes = distances_of_prints(records)
    return tuple(exact(curves_as_far(found), unit="runs", n=found.n, n_of="runs") for found in envelopes)
