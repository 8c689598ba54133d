"""
The ledger: every claim of the notebook, in our words, with how it is measured and when it stands or falls.

Kinds: `E` is settled by data, `D` by mathematics or a framework's documented behaviour (and a test that the ledger
names), `G` needs an accelerator. A margin of 0.3 percentage points is the smallest difference in accuracy that we
call a difference.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from report.conclude.rules import (
    Above,
    AnyOf,
    AtLeast,
    AtMost,
    Below,
    Contains,
    Every,
    Harmless,
    Inside,
    NoneAtAll,
    Rule,
)

MARGIN = 0.3
"""Percentage points of accuracy."""
LINEAR_MARGIN = 0.5
"""The same for the linear-layer control of Q4.2."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger."""

    id: str
    says: str
    kind: Literal["E", "D", "G"]
    measure: str
    rule: Rule | None = None
    """For `E` and `G`."""
    holds: bool | None = None
    """For `D`: whether the claim is true by definition."""
    tests: tuple[str, ...] = ()
    """For `D`: functions of tests/test_definitions.py that check it."""

    @property
    def page(self) -> str:
        """The answer page on which the claim is discussed."""
        prefix = self.id.split(".")[0]
        return {"P1": "part1"}.get(prefix, prefix.lower())


def _measured(id: str, says: str, measure: str, rule: Rule) -> Claim:
    return Claim(id=id, says=says, kind="E", measure=measure, rule=rule)


def _on_accelerator(id: str, says: str, measure: str, rule: Rule | None = None) -> Claim:
    return Claim(id=id, says=says, kind="G", measure=measure, rule=rule)


def _by_definition(id: str, says: str, measure: str, holds: bool, *tests: str) -> Claim:
    return Claim(id=id, says=says, kind="D", measure=measure, holds=holds, tests=tests)


PART_1 = (
    _measured(
        "P1.1",
        "The training loss goes down as training goes on.",
        "loss over all 60,000 training images with the weights held still, epoch 100 minus epoch 1, softmax applied twice",
        Below(),
    ),
    _measured(
        "P1.2",
        "It goes down with every epoch, which is what proving it would take.",
        "epochs whose running loss is above the epoch before, counted in each seed",
        NoneAtAll(),
    ),
    _measured(
        "P1.3",
        "A lower training loss means a better model (implied).",
        "test cross-entropy at epoch 100 minus that at the epoch which the held-out images choose, trained from logits",
        Below(),
    ),
    _by_definition(
        "P1.4",
        "The figure printed after each epoch is the model's cross-entropy (implied).",
        "the bounds of the loss when softmax is applied twice, and its gradient at a uniform output",
        False,
        "test_p1_4_double_softmax_is_bounded_away_from_zero",
        "test_p1_4_double_softmax_has_a_tenth_of_the_gradient",
    ),
    _measured(
        "P1.5a",
        "Applying softmax twice does no harm, at the notebook's learning rate (implied).",
        "test accuracy at epoch 100, softmax twice minus from logits, learning rate 0.01",
        Harmless(MARGIN),
    ),
    _measured(
        "P1.5b",
        "Applying softmax twice does no harm once the learning rate suits it (implied).",
        "test accuracy after 10 epochs, softmax twice minus from logits, each at the rate that the held-out images choose",
        Harmless(MARGIN),
    ),
    _measured(
        "P1.6",
        "The printed losses of the hundred epochs can be had again (implied).",
        "the 26 printed losses against the range of the seeds' losses, widened by two standard deviations",
        NoneAtAll(),
    ),
)

QUESTION_1 = (
    _by_definition(
        "Q1.1",
        "Linear regression predicts a value without bounds.",
        "the model's range; as evidence, the share of least-squares outputs on test images outside [0, 1]",
        True,
        "test_q1_1_linear_regression_leaves_the_unit_interval",
    ),
    _by_definition(
        "Q1.2",
        "Logistic regression gives class probabilities through 1 / (1 + exp(−(mx + b))).",
        "two-class softmax against the sigmoid of the difference of its logits; rows sum to one",
        True,
        "test_q1_2_two_class_softmax_is_the_sigmoid",
    ),
    _measured(
        "Q1.3",
        "The two models serve different problems.",
        "on classes, logistic minus least squares in accuracy and in Brier score; on a brightness, R² of least squares",
        Every((Above(MARGIN), Below(), Above())),
    ),
    _measured(
        "Q1.4",
        "Logistic regression is for two classes.",
        "test accuracy on a hard pair of classes minus that of always naming one of them",
        Above(),
    ),
    _measured(
        "Q1.5",
        "It serves many classes as well.",
        "ten-class softmax regression, test accuracy minus 10 %",
        Above(),
    ),
)

QUESTION_2 = (
    _measured(
        "Q2.1",
        "Small batches use less memory.",
        "slope of the bytes saved for the backward pass against batch size",
        Above(),
    ),
    _measured(
        "Q2.2",
        "Large batches process images faster.",
        "images per second at batch size 1024 over 16",
        Above(null=1.0),
    ),
    _by_definition(
        "Q2.3",
        "Small batches mean more updates in an epoch.",
        "the number of batches, N/B rounded up",
        True,
        "test_q2_3_smaller_batches_make_more_updates",
    ),
    _measured(
        "Q2.4",
        "Small batches make noisier updates.",
        "log-log slope of the variance of the gradient against batch size; theory says −1",
        Contains(-1.0, excludes=0.0),
    ),
    _measured(
        "Q2.5",
        "Small batches generalise better.",
        "test accuracy of the best small batch (16, 64) minus the best large one (1024, 4096), rates tuned: under equal "
        "epochs, and under equal steps",
        Every((Above(MARGIN), Above(MARGIN))),
    ),
    _by_definition(
        "Q2.6",
        "Small batches see a greater variety of images in an epoch.",
        "the images drawn in one epoch at every batch size: the same ones",
        False,
        "test_q2_6_every_batch_size_sees_the_same_images",
    ),
    _measured(
        "Q2.7",
        "Small batches act as a regulariser.",
        "test minus training loss at a matched training loss, batch 16 minus 4096",
        Below(),
    ),
    _measured(
        "Q2.8a",
        "Large batches converge in fewer epochs.",
        "epochs to the validation target, batch 1024 over 16, each rate tuned",
        Below(null=1.0),
    ),
    _measured(
        "Q2.8b",
        "Large batches converge in fewer updates.",
        "updates to the validation target, batch 1024 over 16, each rate tuned",
        Below(null=1.0),
    ),
    _measured(
        "Q2.8c",
        "Large batches converge in less time.",
        "training seconds to the validation target, batch 1024 over 16, each rate tuned",
        Below(null=1.0),
    ),
    _measured(
        "Q2.9",
        "Large batches risk overfitting.",
        "test cross-entropy at a matched training loss, batch 4096 minus 16",
        Above(),
    ),
    _measured(
        "Q2.10",
        "The noise of small batches helps to leave poor minima.",
        "from one end point of large-batch training, go on with batch 16 and with 4096 for equal epochs: change of the "
        "training loss, small minus large (suggestive only)",
        Below(),
    ),
    _measured(
        "Q2.11",
        "Large batches make training more stable.",
        "variance of the weights' position over data orders from one starting point, batch 16 over 1024",
        Above(null=1.0),
    ),
    _by_definition(
        "Q2.12",
        "Large batches make training deterministic.",
        "two data orders end at the same weights only when the batch is the whole training set",
        False,
        "test_q2_12_only_the_full_batch_ignores_the_order",
    ),
    _measured(
        "Q2.13",
        "Large batches end in worse solutions.",
        "training loss after equally many updates, batch 4096 minus 16, rates tuned",
        Above(),
    ),
    _measured(
        "Q2.14",
        "Small batches limit what can be done in parallel.",
        "time per image at batch size 16 over 1024",
        Above(null=1.0),
    ),
    _measured(
        "Q2.15",
        "Small batches need more epochs.",
        "epochs to the validation target, batch 16 minus 1024, rates tuned",
        Above(),
    ),
    _measured(
        "Q2.16",
        "Large batches meet abrupt changes of the loss.",
        "largest rise of the training loss in one update, per unit of distance moved, batch 4096 over 16",
        Above(null=1.0),
    ),
    _measured(
        "Q2.17",
        "Which batch size is best depends on the setting.",
        "doublings between the fastest batch size with a hidden layer and without one; and between the noise scale late and "
        "early in training",
        AnyOf((Above(1.0), Above(1.0))),
    ),
)

QUESTION_3 = (
    _by_definition(
        "Q3.1",
        "Cross-entropy grows as the probability given to the true class falls.",
        "−log p decreases in p, on a grid and on a trained model's outputs",
        True,
        "test_q3_1_cross_entropy_falls_with_the_true_class_probability",
    ),
    _by_definition(
        "Q3.2",
        "Minimising cross-entropy is maximising the likelihood of the labels.",
        "mean cross-entropy against minus the mean log-likelihood of a categorical distribution",
        True,
        "test_q3_2_cross_entropy_is_the_negative_log_likelihood",
    ),
    _measured(
        "Q3.3",
        "Accuracy misleads when classes are imbalanced.",
        "at 99 to 1, the majority rule's accuracy, and its balanced accuracy's distance from one half",
        Every((AtLeast(95.0), Inside(0.1))),
    ),
    _by_definition(
        "Q3.4",
        "The loss can guide learning and accuracy cannot.",
        "finite differences in the weights: accuracy does not move, the loss does",
        True,
        "test_q3_4_accuracy_has_no_gradient",
    ),
    _measured(
        "Q3.5",
        "A lower loss goes with a better accuracy on unseen images.",
        "rank correlation of test cross-entropy and test error over the epochs before and after the loss is lowest",
        Every((Above(), Above())),
    ),
)

QUESTION_4 = (
    _measured(
        "Q4.1",
        "A hidden layer improves the model.",
        "test accuracy at epoch 50, one ReLU layer minus none",
        Above(MARGIN),
    ),
    _measured(
        "Q4.2",
        "It is the non-linearity that does it (our control).",
        "test accuracy at epoch 50, one linear hidden layer minus none",
        Inside(LINEAR_MARGIN),
    ),
    _by_definition(
        "Q4.3",
        "The notebook compares a model with a hidden layer to one without.",
        "its two classes have the same layers, and its printed differences are those of two seeds",
        False,
        "test_q4_3_both_published_models_are_the_same",
    ),
    _by_definition(
        "Q4.4",
        "The fall of the loss from epoch to epoch measures what the layer adds.",
        "the same fall in a model with no hidden layer",
        False,
        "test_q4_4_the_loss_falls_without_a_hidden_layer_too",
    ),
    _measured(
        "Q4.5",
        "Deeper is better.",
        "test accuracy at epoch 50, two and three ReLU layers minus one",
        Every((Above(MARGIN), Above(MARGIN))),
    ),
    _measured(
        "Q4.6a",
        "A wider layer learns the training images better.",
        "slope of the training loss against the doubling of the width, 16 to 512",
        Below(),
    ),
    _measured(
        "Q4.6b",
        "A wider layer recognises unseen images better.",
        "slope of test accuracy against the doubling of the width, 16 to 512",
        Above(),
    ),
)

QUESTION_5 = (
    _measured(
        "Q5.1",
        "The loss printed every hundred batches falls.",
        "slope of the printed loss against its place, over the first ten epochs",
        Below(),
    ),
    _by_definition(
        "Q5.2",
        "What is printed is the loss of the epoch (implied).",
        "the batches that no print covers, and the gap to the loss with the weights held still",
        False,
        "test_q5_2_the_last_batches_are_never_printed",
    ),
    _measured(
        "Q5.3",
        "The printed losses of the loop can be had again (implied).",
        "the 30 printed losses against the range of the seeds' losses, widened by two standard deviations",
        NoneAtAll(),
    ),
    _measured(
        "Q5.4a",
        "Leaving out `zero_grad` does no harm.",
        "test accuracy, gradients never zeroed minus the correct loop",
        Harmless(MARGIN),
    ),
    _measured(
        "Q5.4b",
        "Softmax before cross-entropy does no harm.",
        "test accuracy, softmax twice minus the correct loop",
        Harmless(MARGIN),
    ),
    _measured(
        "Q5.4c",
        "Pixels need no normalising.",
        "test accuracy, pixels left at 0 to 255 minus the correct loop",
        Harmless(MARGIN),
    ),
    _measured(
        "Q5.4d",
        "Images need no shuffling.",
        "test accuracy, images sorted by label minus the correct loop",
        Harmless(MARGIN),
    ),
    _measured(
        "Q5.4e",
        "The mean of batch means is the epoch's loss.",
        "relative gap between it and the mean over images, in percent of it",
        Inside(0.1),
    ),
    _measured(
        "Q5.4f",
        "Transforming image by image in the loader costs nothing.",
        "time of an epoch through the loader over one on resident tensors",
        AtMost(1.1),
    ),
    _on_accelerator(
        "Q5.4g",
        "A clock needs no synchronising.",
        "step time by an unsynchronised clock over a synchronised one, on the accelerator",
        Every((AtLeast(0.9), AtLeast(0.9))),
    ),
)

QUESTION_6 = (
    _measured(
        "Q6.1",
        "The GPU was faster: 611.4 s against 615.3 s.",
        "the printed gap in percent minus the spread of repeated identical passes over the loader, which is all that was timed",
        Above(),
    ),
    _on_accelerator(
        "Q6.2",
        "A GPU shortens training.",
        "full training step, CPU over accelerator, for both models",
        Every((Above(null=1.0), Above(null=1.0))),
    ),
    _on_accelerator(
        "Q6.3",
        "Large models gain more from it than small ones.",
        "CPU over accelerator at width 4096, over the same at width 32",
        Above(null=1.0),
    ),
    _measured(
        "Q6.4",
        "A GPU loads data in parallel, and that makes training faster.",
        "share of the notebook's training step that the loader takes on the CPU, minus one half",
        Below(),
    ),
    _on_accelerator(
        "Q6.5", "GPUs have more memory than CPUs.", "memory of the accelerator over that of its host", Above(null=1.0)
    ),
    _by_definition(
        "Q6.6",
        "Frameworks move work to the GPU by themselves.",
        "where a tensor and a module made without a device are",
        False,
        "test_q6_6_nothing_moves_by_itself",
    ),
    _by_definition(
        "Q6.7",
        'The device is "cpu" or "cuda".',
        "the devices that PyTorch offers besides, and what asking for an absent one does",
        False,
        "test_q6_7_there_are_more_devices_and_absent_ones_are_errors",
    ),
    _by_definition(
        "Q6.8",
        "ResNet-18 trains on Fashion-MNIST as written.",
        "one-channel images through its three-channel stem; and with a one-channel stem",
        False,
        "test_q6_8_resnet_needs_a_one_channel_stem",
    ),
    _measured(
        "Q6.9",
        "Fifty epochs took ten minutes because of the hardware (implied).",
        "the same empty loop through the loader over one on resident tensors",
        AtMost(10.0),
    ),
)

LEDGER: dict[str, Claim] = {
    claim.id: claim
    for part in (PART_1, QUESTION_1, QUESTION_2, QUESTION_3, QUESTION_4, QUESTION_5, QUESTION_6)
    for claim in part
}
