"""Question 5: how is a model trained, what does the loop print, and what if a step of it is wrong?"""

from __future__ import annotations

from report.answers.base import Answer
from report.answers.curves import over_seeds
from report.answers.q5 import mistakes, printout
from report.experiments.epochs import EpochsResults

ANSWER = Answer(
    name="q5",
    title="How is a model trained, and what does the loop print?",
    experiments=("epochs", "mistakes", "devices"),
    measures={
        **mistakes.MEASURES,
        "Q5.1": printout.trend_of_prints,
        "Q5.3": printout.not_reproduced,
        "share-falling": printout.share_of_falling_steps,
        "gap-print": printout.gap_to_still_weights,
        "gap-epoch": printout.gap_of_whole_epoch,
        "first-print": over_seeds(
            "epochs", "as_published", EpochsResults, lambda run: run.curve.logged_loss[0][0], unit="nats"
        ),
        "still-first": over_seeds(
            "epochs", "as_published", EpochsResults, lambda run: run.curve.still_train_loss[0], unit="nats"
        ),
    },
    figures={"q5-printout": printout.printout, "q5-card": printout.printout, **mistakes.FIGURES},
    tables=mistakes.TABLES,
    headline="share-falling",
    headline_label="of prints are lower than the one before",
    card="q5-card",
)
