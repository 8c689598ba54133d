"""The regression experiment: its choices, its minimum, its scores, each by an independent route."""

import msgspec
import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from fmnist_ref import SoftmaxRegression, brier_score, cross_entropy, load_sample
from report.experiments.lbfgs import minimise
from report.experiments.linear_fits import BrightnessResults, ClassifierResults, only
from report.experiments.predictions import describe_outputs, packed, score_predictions, unpacked
from report.experiments.regression import (
    PAIR_PENALTIES,
    PENALTIES,
    RIDGES,
    measure,
    most_confused,
    plan,
)
from report.experiments.tuning import best_penalty
from report.plan import Dataset, Images, Profile, Run


def runs() -> dict[str, Run]:
    return {run.arm: run for run in plan(Profile())}


def through_json(result: msgspec.Struct) -> dict:
    return msgspec.json.decode(msgspec.json.encode(result))


def test_plans_four_fits_once_whatever_the_seeds() -> None:
    planned = list(plan(Profile(seeds=5)))
    assert [run.arm for run in planned] == ["least_squares", "logistic", "pair_logistic", "brightness"]
    assert {run.seed for run in planned} == {0}
    assert planned[2].depends_on == (planned[0],)
    assert [run.id for run in planned] == [run.id for run in plan(Profile(seeds=2))]


@pytest.mark.parametrize("grid", [PENALTIES, PAIR_PENALTIES])
def test_logistic_penalties_go_from_strong_to_weak_so_that_each_fit_can_start_where_the_last_ended(
    grid: tuple[float, ...],
) -> None:
    assert list(grid) == sorted(grid, reverse=True)


def test_the_pair_is_the_one_most_often_confused_both_ways_together() -> None:
    confusion = torch.zeros(10, 10, dtype=torch.int64)
    confusion[3, 8], confusion[8, 3] = 5, 5
    confusion[2, 4] = 9
    confusion[6, 6] = 1000  # what is right is no confusion
    assert most_confused(confusion.tolist()) == (3, 8)


def test_only_keeps_two_classes_and_numbers_them_from_zero() -> None:
    images = Images(torch.arange(5.0)[:, None, None].expand(-1, 28, 28), torch.tensor([6, 2, 0, 6, 9]))
    kept = only(images, (0, 6))
    assert kept.labels.tolist() == [1, 0, 1]
    assert kept.images[:, 0, 0].tolist() == [0, 2, 3]


def test_the_lowest_loss_is_best_and_of_two_the_stronger_penalty() -> None:
    assert best_penalty([1.0, 3.0, 10.0, 30.0], [0.5, 0.4, 0.4, 0.6]) == 10.0


def test_lbfgs_finds_the_minimum_that_scikit_learn_finds(dataset: Dataset) -> None:
    images, labels = dataset.train_images, dataset.train_labels
    penalty = 0.05
    torch.manual_seed(0)
    model = SoftmaxRegression()
    found = minimise(model, images, labels, penalty, tolerance=1e-6)
    assert found.excess <= 1e-6
    # scikit-learn penalises no intercept, so it is given the constant as one more pixel
    rows = np.hstack([images.flatten(1).double().numpy(), np.ones((len(images), 1))])
    reference = LogisticRegression(C=1 / (penalty * len(images)), fit_intercept=False, tol=1e-8, max_iter=5000).fit(
        rows, labels.numpy()
    )
    ours = np.hstack([model.linear.weight.detach().numpy(), model.linear.bias.detach().numpy()[:, None]])
    assert np.abs(ours - reference.coef_).max() < 5e-3
    logits = torch.from_numpy(rows @ reference.coef_.T)
    least = cross_entropy(logits, labels).item() + penalty / 2 * float((reference.coef_**2).sum())
    assert -1e-6 < found.objective - least <= found.excess + 1e-6


def test_a_looser_tolerance_takes_fewer_evaluations(dataset: Dataset) -> None:
    taken = []
    for tolerance in (1e-1, 1e-5):
        torch.manual_seed(0)
        model = SoftmaxRegression()
        found = minimise(model, dataset.train_images, dataset.train_labels, 0.01, tolerance)
        assert found.excess <= tolerance
        assert found.excess == pytest.approx(found.gradient_norm**2 / 0.02)
        taken.append(found.evaluations)
    assert taken[0] < taken[1]


def test_least_squares_agrees_with_scikit_learn(dataset: Dataset) -> None:
    result = measure(runs()["least_squares"], dataset, {})
    assert isinstance(result, ClassifierResults)
    assert result.penalty in RIDGES
    assert result.penalty == RIDGES[int(np.argmin(result.validation_loss))]
    one_hot = np.eye(10)[dataset.train_labels.numpy()]
    reference = Ridge(alpha=result.penalty).fit(dataset.train_images.flatten(1).double().numpy(), one_hot)
    outputs = reference.predict(dataset.test_images.flatten(1).double().numpy())
    labels = dataset.test_labels.numpy()
    assert result.labels == "".join(map(str, labels))
    assert result.predicted == "".join(map(str, outputs.argmax(1)))
    assert np.allclose(unpacked(result.weights).reshape(10, 784), reference.coef_, atol=1e-5)
    raw = ((outputs - np.eye(10)[labels]) ** 2).sum(1)
    clipped = outputs.clip(0, 1) / outputs.clip(0, 1).sum(1, keepdims=True)
    assert result.outputs is not None
    assert np.allclose(unpacked(result.outputs.brier), raw, atol=1e-4)
    assert np.allclose(unpacked(result.predictions.brier), ((clipped - np.eye(10)[labels]) ** 2).sum(1), atol=1e-4)
    assert np.allclose(unpacked(result.predictions.confidence), clipped.max(1), atol=1e-4)
    assert result.outputs.largest_sum_error < 1e-4
    assert (result.outputs.lowest, result.outputs.highest) == pytest.approx((outputs.min(), outputs.max()), abs=1e-4)


def test_logistic_regression_takes_pixels_as_they_come(dataset: Dataset) -> None:
    result = measure(runs()["logistic"], dataset, {})
    assert isinstance(result, ClassifierResults)
    assert result.lbfgs is not None
    assert result.lbfgs.excess <= result.lbfgs.tolerance
    accuracy = np.mean([a == b for a, b in zip(result.labels, result.predicted, strict=True)])
    assert accuracy > 0.6
    assert result.train_accuracy > accuracy
    assert np.sum(result.validation_confusion) == 80
    # the centring is folded into the bias: a model that wasn't told of it would not reach this
    assert result.predictions.calibration.error < 0.25


def test_the_pair_comes_from_the_record_of_least_squares(dataset: Dataset) -> None:
    planned = runs()
    first = measure(planned["least_squares"], dataset, {})
    confusion = torch.zeros(10, 10, dtype=torch.int64)
    confusion[1, 7] = 3
    first = msgspec.structs.replace(first, validation_confusion=confusion.tolist())
    result = measure(planned["pair_logistic"], dataset, {planned["least_squares"].id: through_json(first)})
    assert isinstance(result, ClassifierResults)
    assert result.classes == [1, 7]
    assert len(result.labels) == int(sum((dataset.test_labels == c).sum() for c in (1, 7)))
    assert set(result.labels) == {"0", "1"}
    assert len(unpacked(result.weights)) == 2 * 784


def test_brightness_is_that_of_the_lower_half_in_grey_levels(dataset: Dataset) -> None:
    result = measure(runs()["brightness"], dataset, {})
    assert isinstance(result, BrightnessResults)
    raw = load_sample("test").images[:, 14:].double().mean((1, 2)).numpy()
    assert np.allclose(unpacked(result.truth), raw, atol=1e-3)
    assert result.training_mean == pytest.approx(float(load_sample("train").images[:, 14:].double().mean()), abs=1e-3)
    errors = np.square(unpacked(result.predicted) - raw).mean()
    assert errors < np.square(result.training_mean - raw).mean()


def test_the_lower_half_does_not_reach_its_own_prediction(dataset: Dataset) -> None:
    darkened = dataset.test_images.clone()
    darkened[:, 14:] = -1
    same = measure(runs()["brightness"], dataset, {})
    other = measure(runs()["brightness"], dataset._replace(test_images=darkened), {})
    assert same.predicted == other.predicted
    assert not unpacked(other.truth).any()


@pytest.mark.parametrize("arm", ["least_squares", "logistic", "brightness"])
def test_a_run_repeats_bit_for_bit_and_survives_json(arm: str, dataset: Dataset) -> None:
    first, again = (measure(runs()[arm], dataset, {}) for _ in range(2))
    assert first == again
    assert msgspec.convert(through_json(first), type(first)) == first


@pytest.mark.parametrize("arm", ["least_squares", "logistic", "brightness"])
def test_a_fit_leaves_the_images_as_they_are(arm: str, dataset: Dataset) -> None:
    before = [part.clone() for part in dataset]
    measure(runs()[arm], dataset, {})
    assert all(torch.equal(old, new) for old, new in zip(before, dataset, strict=True))


def test_predictions_are_scored_image_by_image() -> None:
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    labels = torch.tensor([0, 1])
    scored = score_predictions(probabilities, labels)
    assert unpacked(scored.brier).mean() == pytest.approx(brier_score(probabilities, labels))
    assert unpacked(scored.confidence) == pytest.approx([0.7, 0.6])
    assert sum(scored.calibration.count) == 2
    assert scored.calibration.accuracy == [0.0, 1.0]


def test_outputs_outside_the_unit_interval_are_counted() -> None:
    outputs = torch.zeros(2, 10)
    outputs[0, 0], outputs[0, 1] = 1.2, -0.2
    outputs[1, 5] = 1.0
    found = describe_outputs(outputs, torch.tensor([0, 5]))
    assert unpacked(found.share_outside) == pytest.approx([0.2, 0.0])
    assert (found.lowest, found.highest) == pytest.approx((-0.2, 1.2))
    assert sum(found.true_class) == 2
    assert sum(found.other_classes) == 18
    assert len(found.true_class) == len(found.edges) - 1


def test_packed_numbers_come_back() -> None:
    values = torch.tensor([0.1, -3.5, 1e6])
    assert unpacked(packed(values)) == pytest.approx(values.tolist())
