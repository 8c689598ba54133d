"""Question 2: what does the batch size do to training?"""

from __future__ import annotations

from report.answers.base import Answer, FigureContent, Findings
from report.answers.q2 import budgets, cost, dynamics, matched, memory, noise, optimum, rates, target
from report.conclude.statistics import Estimate
from report.record.reader import Records


def best_depends_on_the_setting(records: Records) -> tuple[Estimate, Estimate]:
    """Estimate how far the fastest batch size shifts with a hidden layer, and the noise scale with training."""
    return optimum.shift_of_the_fastest(records), noise.change_of_noise_scale(records)


def card(records: Records, findings: Findings) -> FigureContent:
    """Draw test accuracy against batch size, small."""
    return budgets.accuracy_against_batch(records, findings)


ANSWER = Answer(
    name="q2",
    title="What does the batch size do to training?",
    experiments=("batch_size", "batch_target", "batch_dynamics", "batch_cost", "gradient_noise"),
    measures={
        **memory.MEASURES,
        **cost.MEASURES,
        **noise.MEASURES,
        **budgets.MEASURES,
        **matched.MEASURES,
        **rates.MEASURES,
        **target.MEASURES,
        **dynamics.MEASURES,
        "Q2.17": best_depends_on_the_setting,
    },
    figures={
        "q2-accuracy": budgets.accuracy_against_batch,
        "q2-target": target.against_batch,
        "q2-speed": cost.speed_against_batch,
        "q2-memory": memory.memory_against_batch,
        "q2-variance": noise.variance_against_batch,
        "q2-noise-scale": noise.noise_over_training,
        "q2-gap": matched.gap_against_batch,
        "q2-rates": rates.rates_against_batch,
        "q2-spread": dynamics.spread_ratios,
        "q2-card": card,
    },
    tables={
        "q2-settings": rates.settings,
        "q2-to-target": target.to_the_target,
        "q2-costs": cost.costs_by_batch,
    },
    notes={
        "Q2.1": "True of what a step keeps in memory. Next to the data set and the weights it is small here unless the batch is large.",
        "Q2.2": "Measured on the device that the figure names; the ratio is that of Q2.14, seen from the other side.",
        "Q2.5": "The batch sizes compared were picked by held-out accuracy. Both budgets have to agree.",
        "Q2.6": "An epoch is a permutation of the images. Small batches see them in smaller portions, not in greater variety.",
        "Q2.7": "At one training loss, a smaller gap and a lower test loss are the same thing: this is Q2.9 with the sign turned.",
        "Q2.8c": "Seconds were taken while other runs shared the machine, one thread each; they are noisier than the counts.",
        "Q2.10": "Suggestive only: the small batch also makes some 240 times as many updates, and the end point is hardly a minimum.",
        "Q2.11": "Theory gives 64 for equally many updates at one rate: the ratio of the batch sizes.",
        "Q2.12": "Two orders agree at the full batch up to rounding, since then the order only permutes the terms of a sum.",
        "Q2.14": "The same measurement as Q2.2.",
        "Q2.16": "Each batch size at its own tuned rate, over equally many first updates. What is abrupt depends on the rate as much.",
        "Q2.17": "Either half is enough: the fastest batch size for two models, or the noise scale for two moments of one training.",
    },
    headline="Q2.5",
    headline_label="test accuracy, best small batch minus best large, equal epochs",
    card="q2-card",
)
