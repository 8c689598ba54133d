"""Cross-entropy against the likelihood and NumPy; a second softmax against search and autograd."""

import math
from dataclasses import astuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Categorical

from fmnist_ref import ConfigurationError, cross_entropy, double_softmax_bounds


@given(
    logits=st.lists(st.lists(st.floats(-30, 30), min_size=3, max_size=3), min_size=1, max_size=8),
    data=st.data(),
)
def test_cross_entropy_is_minus_the_mean_log_likelihood(logits: list[list[float]], data: st.DataObject) -> None:
    rows = torch.tensor(logits, dtype=torch.float64)
    labels = torch.tensor([data.draw(st.integers(0, 2)) for _ in logits])
    log_likelihood = Categorical(logits=rows).log_prob(labels).mean()
    torch.testing.assert_close(cross_entropy(rows, labels), -log_likelihood, rtol=1e-12, atol=1e-12)


def test_cross_entropy_agrees_with_numpy() -> None:
    random = np.random.default_rng(0)
    logits, labels = random.normal(size=(20, 10)), random.integers(10, size=20)
    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    expected = -np.log(probabilities[np.arange(20), labels]).mean()
    assert cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)).item() == pytest.approx(expected)


def test_cross_entropy_gradient_is_probabilities_minus_one_hot_over_batch() -> None:
    logits = torch.randn(6, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    labels = torch.arange(6)
    cross_entropy(logits, labels).backward()
    expected = (logits.detach().softmax(dim=1) - torch.eye(10, dtype=torch.float64)[labels]) / 6
    torch.testing.assert_close(logits.grad, expected)


def test_cross_entropy_rises_as_the_true_class_loses_probability() -> None:
    probabilities = torch.linspace(0.999, 0.001, 200, dtype=torch.float64)
    losses = [cross_entropy(torch.stack([p, 1 - p]).log()[None], torch.tensor([0])).item() for p in probabilities]
    assert losses == sorted(losses)
    assert losses == pytest.approx((-probabilities.log()).tolist())


@pytest.mark.parametrize(
    ("logits", "labels", "found"),
    [
        (
            torch.zeros(2, 3),
            torch.full((2, 3), 1 / 3),
            "torch.float32 of shape [2, 3] and torch.float32 of shape [2, 3]",
        ),
        (torch.zeros(2, 3), torch.zeros(2), "torch.float32 of shape [2, 3] and torch.float32 of shape [2]"),
        (torch.zeros(2, 3), torch.tensor([0]), "torch.float32 of shape [2, 3] and torch.int64 of shape [1]"),
        (torch.zeros(0, 3), torch.zeros(0).long(), "torch.float32 of shape [0, 3] and torch.int64 of shape [0]"),
        (torch.zeros(2).long(), torch.zeros(2).long(), "torch.int64 of shape [2] and torch.int64 of shape [2]"),
        ((torch.zeros(2, 3), None), torch.zeros(2).long(), "a tuple and torch.int64 of shape [2]"),
        (torch.zeros(2, 3), [0, 1], "torch.float32 of shape [2, 3] and a list"),
    ],
)
def test_cross_entropy_describes_what_is_not_logits_and_labels(logits: object, labels: object, found: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^logits must be a floating-point tensor .*argmax") as caught:
        cross_entropy(logits, labels)
    assert caught.value.found == found


@pytest.mark.parametrize("label", [3, 255, -1, -100])
def test_cross_entropy_refuses_labels_without_a_column(label: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"^labels must be from 0 to 2, .* 3 columns .*; found {label}\."):
        cross_entropy(torch.zeros(2, 3), torch.tensor([0, label]))


def test_cross_entropy_refuses_them_within_vmap_too() -> None:
    with pytest.raises(ConfigurationError, match=r"^labels must be from 0 to 2, .*; found 7\."):
        torch.func.vmap(cross_entropy)(torch.zeros(4, 1, 3), torch.tensor([[0], [1], [2], [7]]))


def test_accuracy_is_flat_where_cross_entropy_is_not() -> None:
    logits = torch.tensor([[1.0, 0.0], [0.0, 2.0]], dtype=torch.float64)
    labels, step = torch.tensor([0, 0]), 1e-4
    nudged = logits + torch.tensor([[step, 0.0], [step, 0.0]])
    assert torch.equal(logits.argmax(dim=1), nudged.argmax(dim=1))
    slope = (cross_entropy(nudged, labels) - cross_entropy(logits, labels)) / step
    wrong_probability = 1 - logits.softmax(dim=1)[:, 0]
    assert slope.item() == pytest.approx(-wrong_probability.mean().item(), rel=1e-3)


def test_bounds_are_the_published_ones() -> None:
    bounds = double_softmax_bounds(10)
    assert astuple(bounds) == pytest.approx((1.4611501717, 2.3025850930, 2.4611501717), abs=5e-11)
    assert bounds == double_softmax_bounds()


@pytest.mark.parametrize("num_classes", [2, 3, 10, 100])
def test_bounds_are_met_at_certain_and_uniform_outputs(num_classes: int) -> None:
    outputs = torch.cat([torch.eye(num_classes)[:2], torch.full((1, num_classes), 1 / num_classes)]).double()
    losses = [cross_entropy(row[None], torch.tensor([0])).item() for row in outputs]
    lowest, uniform, highest = astuple(double_softmax_bounds(num_classes))
    assert losses == pytest.approx([lowest, highest, uniform], abs=1e-7)


@given(weights=st.lists(st.floats(0, 1), min_size=10, max_size=10).filter(lambda w: sum(w) > 1e-3))
def test_no_probabilities_leave_the_bounds(weights: list[float]) -> None:
    probabilities = torch.tensor([weights], dtype=torch.float64) / sum(weights)
    loss = cross_entropy(probabilities, torch.tensor([4])).item()
    lowest, _, highest = astuple(double_softmax_bounds(10))
    assert lowest - 1e-12 <= loss <= highest + 1e-12


def test_second_softmax_leaves_a_tenth_of_the_gradient_at_uniform_output() -> None:
    labels = torch.tensor([3, 7])
    once = torch.zeros(2, 10, dtype=torch.float64, requires_grad=True)
    twice = torch.zeros(2, 10, dtype=torch.float64, requires_grad=True)
    cross_entropy(once, labels).backward()
    cross_entropy(twice.softmax(dim=1), labels).backward()
    assert once.grad is not None
    torch.testing.assert_close(twice.grad, once.grad / 10, rtol=1e-12, atol=0)


@pytest.mark.parametrize("num_classes", [1, 0, -3, 2.0, True, "10"])
def test_bounds_need_at_least_two_classes(num_classes: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^num_classes must be (an int of )?at least [12]; found "):
        double_softmax_bounds(num_classes)  # type: ignore[arg-type]


def test_two_class_softmax_is_the_sigmoid_of_the_difference() -> None:
    logits = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    probabilities = logits.softmax(dim=1)
    torch.testing.assert_close(probabilities[:, 1], (logits[:, 1] - logits[:, 0]).sigmoid(), rtol=0, atol=1e-6)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(50), rtol=0, atol=1e-6)
    assert math.isclose(1 / (1 + math.exp(-2.0)), torch.tensor([0.0, 2.0]).softmax(dim=0)[1].item(), rel_tol=1e-6)
