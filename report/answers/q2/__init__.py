"""Question 2: what does the batch size do to training?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q2",
    title="Q2: What does the batch size do to training?",
    prefix="Q2",
    parts=("q2-generalisation", "q2-noise"),
    experiments=("batch_size", "batch_target", "batch_dynamics", "batch_cost", "gradient_noise", "devices"),
    headline="fastest-batch",
    headline_label="the batch size that reaches a training loss of 0.15 nats soonest, read off a fitted curve",
    card="q2-card",
)

answer.definition(
    "Q2.1",
    "Small batches use less memory.",
    "what a step saves for its backward pass is in proportion to the batch; weights, gradients and data set are not",
    "test_q2_1_what_a_step_saves_is_in_proportion_to_the_batch",
    holds=True,
    place="Q2, memory usage",
    note="Here it is little compared with the data set, unless the batch is very large. Whether the data set fits into memory depends on how it is loaded, not on the batch size.",
)
answer.definition(
    "Q2.3",
    "Small batches mean more updates in an epoch.",
    "the number of batches, N/B rounded up",
    "test_q2_3_smaller_batches_make_more_updates",
    holds=True,
    place="Q2, computational efficiency",
)
answer.definition(
    "Q2.4",
    "The updates of small batches are noisier.",
    "the variance of a mean of B independent draws: that of one draw, divided by B",
    "test_q2_4_the_variance_of_a_gradient_is_that_of_one_image_over_the_batch_size",
    holds=True,
    place="Q2, computational efficiency, and stochasticity and noise",
    note="At one learning rate, or relative to the mean update: a higher rate makes the noise of an update larger. For images drawn with replacement; without it there is a further factor close to 1 − B/N.",
)
answer.definition(
    "Q2.6",
    "Small batches see a greater variety of images in an epoch.",
    "the images drawn in one epoch at every batch size: the same ones",
    "test_q2_6_every_batch_size_sees_the_same_images",
    holds=False,
    place="Q2, generalisation",
    note="An epoch is a permutation of the images. Small batches see them in smaller portions, not in greater variety.",
)
