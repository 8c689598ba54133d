"""Question 6: what is a graphics processor good for, what is the device parameter, and what did the notebook time?"""

from __future__ import annotations

from report.answers.base import Answer
from report.answers.q6 import empty_loop, fetching, repeatability, steps, widths
from report.experiments.devices import ACCELERATOR

ANSWER = Answer(
    name="q6",
    title="What is a GPU good for, and what does the device parameter do?",
    experiments=("devices",),
    measures={
        "Q6.1": repeatability.gap_beyond_spread,
        "Q6.2": steps.gains_of_accelerator,
        "Q6.3": widths.gain_of_width,
        "Q6.4": fetching.loader_beyond_half,
        "Q6.5": steps.memory_ratio,
        "Q6.9": empty_loop.loader_over_resident,
        "printed-gap": repeatability.printed_gap,
        "printed-epoch": empty_loop.printed_epoch,
        "spread": repeatability.spread_of_passes,
        "spread-of-pairs": repeatability.spread_of_pairs,
        "range": repeatability.range_of_passes,
        "loader-epoch": empty_loop.epoch_from("loader"),
        "loader-2-epoch": empty_loop.epoch_from("loader", 2),
        "resident-epoch": empty_loop.epoch_from("resident"),
        "loader-share": fetching.share_of("loader"),
        "loader-2-share": fetching.share_of("loader", 2),
        "resident-share": fetching.share_of("resident"),
        "resnet-loader-share": fetching.loader_share_of_resnet,
        "mlp-step": steps.step_of("mlp128"),
        "resnet-step": steps.step_of("resnet18"),
        "fixed-share-narrow": widths.fixed_share(widest=False),
        "fixed-share-wide": widths.fixed_share(widest=True),
        "accelerator-mlp-step": steps.step_of("mlp128", ACCELERATOR),
        "accelerator-resnet-step": steps.step_of("resnet18", ACCELERATOR),
        "accelerator-loader-share": fetching.share_of("loader", 0, ACCELERATOR),
        "gap-between-devices": empty_loop.gap_between_devices,
    },
    figures={
        "q6-empty-loop": empty_loop.empty_loop,
        "q6-passes": repeatability.repeated_passes,
        "q6-step-parts": fetching.step_parts,
        "q6-widths": widths.widths,
        "q6-card": empty_loop.empty_loop,
    },
    tables={"q6-devices": steps.devices, "q6-steps": steps.step_table},
    notes={
        "Q6.1": (
            "The loop that was timed fetches batches, copies them and trains nothing. The spread is of passes shorter than "
            "the notebook's: what varies at random averages out over longer ones, what drifts does not."
        ),
        "Q6.2": "Both sides of the ratio are of one machine, with data resident on the device that computes.",
        "Q6.4": "Of the 784-128-10 network's step. The loader's work is done by the processor, whatever device trains.",
        "Q6.5": "One machine can refute the claim or agree with it; it can't show what is usual.",
    },
    headline="Q6.9",
    headline_label="the notebook's empty loop, through the loader over resident tensors",
    card="q6-card",
)
