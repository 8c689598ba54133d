"""Question 1: linear and logistic regression, on classes and on a number."""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q1",
    title="Linear and logistic regression: what does each model predict?",
    experiments=("regression",),
    headline="Q1.3",
    headline_label="test accuracy, logistic regression minus least squares",
    card="q1-card",
)

answer.definition(
    "Q1.1",
    "Linear regression predicts a value without bounds.",
    "the model's range; as evidence, the share of least-squares outputs on test images outside [0, 1]",
    "test_q1_1_linear_regression_leaves_the_unit_interval",
    holds=True,
    note="The share of least-squares outputs outside [0, 1] on the test images is given on the page.",
)
answer.definition(
    "Q1.2",
    "Logistic regression gives class probabilities through 1 / (1 + exp(−(mx + b))).",
    "two-class softmax against the sigmoid of the difference of its logits; rows sum to one",
    "test_q1_2_two_class_softmax_is_the_sigmoid",
    holds=True,
    note="With its logits' difference for mx + b, the softmax over two classes is this very formula.",
)
