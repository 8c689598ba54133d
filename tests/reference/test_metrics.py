"""Metrics against scikit-learn, torchmetrics, exact fractions, and NumPy written out."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from torch import Tensor
from torchmetrics.functional.classification import multiclass_calibration_error

from fmnist_ref import (
    ConfigurationError,
    Reliability,
    accuracy,
    balanced_accuracy,
    brier_score,
    confusion_matrix,
    expected_calibration_error,
    reliability,
)

few = settings(max_examples=25)


def random_case(seed: int, num_images: int = 200, num_classes: int = 5) -> tuple[Tensor, Tensor]:
    """Draw logits that are better than chance, and labels of which the last class is rare."""
    random = np.random.default_rng(seed)
    labels = random.choice(num_classes, size=num_images, p=[*[0.99 / (num_classes - 1)] * (num_classes - 1), 0.01])
    logits = random.normal(size=(num_images, num_classes)) + 1.5 * np.eye(num_classes)[labels]
    return torch.from_numpy(logits), torch.from_numpy(labels)


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


@given(st.integers(0, 10**6), st.integers(1, 20))
def test_calibration_error_agrees_with_bins_written_out(seed: int, num_bins: int) -> None:
    logits, labels = random_case(seed)
    probabilities = (2 * logits).softmax(dim=1)
    expected = calibration_by_hand(probabilities.numpy(), labels.numpy(), num_bins)
    assert expected_calibration_error(probabilities, labels, num_bins) == pytest.approx(expected)


def votes_of(num_voters: int, seed: int, num_images: int = 300) -> tuple[Tensor, Tensor]:
    """Draw the votes of an ensemble, as counts of shape [images, 5], and labels that agree with them in part."""
    generator = torch.Generator().manual_seed(seed)
    chances = torch.tensor([0.55, 0.25, 0.1, 0.06, 0.04])
    votes = torch.multinomial(chances.expand(num_images, 5), num_voters, replacement=True, generator=generator)
    labels = torch.multinomial(chances.expand(num_images, 5), 1, generator=generator).squeeze(1)
    return F.one_hot(votes, 5).sum(dim=1), labels


def calibration_in_fractions(votes: Tensor, labels: Tensor, num_bins: int) -> float:
    """Return equation 3 of Guo et al. for confidences that are fractions, without rounding anything."""
    gaps: defaultdict[int, Fraction] = defaultdict(Fraction)
    confident, predicted = votes.max(dim=1)
    for most, total, hit in zip(confident.tolist(), votes.sum(dim=1).tolist(), predicted == labels, strict=True):
        confidence = Fraction(most, total)
        gaps[math.ceil(confidence * num_bins)] += confidence - bool(hit)  # bin m ends at m / num_bins, included
    return float(sum(map(abs, gaps.values())) / len(labels))


@few
@given(st.integers(0, 10**6), st.sampled_from([4, 5, 10, 20, 30]), st.sampled_from([5, 10, 15, 20]))
@pytest.mark.parametrize(
    ("dtype", "accuracy_of_dtype"), [(torch.float64, 1e-12), (torch.float32, 1e-6), (torch.float16, 1e-3)]
)
def test_confidences_on_an_edge_fall_into_the_bin_below_in_every_dtype(
    dtype: torch.dtype, accuracy_of_dtype: float, seed: int, num_voters: int, num_bins: int
) -> None:
    votes, labels = votes_of(num_voters, seed)
    expected = calibration_in_fractions(votes, labels, num_bins)
    measured = expected_calibration_error((votes.double() / num_voters).to(dtype), labels, num_bins)
    assert measured == pytest.approx(expected, abs=accuracy_of_dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_six_and_seven_tenths_share_no_bin_of_ten(dtype: torch.dtype) -> None:
    probabilities = torch.tensor([[0.6, 0.4]] * 10 + [[0.7, 0.3]] * 10, dtype=dtype)
    labels = torch.tensor([0] * 13 + [1] * 7)
    assert expected_calibration_error(probabilities, labels, num_bins=10) == pytest.approx(0.4, abs=1e-6)


@few
@given(st.integers(0, 10**6), st.sampled_from([10, 15]))
def test_calibration_error_agrees_with_torchmetrics(seed: int, num_bins: int) -> None:
    logits, labels = random_case(seed)
    votes, labels_of_votes = votes_of(10, seed)  # no bin has two of these confidences: either end may be closed
    for probabilities, truth in (
        ((2 * logits).softmax(dim=1).float(), labels),
        (votes / 10, labels_of_votes),
        (votes.double() / 10, labels_of_votes),
    ):
        expected = multiclass_calibration_error(probabilities, truth, num_classes=5, n_bins=num_bins).item()
        assert expected_calibration_error(probabilities, truth, num_bins) == pytest.approx(expected, abs=1e-5)


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


@given(st.integers(0, 10**6), st.integers(1, 30))
def test_reliability_bins_add_up_to_the_whole(seed: int, num_bins: int) -> None:
    logits, labels = random_case(seed)
    probabilities = logits.softmax(dim=1)
    bins = reliability(probabilities, labels, num_bins)
    assert bins.count.sum() == len(labels)
    hits = (bins.accuracy * bins.count).nansum().item()
    assert hits / len(labels) == pytest.approx(accuracy(logits, labels))


Metric = Callable[..., object]

METRICS_OF_PROBABILITIES: list[Metric] = [brier_score, reliability, expected_calibration_error]
METRICS: list[Metric] = [accuracy, balanced_accuracy, confusion_matrix, *METRICS_OF_PROBABILITIES]


@pytest.mark.parametrize("metric", METRICS_OF_PROBABILITIES)
@pytest.mark.parametrize("row", [[1.2, -0.2], [3.0, 1.0], [-0.1, -2.3]])
def test_logits_and_log_probabilities_are_no_probabilities(metric: Metric, row: list[float]) -> None:
    with pytest.raises(ConfigurationError, match=r"^probabilities must lie between 0 and 1; found .*softmax.*exp"):
        metric(torch.tensor([row]), torch.tensor([0]))


@pytest.mark.parametrize("metric", METRICS_OF_PROBABILITIES)
def test_sigmoid_outputs_are_no_distribution(metric: Metric) -> None:
    with pytest.raises(ConfigurationError, match=r"^the probabilities of each image must sum to 1; found sums from 1 "):
        metric(torch.tensor([[0.9, 0.1], [0.9, 0.8]]), torch.tensor([0, 0]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_rounding_to_half_precision_leaves_probabilities(dtype: torch.dtype) -> None:
    logits, labels = random_case(4)
    probabilities = logits.softmax(dim=1)
    assert brier_score(probabilities.to(dtype), labels) == pytest.approx(brier_score(probabilities, labels), abs=0.01)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool])
def test_one_hot_predictions_of_any_type_are_probabilities(dtype: torch.dtype) -> None:
    labels = torch.tensor([0, 1, 1])
    predictions = torch.eye(2)[labels].to(dtype)
    assert brier_score(predictions, labels) == 0
    assert brier_score(predictions, 1 - labels) == 2
    assert expected_calibration_error(predictions, labels) == 0
    assert accuracy(predictions, labels) == 1


@pytest.mark.parametrize("metric", METRICS)
def test_nan_is_no_prediction(metric: Metric) -> None:
    outputs = torch.tensor([[0.5, 0.5], [math.nan, 0.5], [math.nan, math.nan]])
    with pytest.raises(ConfigurationError, match=r"^outputs must not be NaN; found NaN in 2 of 3 rows\. Check "):
        metric(outputs, torch.tensor([0, 0, 0]))


def test_outputs_may_be_infinite() -> None:
    log_probabilities = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).log()
    assert accuracy(log_probabilities, torch.tensor([0, 1])) == 1


def plain(result: object) -> object:
    """Return a metric's result as Python numbers."""
    parts = vars(result).values() if isinstance(result, Reliability) else [result]
    return [np.asarray(part).tolist() for part in parts]


def case_of_four() -> tuple[Tensor, Tensor]:
    """Return probabilities, as float64, and labels."""
    rows = [[0.75, 0.25, 0.0], [0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.0, 0.0, 1.0]]
    return torch.tensor(rows, dtype=torch.float64, device="cpu"), torch.tensor([0, 1, 1, 2], device="cpu")


def read_only(values: np.ndarray) -> np.ndarray:
    values.flags.writeable = False
    return values


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "convert",
    [
        Tensor.tolist,
        lambda tensor: tuple(tensor),  # of tensors
        Tensor.numpy,
        lambda tensor: read_only(tensor.numpy().copy()),
        lambda tensor: tensor.flip(0).numpy()[::-1],
        lambda tensor: tensor.numpy().astype(tensor.numpy().dtype.newbyteorder(">")),
    ],
    ids=["list", "tensors", "array", "read-only", "reversed", "big-endian"],
)
def test_lists_and_arrays_score_as_tensors_do(metric: Metric, convert: Callable[[Tensor], object]) -> None:
    outputs, labels = case_of_four()
    expected = plain(metric(outputs, labels))
    np.testing.assert_equal(plain(metric(convert(outputs), convert(labels))), expected)
    np.testing.assert_equal(plain(metric(convert(outputs), labels.numpy().astype(np.uint8))), expected)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("outputs", [[[0.5, 0.5], [1.0]], [["a", "b"]], None])
def test_what_is_no_table_of_numbers_is_refused(metric: Metric, outputs: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^outputs must be a tensor, or a list or array of numbers; found a "):
        metric(outputs, [0])


@pytest.mark.parametrize("metric", METRICS)
def test_tensors_without_values_are_refused(metric: Metric) -> None:
    outputs, labels = case_of_four()
    with pytest.raises(ConfigurationError, match=r"^outputs must have values; found a tensor on the meta device"):
        metric(outputs.to("meta"), labels)
    with pytest.raises(ConfigurationError, match=r"^labels must have values"):
        metric(outputs, labels.to("meta"))


@pytest.fixture(params=["meta device", "float64"])
def other_defaults(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set a default device that isn't the CPU, or a default dtype that isn't float32."""
    if request.param == "float64":
        torch.set_default_dtype(torch.float64)
    else:
        torch.set_default_device("meta")
    yield
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("other_defaults")
@pytest.mark.parametrize("metric", METRICS)
def test_defaults_of_device_and_dtype_do_not_matter(metric: Metric) -> None:
    outputs, labels = case_of_four()
    in_lists = plain(metric(outputs.tolist(), labels.tolist()))
    np.testing.assert_equal(plain(metric(outputs, labels)), in_lists)
    np.testing.assert_equal(plain(metric(outputs.float(), labels)), in_lists)
    assert "nan" not in str(plain(metric(outputs, labels))) or metric is reliability


@pytest.mark.parametrize("number", [np.int64(4), np.uint8(4), torch.tensor(4), np.array(4)])
def test_counts_may_be_numpy_numbers_and_tensors(number: object) -> None:
    outputs, labels = case_of_four()
    assert reliability(outputs, labels, num_bins=number).count.tolist() == [0, 1, 2, 1]
    assert confusion_matrix(outputs, labels, num_classes=number).shape == (4, 4)


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "15", None, torch.tensor(1.0), np.array([1])])
def test_calibration_needs_bins(number: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^num_bins must be an int of at least 1; found "):
        reliability(*case_of_four(), num_bins=number)


def test_counts_that_would_fill_the_memory_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"^num_bins must be at most 1,000,000; found 1,099,511,627,776\. "):
        reliability(*case_of_four(), num_bins=2**40)
    with pytest.raises(ConfigurationError, match=r"^num_classes must be at most 10,000; found 100,000,000\. "):
        confusion_matrix(*case_of_four(), num_classes=10**8)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("shape", "labels"),
    [
        ((2, 3), torch.tensor([0])),
        ((2, 3), torch.tensor([0.0, 1.0])),
        ((2,), torch.tensor([0, 1])),
        ((2, 3), torch.tensor([True, False])),
        ((2, 0), torch.tensor([0, 0])),
        ((0, 3), torch.tensor([], dtype=torch.int64)),
    ],
)
def test_metrics_describe_shapes_that_do_not_fit(metric, shape: tuple[int, ...], labels: Tensor) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^outputs must be real numbers of shape \[images, classes\], and .*; found torch"
    ):
        metric(torch.full(shape, 0.3), labels)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("labels", "found"), [([0, 3], "0 to 3"), ([-1, 2], "-1 to 2")])
def test_metrics_refuse_labels_without_a_column(metric, labels: list[int], found: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^labels must be from 0 to 2, .* found {found}\."):
        metric(torch.full((2, 3), 0.3), torch.tensor(labels))
