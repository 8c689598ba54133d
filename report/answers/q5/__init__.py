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
    "What is printed is the epoch's loss.",
    "The batches of an epoch that no print covers: 38 of 938",
    "test_q5_2_the_last_batches_are_never_printed",
    holds=False,
    origin="implied",
    place="Q5, code",
)
