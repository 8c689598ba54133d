"""Question 1: linear and logistic regression, on classes and on a number."""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q1",
    title="Q1: Linear and logistic regression: what does each model predict?",
    prefix="Q1",
    experiments=("regression",),
    headline="Q1.3",
    headline_label="test accuracy, logistic regression minus least squares",
    card="q1-card",
)

answer.definition(
    "Q1.1",
    "Linear regression predicts a continuous value.",
    "a weighted sum of the inputs can be any real number, below 0 and above 1 as well",
    "test_q1_1_linear_regression_leaves_the_unit_interval",
    holds=True,
    place="Q1, linear regression, output",
)
answer.definition(
    "Q1.2",
    "Logistic regression gives class probabilities through 1 / (1 + exp(−(mx + b))).",
    "the softmax of two classes is the sigmoid of the difference of their logits",
    "test_q1_2_two_class_softmax_is_the_sigmoid",
    holds=True,
    note="With the difference of the two logits for mx + b, the softmax over two classes is this very formula.",
    place="Q1, logistic regression, equation",
)
answer.definition(
    "Q1.4",
    "Logistic regression is for two classes and can serve many.",
    "softmax regression gives probabilities of any number of classes, and is logistic regression for each pair of them",
    "test_q1_4_softmax_regression_extends_logistic_regression",
    holds=True,
    place="Q1, logistic regression, purpose",
)
