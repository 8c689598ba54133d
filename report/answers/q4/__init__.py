"""Question 4: what does a hidden layer add?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q4",
    title="What does a hidden layer add?",
    experiments=("capacity", "epochs"),
    headline="Q4.1",
    headline_label="test accuracy, one ReLU layer minus none",
    card="q4-card",
)

answer.definition(
    "Q4.3",
    "The notebook compares a model with a hidden layer to one without.",
    "its two classes have the same layers, and its printed differences are those of two seeds",
    "test_q4_3_both_published_models_are_the_same",
    holds=False,
)
answer.definition(
    "Q4.4",
    "The fall of the loss from epoch to epoch measures what the layer adds.",
    "the same fall in a model with no hidden layer",
    "test_q4_4_the_loss_falls_without_a_hidden_layer_too",
    holds=False,
)
