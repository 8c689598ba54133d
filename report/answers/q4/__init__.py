"""Question 4: what does a hidden layer add?"""

from __future__ import annotations

from report.answers.base import Answer
from report.answers.q4 import depth, printed_runs, width

ANSWER = Answer(
    name="q4",
    title="What does a hidden layer add?",
    experiments=("capacity", "epochs"),
    measures={
        "Q4.1": depth.gain_of_a_layer,
        "Q4.2": depth.gain_of_a_linear_layer,
        "Q4.5": depth.gain_of_depth,
        "Q4.6a": width.loss_against_width,
        "Q4.6b": width.accuracy_against_width,
        "gain-tuned": depth.gain_of_a_layer_tuned,
        "printed-difference": printed_runs.printed_difference,
        "seed-difference": printed_runs.seed_difference,
        "fall-without-a-layer": printed_runs.fall_without_a_layer,
        "epochs-compared": depth.epochs_compared,
        "change-between-epochs": depth.change_between_epochs,
        "accuracy-none": depth.accuracy_of("none"),
        "accuracy-linear": depth.accuracy_of("linear1"),
        "accuracy-relu1": depth.accuracy_of("relu1"),
    },
    figures={
        "q4-gains": depth.gains,
        "q4-depth": depth.depth_curves,
        "q4-width": width.width_curve,
        "q4-card": depth.card,
    },
    tables={"q4-architectures": depth.architectures},
    headline="Q4.1",
    headline_label="test accuracy, one ReLU layer minus none",
    card="q4-card",
)
