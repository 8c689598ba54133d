"""Question 5: what a print every hundred batches leaves out."""

import math

import torch

from fmnist_ref import MLP, fit


def test_q5_2_the_last_batches_are_never_printed():
    num_batches = math.ceil(60_000 / 64)
    printed_batches = [batch for batch in range(num_batches) if batch % 100 == 99]
    assert num_batches - 1 - printed_batches[-1] == 38

    torch.manual_seed(0)
    images, labels = torch.randn(250 * 4, 28, 28), torch.randint(10, (250 * 4,))
    history = fit(MLP((4,)), images, labels, epochs=1, batch_size=4, log_every=100)
    assert len(history.logged_loss[0]) == 2  # of 250 batches, the last fifty are in no print
