"""Question 5: what a print every hundred batches leaves out."""

import math

import pytest
import torch
from torch.nn import functional as F

from fmnist_ref import MLP, fit
from report.answers.printed import printed


def test_q5_2_a_print_is_a_mean_over_a_hundred_batches_and_the_last_ones_are_never_printed():
    """One image stands for each batch of the notebook: as many batches as 60,000 images make."""
    num_batches, batch_losses = math.ceil(60_000 / 64), []
    torch.manual_seed(0)
    images, labels = torch.randn(num_batches, 28, 28), torch.randint(10, (num_batches,))

    def noted_loss(logits, labels):
        loss = F.cross_entropy(logits, labels)
        batch_losses.append(loss.item())
        return loss

    history = fit(MLP((4,)), images, labels, epochs=1, batch_size=1, log_every=100, loss_function=noted_loss)
    losses = torch.tensor(batch_losses[-history.num_steps :], dtype=torch.float64)
    (prints,) = history.logged_loss
    assert prints == pytest.approx([float(block.mean()) for block in losses.split(100)][: len(prints)], rel=1e-6)
    assert all(abs(mean - loss) > 1e-3 for mean, loss in zip(prints, losses[99::100].tolist(), strict=True))
    assert len(losses) - 100 * len(prints) == 38

    per_epoch = {epoch: [p.batch for p in printed("q5_batch") if p.epoch == epoch] for epoch in (1, 2, 3)}
    assert list(per_epoch.values()) == [[100 * block for block in range(1, len(prints) + 1)]] * 3
