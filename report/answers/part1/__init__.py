"""Part 1: does the loss fall over a hundred epochs, and what does it say when it does?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="part1",
    title="Part 1: Does the loss fall over a hundred epochs, and what does that show?",
    prefix="P1",
    experiments=("epochs", "capacity"),
    headline="P1.7",
    headline_label="networks trained as published leave out at least one of the ten classes (after {epochs} epochs)",
    card="part1-card",
)

answer.definition(
    "P1.4",
    "The number printed after each epoch is the model's cross-entropy.",
    "the bounds of the loss when softmax is applied twice, and its gradient at a uniform output",
    "test_p1_4_double_softmax_is_bounded_away_from_zero",
    "test_p1_4_double_softmax_has_a_tenth_of_the_gradient",
    holds=False,
    origin="implied",
    place="Part 1, code",
    note="The number cannot go below 1.4612 nats, however good the model, so it is not the model's cross-entropy.",
)
