"""Question 3: cross-entropy, accuracy, and what each of them sees."""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q3",
    title="What is cross-entropy, and how do loss and accuracy differ?",
    experiments=("imbalance", "epochs"),
    headline="Q3.3",
    headline_label="accuracy of a rule that looks at no image, at 99 to 1",
    card="q3-card",
)

answer.definition(
    "Q3.1",
    "Cross-entropy grows as the probability given to the true class falls.",
    "−log p decreases in p, on a grid and on a trained model's outputs",
    "test_q3_1_cross_entropy_falls_with_the_true_class_probability",
    holds=True,
    note="On the trained network's test images the mean of −log p(true class), taken from its probabilities, is the cross-entropy that the loss function reports.",
)
answer.definition(
    "Q3.2",
    "Minimising cross-entropy is maximising the likelihood of the labels.",
    "mean cross-entropy against minus the mean log-likelihood of a categorical distribution",
    "test_q3_2_cross_entropy_is_the_negative_log_likelihood",
    holds=True,
)
answer.definition(
    "Q3.4",
    "The loss can guide learning and accuracy cannot.",
    "finite differences in the weights: accuracy does not move, the loss does",
    "test_q3_4_accuracy_has_no_gradient",
    holds=True,
    note="Accuracy is constant almost everywhere in the weights and jumps where an image changes its class.",
)
