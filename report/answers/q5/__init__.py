"""Question 5: how is a model trained, what does the loop print, and what if a step of it is wrong?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q5",
    title="How is a model trained, and what does the loop print?",
    experiments=("epochs", "mistakes", "devices"),
    headline="share-falling",
    headline_label="of prints are lower than the one before",
    card="q5-card",
)

answer.definition(
    "Q5.2",
    "What is printed is the loss of the epoch (implied).",
    "the batches that no print covers, and the gap to the loss with the weights held still",
    "test_q5_2_the_last_batches_are_never_printed",
    holds=False,
)
