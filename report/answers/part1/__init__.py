"""Part 1: does the loss fall over a hundred epochs, and what does it say when it does?"""

from __future__ import annotations

from report.answers.base import Answer
from report.answers.curves import PERCENT, over_seeds
from report.answers.part1 import figures, measures
from report.experiments.epochs import EpochsResults

ANSWER = Answer(
    name="part1",
    title="Does the loss fall over a hundred epochs, and what does that show?",
    experiments=("epochs",),
    measures={
        "P1.1": measures.fall_of_loss,
        "P1.2": measures.rises,
        "P1.3": measures.cost_of_training_on,
        "P1.5a": measures.cost_of_double_softmax,
        "P1.5b": measures.cost_of_double_softmax_tuned,
        "P1.6": measures.not_reproduced,
        "accuracy-over-that-span": measures.accuracy_over_that_span,
        "chosen-epoch": measures.chosen_epoch,
        "published-first-loss": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: r.curve.still_train_loss[0], unit="nats"
        ),
        "published-last-loss": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: r.curve.still_train_loss[-1], unit="nats"
        ),
        "published-true-loss": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: r.inspection.true_class_log_loss, unit="nats"
        ),
        "published-printed-test-loss": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: r.curve.test_loss[-1], unit="nats"
        ),
        "published-accuracy": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: measures.final_accuracy(r) * PERCENT, unit="percent"
        ),
        "logits-accuracy": over_seeds(
            "epochs", "from_logits", EpochsResults, lambda r: measures.final_accuracy(r) * PERCENT, unit="percent"
        ),
    },
    figures={
        "part1-losses": figures.loss_curves,
        "part1-over-training": figures.over_training,
        "part1-accuracy-cost": figures.accuracy_cost,
        "part1-card": figures.card,
    },
    tables={"part1-milestones": figures.milestones},
    notes={
        "P1.1": "Both losses fall from the first epoch to the last. That is an observation about these runs, not a proof about all.",
        "P1.4": "The number has a floor of 1.4612 nats that no model can pass, so it is not a cross-entropy of the model.",
    },
    headline="P1.5a",
    headline_label="test accuracy, softmax twice minus once",
    card="part1-card",
)
