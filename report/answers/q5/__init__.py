"""Question 5: how is a model trained, what does the loop print, and what does it cost to leave out a line?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q5",
    title="Q5: How is a model trained, and what does the loop print?",
    prefix="Q5",
    experiments=("epochs", "mistakes", "devices"),
    headline="share-falling",
    headline_label="of printed losses are lower than the previous one",
    card="q5-card",
)

answer.definition(
    "Q5.2",
    "The loss printed at a batch is the model's loss at that batch.",
    "what the loop prints: a mean over the last hundred batches, each with the weights of its own step",
    "test_q5_2_a_print_is_a_mean_over_a_hundred_batches_and_the_last_ones_are_never_printed",
    holds=False,
    origin="implied",
    place="Q5, code",
    note="Nor is it the epoch's loss: no print covers the last 38 of the 938 batches.",
)
