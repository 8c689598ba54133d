"""Question 4: what does a hidden layer add?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q4",
    title="Q4: What does a hidden layer add?",
    prefix="Q4",
    experiments=("capacity", "epochs"),
    headline="Q4.1",
    headline_label="test accuracy, one ReLU layer minus none",
    card="q4-card",
)

answer.definition(
    "Q4.3",
    "The notebook compares a model with a hidden layer to one without.",
    "the classes of Part 1 and of question 4 have the same layers",
    "test_q4_3_both_published_models_are_the_same",
    holds=False,
    origin="implied",
    place="Q4, task and code",
)
