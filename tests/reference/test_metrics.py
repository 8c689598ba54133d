"""Metrics against scikit-learn and against NumPy written out."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from torch import Tensor

from fmnist_ref import (
    ConfigurationError,
    accuracy,
    balanced_accuracy,
    brier_score,
    confusion_matrix,
    expected_calibration_error,
    reliability,
)

unhurried = settings(deadline=None)  # the first call loads PyTorch's kernels


def random_case(seed: int, num_images: int = 200, num_classes: int = 5) -> tuple[Tensor, Tensor]:
    """Draw logits that are better than chance, and labels of which the last class is rare."""
    random = np.random.default_rng(seed)
    labels = random.choice(num_classes, size=num_images, p=[*[0.99 / (num_classes - 1)] * (num_classes - 1), 0.01])
    logits = random.normal(size=(num_images, num_classes)) + 1.5 * np.eye(num_classes)[labels]
    return torch.from_numpy(logits), torch.from_numpy(labels)


@unhurried
@given(st.integers(0, 10**6))
def test_accuracies_and_confusion_agree_with_scikit_learn(seed: int) -> None:
    logits, labels = random_case(seed)
    predicted = logits.argmax(dim=1).numpy()
    assert accuracy(logits, labels) == pytest.approx(sklearn_metrics.accuracy_score(labels, predicted))
    expected = sklearn_metrics.confusion_matrix(labels, predicted, labels=range(5))
    np.testing.assert_array_equal(confusion_matrix(logits, labels), expected)
    present = [expected[k, k] / expected[k].sum() for k in range(5) if expected[k].sum()]
    assert balanced_accuracy(logits, labels) == pytest.approx(np.mean(present))


def test_balanced_accuracy_agrees_with_scikit_learn_where_every_class_occurs() -> None:
    logits, labels = random_case(0, num_images=2000)
    predicted = logits.argmax(dim=1)
    assert len(labels.unique()) == 5
    expected = sklearn_metrics.balanced_accuracy_score(labels, predicted)
    assert balanced_accuracy(logits, labels) == pytest.approx(expected)


def test_majority_rule_is_accurate_and_not_balanced() -> None:
    labels = torch.tensor([0] * 99 + [1])
    logits = torch.tensor([[1.0, 0.0]]).expand(100, 2)
    assert accuracy(logits, labels) == 0.99
    assert balanced_accuracy(logits, labels) == 0.5


def test_confusion_matrix_grows_to_the_classes_asked_for() -> None:
    logits, labels = random_case(1)
    grown = confusion_matrix(logits, labels, num_classes=7)
    assert grown.dtype == torch.int64
    assert torch.equal(grown[:5, :5], confusion_matrix(logits, labels))
    assert grown.sum() == len(labels)
    with pytest.raises(ConfigurationError, match=r"^num_classes must be at least the 5 columns .* found 4\."):
        confusion_matrix(logits, labels, num_classes=4)


@unhurried
@given(st.integers(0, 10**6))
def test_brier_score_agrees_with_numpy(seed: int) -> None:
    logits, labels = random_case(seed)
    probabilities = logits.softmax(dim=1)
    distance = probabilities.numpy() - np.eye(5)[labels.numpy()]
    assert brier_score(probabilities, labels) == pytest.approx((distance**2).sum(axis=1).mean())


def test_two_class_brier_score_is_twice_that_of_one_class() -> None:
    logits, labels = random_case(2, num_classes=2)
    probabilities = logits.softmax(dim=1)
    one_class = sklearn_metrics.brier_score_loss(labels, probabilities[:, 1])
    assert brier_score(probabilities, labels) == pytest.approx(2 * one_class)


def test_brier_score_is_best_at_the_true_probabilities() -> None:
    labels = torch.tensor([0] * 3 + [1])
    scores = [brier_score(torch.tensor([[p, 1 - p]]).expand(4, 2), labels) for p in np.linspace(0, 1, 101)]
    assert int(np.argmin(scores)) == 75


def calibration_by_hand(probabilities: np.ndarray, labels: np.ndarray, num_bins: int) -> float:
    confidence, hits = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    error = 0.0
    for m in range(1, num_bins + 1):
        inside = (confidence > (m - 1) / num_bins) & (confidence <= m / num_bins)
        if inside.any():
            error += inside.mean() * abs(hits[inside].mean() - confidence[inside].mean())
    return float(error)


@unhurried
@given(st.integers(0, 10**6), st.integers(1, 20))
def test_calibration_error_agrees_with_bins_written_out(seed: int, num_bins: int) -> None:
    logits, labels = random_case(seed)
    probabilities = (2 * logits).softmax(dim=1)
    expected = calibration_by_hand(probabilities.numpy(), labels.numpy(), num_bins)
    assert expected_calibration_error(probabilities, labels, num_bins) == pytest.approx(expected)


def test_calibration_error_of_one_bin_is_the_overall_gap() -> None:
    logits, labels = random_case(3)
    probabilities = logits.softmax(dim=1)
    gap = abs(accuracy(logits, labels) - probabilities.amax(dim=1).mean().item())
    assert expected_calibration_error(probabilities, labels, num_bins=1) == pytest.approx(gap)


def test_calibrated_predictions_have_no_error() -> None:
    probabilities = torch.tensor([[0.75, 0.25]], dtype=torch.float64).expand(4, 2)
    assert expected_calibration_error(probabilities, torch.tensor([0, 0, 0, 1])) == 0


def test_reliability_closes_bins_on_the_right() -> None:
    probabilities = torch.tensor([[0.5, 0.5], [0.75, 0.25], [0.76, 0.24], [1.0, 0.0]], dtype=torch.float64)
    bins = reliability(probabilities, torch.tensor([0, 0, 1, 0]), num_bins=4)
    assert bins.count.tolist() == [0, 1, 1, 2]
    assert bins.confidence[1:].tolist() == pytest.approx([0.5, 0.75, 0.88])
    assert bins.accuracy[1:].tolist() == [1.0, 1.0, 0.5]
    assert bins.confidence[0].isnan()
    assert bins.accuracy[0].isnan()


@unhurried
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_reliability_bins_add_up_to_the_whole(seed: int, num_bins: int) -> None:
    logits, labels = random_case(seed)
    probabilities = logits.softmax(dim=1)
    bins = reliability(probabilities, labels, num_bins)
    assert bins.count.sum() == len(labels)
    hits = (bins.accuracy * bins.count).nansum().item()
    assert hits / len(labels) == pytest.approx(accuracy(logits, labels))


@pytest.mark.parametrize("function", [reliability, expected_calibration_error])
@pytest.mark.parametrize("row", [[1.2, -0.2], [3.0, 1.0], [float("nan"), 0.5]])
def test_calibration_refuses_what_is_no_probability(function, row: list[float]) -> None:
    with pytest.raises(ConfigurationError, match=r"^probabilities must lie between 0 and 1; found .*softmax"):
        function(torch.tensor([row]), torch.tensor([0]))


@pytest.mark.parametrize("num_bins", [0, -1, 1.5, True])
def test_calibration_needs_bins(num_bins: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^num_bins must be an int of at least 1; found "):
        reliability(torch.tensor([[1.0, 0.0]]), torch.tensor([0]), num_bins)


METRICS = [accuracy, balanced_accuracy, brier_score, confusion_matrix, expected_calibration_error]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("shape", "labels"),
    [
        ((2, 3), torch.tensor([0])),
        ((2, 3), torch.tensor([0.0, 1.0])),
        ((2,), torch.tensor([0, 1])),
        ((0, 3), torch.tensor([], dtype=torch.int64)),
    ],
)
def test_metrics_describe_shapes_that_do_not_fit(metric, shape: tuple[int, ...], labels: Tensor) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^outputs must have two axes and labels be int64.*; found outputs of"
    ):
        metric(torch.full(shape, 0.3), labels)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("labels", "found"), [([0, 3], "0 to 3"), ([-1, 2], "-1 to 2")])
def test_metrics_refuse_labels_without_a_column(metric, labels: list[int], found: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^labels must be from 0 to 2, .* found {found}\."):
        metric(torch.full((2, 3), 0.3), torch.tensor(labels))
