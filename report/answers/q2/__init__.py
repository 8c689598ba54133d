"""Question 2: what does the batch size do to training?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q2",
    title="What does the batch size do to training?",
    experiments=("batch_size", "batch_target", "batch_dynamics", "batch_cost", "gradient_noise"),
    headline="fastest-batch",
    headline_label="batch size that trains to a loss of 0.15 in the least time",
    card="q2-card",
)

answer.definition(
    "Q2.3",
    "Small batches mean more updates in an epoch.",
    "the number of batches, N/B rounded up",
    "test_q2_3_smaller_batches_make_more_updates",
    holds=True,
)
answer.definition(
    "Q2.6",
    "Small batches see a greater variety of images in an epoch.",
    "the images drawn in one epoch at every batch size: the same ones",
    "test_q2_6_every_batch_size_sees_the_same_images",
    holds=False,
    note="An epoch is a permutation of the images. Small batches see them in smaller portions, not in greater variety.",
)
answer.definition(
    "Q2.12",
    "Large batches make training deterministic.",
    "two data orders end at the same weights only when the batch is the whole training set",
    "test_q2_12_only_the_full_batch_ignores_the_order",
    holds=False,
    note="Two orders agree at the full batch up to rounding, since then the order only permutes the terms of a sum.",
)
