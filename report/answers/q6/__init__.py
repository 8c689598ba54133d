"""Question 6: what is a graphics processor good for, what is the device parameter, and what did the notebook time?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q6",
    title="What is a GPU good for, and what does the device parameter do?",
    experiments=("devices",),
    headline="Q6.9",
    headline_label="the notebook's empty loop, through the loader over resident tensors",
    card="q6-card",
)

answer.definition(
    "Q6.6",
    "Frameworks move work to the GPU by themselves.",
    "where a tensor and a module made without a device are",
    "test_q6_6_nothing_moves_by_itself",
    holds=False,
)
answer.definition(
    "Q6.7",
    'The device is "cpu" or "cuda".',
    "the devices that PyTorch offers besides, and what asking for an absent one does",
    "test_q6_7_there_are_more_devices_and_absent_ones_are_errors",
    holds=False,
)
answer.definition(
    "Q6.8",
    "ResNet-18 trains on Fashion-MNIST as written.",
    "one-channel images through its three-channel stem; and with a one-channel stem",
    "test_q6_8_resnet_needs_a_one_channel_stem",
    holds=False,
)
