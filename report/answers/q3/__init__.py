"""Question 3: cross-entropy, accuracy, and what each of them sees."""

from __future__ import annotations

from report.answers.base import Answer
from report.answers.curves import PERCENT, over_seeds
from report.answers.q3 import calibration, imbalance, loss_and_error, mistakes
from report.experiments.epochs import EpochsResults

ANSWER = Answer(
    name="q3",
    title="What is cross-entropy, and how do loss and accuracy differ?",
    experiments=("imbalance", "epochs"),
    measures={
        "Q3.3": imbalance.misleading_accuracy,
        "Q3.5": loss_and_error.rank_correlations,
        "majority-cross-entropy": imbalance.on_imbalance("majority", lambda r: r.cross_entropy, unit="nats", scale=1),
        "trained-cross-entropy": imbalance.on_imbalance("trained", lambda r: r.cross_entropy, unit="nats", scale=1),
        "trained-over-majority": imbalance.gained_over("trained", "majority", lambda r: r.accuracy),
        "trained-over-majority-balanced": imbalance.gained_over("trained", "majority", lambda r: r.balanced_accuracy),
        "weighted-over-trained": imbalance.gained_over("weighted", "trained", lambda r: r.accuracy),
        "weighted-over-trained-balanced": imbalance.gained_over("weighted", "trained", lambda r: r.balanced_accuracy),
        "seeds-with-both-spans": loss_and_error.seeds_with_both_spans,
        "lowest-loss-epoch": loss_and_error.lowest_loss_epoch,
        "parted-epochs": loss_and_error.parted_epochs,
        "loss-after-lowest": loss_and_error.after_the_lowest(lambda c: c.test_loss, unit="nats"),
        "error-after-lowest": loss_and_error.after_the_lowest(
            lambda c: [PERCENT * (1 - accuracy) for accuracy in c.test_accuracy], unit="percentage points"
        ),
        "last-test-loss": over_seeds(
            "epochs", "from_logits", EpochsResults, lambda r: r.curve.test_loss[-1], unit="nats"
        ),
        "true-class-log-loss": over_seeds(
            "epochs", "from_logits", EpochsResults, lambda r: r.inspection.true_class_log_loss, unit="nats"
        ),
        "confidence-gap": calibration.confidence_minus_accuracy("from_logits"),
        "calibration-error": over_seeds(
            "epochs",
            "from_logits",
            EpochsResults,
            lambda r: PERCENT * r.inspection.calibration_error,
            unit="percentage points",
        ),
        "published-calibration-error": over_seeds(
            "epochs",
            "as_published",
            EpochsResults,
            lambda r: PERCENT * r.inspection.calibration_error,
            unit="percentage points",
        ),
    },
    figures={
        "q3-imbalance": imbalance.imbalance,
        "q3-loss-and-error": loss_and_error.loss_and_error,
        "q3-calibration": calibration.calibration,
        "q3-confusion": mistakes.confusion,
        "q3-mistakes": mistakes.mistakes,
        "q3-card": imbalance.card,
    },
    tables={"q3-rules": imbalance.rules, "q3-spans": loss_and_error.spans},
    notes={
        "Q3.1": (
            "On the trained network's test images the mean of −log p(true class), taken from its probabilities, is the cross-entropy "
            "that the loss function reports."
        ),
        "Q3.3": "Both figures follow from the shares of the classes alone; the network is there for comparison.",
        "Q3.4": "Accuracy is constant almost everywhere in the weights and jumps where an image changes its class.",
        "Q3.5": (
            "The epochs of one run are no independent observations, so each run gives one correlation, and the interval is over runs."
        ),
    },
    headline="Q3.3",
    headline_label="accuracy of a rule that looks at no image, at 99 to 1",
    card="q3-card",
)
