"""Question 6: what is a graphics processor good for, what is the device parameter, and what did the notebook time?"""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="q6",
    title="Q6: What is a GPU good for, and what does the device parameter do?",
    prefix="Q6",
    experiments=("devices",),
    headline="loader-over-resident",
    headline_label="as fast without the DataLoader: the loop that the notebook timed",
    card="q6-card",
)

answer.definition(
    "Q6.1",
    "The printed times show that training on the GPU takes less time.",
    "The loop between the two clock readings: it fetches batches, copies them to the device, and trains nothing",
    "test_q6_1_nothing_is_trained_between_the_clock_readings",
    holds=False,
    place="Q6, last line",
    note="Each time was taken once, and the batches come from the same CPU code both times.",
)
answer.definition(
    "Q6.4",
    "With a GPU, batches of data are loaded in parallel on the GPU.",
    "Where PyTorch's DataLoader does its work on these images: in this process or in others, on the CPU",
    "test_q6_4_the_loader_works_on_the_cpu_whatever_the_device",
    holds=False,
    place="Q6, data size",
    note="The notebook says that loading and processing can be parallel. A GPU does process a batch in parallel (Q6.2 measures what it gains); loading it is the CPU's work.",
)
answer.definition(
    "Q6.6",
    "PyTorch offloads operations to the GPU automatically.",
    "Where PyTorch puts a tensor and a module that are made without a device",
    "test_q6_6_nothing_moves_by_itself",
    holds=False,
    place="Q6, deep learning frameworks",
    note="The notebook says it of TensorFlow and PyTorch. It is true of TensorFlow, and of JAX: both place operations on a GPU by default.",
)
answer.definition(
    "Q6.7",
    'Common values of the device are "cpu" and "cuda".',
    "The devices that PyTorch knows, and what happens if one is absent",
    "test_q6_7_there_are_more_devices_and_absent_ones_are_errors",
    holds=True,
    place="Q6, device parameter",
    note='They are not all: "mps" (Apple), "xpu" (Intel) and others exist, and torch.accelerator names the one present.',
)
answer.definition(
    "Q6.8",
    "ResNet-18 can be trained on Fashion-MNIST as written.",
    "One-channel images through its three-channel first layer, and through one with a single channel",
    "test_q6_8_resnet_needs_a_one_channel_stem",
    holds=False,
    origin="implied",
    place="Q6, code",
    note="Its first layer takes images of three colour channels; these have one.",
)
