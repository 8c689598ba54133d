"""Part 1: what follows from the definition of the loss."""

import math

import pytest
import torch
from torch.nn import functional as F

from fmnist_ref import double_softmax_bounds


def test_p1_4_double_softmax_is_bounded_away_from_zero():
    bounds = double_softmax_bounds(10)
    assert bounds.lowest == pytest.approx(math.log(math.e + 9) - 1)
    torch.manual_seed(0)
    logits = torch.randn(20_000, 10, dtype=torch.float64) * torch.logspace(-2, 4, 20_000).unsqueeze(1)
    labels = torch.randint(10, (20_000,))
    twice = F.cross_entropy(logits.softmax(1), labels, reduction="none")
    once = F.cross_entropy(logits, labels, reduction="none")
    assert bounds.lowest - 1e-9 <= twice.min()
    assert twice.max() <= bounds.highest + 1e-9
    assert once.min() < 1e-6  # what a good model's cross-entropy can reach
    assert once.max() > 100  # and a bad one's


def test_p1_4_double_softmax_has_a_tenth_of_the_gradient():
    logits = torch.zeros(1, 10, dtype=torch.float64, requires_grad=True)
    label = torch.tensor([4])
    (once,) = torch.autograd.grad(F.cross_entropy(logits, label), logits)
    (twice,) = torch.autograd.grad(F.cross_entropy(logits.softmax(1), label), logits)
    torch.testing.assert_close(twice, once / 10)
