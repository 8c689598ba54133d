"""Question 3: cross-entropy, accuracy, and what each of them sees."""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q3",
    title="Q3: What is cross-entropy, and how do loss and accuracy differ?",
    prefix="Q3",
    experiments=("epochs", "capacity", "imbalance"),
    headline="late-error-slope",
    headline_label="test error, trained from logits, over epochs {span1}",
    card="q3-card",
)

answer.definition(
    "Q3.1",
    "Cross-entropy grows as the probability given to the true class falls.",
    "−log p decreases in p, on a grid and on a trained model's outputs",
    "test_q3_1_cross_entropy_falls_with_the_true_class_probability",
    holds=True,
    place="Q3, cross entropy",
)
answer.definition(
    "Q3.2",
    "Minimising cross-entropy is maximising the likelihood of the labels.",
    "mean cross-entropy against minus the mean log-likelihood of a categorical distribution",
    "test_q3_2_cross_entropy_is_the_negative_log_likelihood",
    holds=True,
    place="Q3, cross entropy",
)
answer.definition(
    "Q3.3",
    "With imbalanced classes, always predicting the majority class gives a high accuracy.",
    "the accuracy of always guessing the common class: its share of the images",
    "test_q3_3_guessing_the_common_class_is_as_accurate_as_the_class_is_common",
    holds=True,
    place="Q3, accuracy vs. loss function",
)
answer.definition(
    "Q3.4",
    "The loss can guide learning (and accuracy cannot).",
    "finite differences in the weights: accuracy does not move, the loss does",
    "test_q3_4_accuracy_has_no_gradient",
    holds=True,
    place="Q3, accuracy vs. loss function",
    note="The notebook says that the loss guides; that accuracy cannot is ours: it jumps where an image changes its class, and is constant elsewhere.",
)
