"""The closed form against NumPy and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression as SklearnLinearRegression
from sklearn.linear_model import Ridge
from torch import Tensor

from fmnist_ref import ConfigurationError, LinearRegression


@pytest.fixture
def regression_problem() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(60, 8, generator=generator) + 3
    weight = torch.randn(8, 2, generator=generator)
    return features, features @ weight + 5 + 0.1 * torch.randn(60, 2, generator=generator)


def test_least_squares_agrees_with_scikit_learn(regression_problem: tuple[Tensor, Tensor]) -> None:
    features, targets = regression_problem
    model = LinearRegression(8, 2)
    assert model.fit_closed_form(features, targets) is model
    reference = SklearnLinearRegression().fit(features.double().numpy(), targets.double().numpy())
    np.testing.assert_allclose(model.linear.weight.detach(), reference.coef_, rtol=1e-5)
    np.testing.assert_allclose(model.linear.bias.detach(), reference.intercept_, rtol=1e-5)


@pytest.mark.parametrize("ridge", [1e-3, 1.0, 1e4])
def test_ridge_agrees_with_scikit_learn(regression_problem: tuple[Tensor, Tensor], ridge: float) -> None:
    features, targets = regression_problem
    model = LinearRegression(8, 2).fit_closed_form(features, targets, ridge=ridge)
    reference = Ridge(alpha=ridge, solver="svd").fit(features.double().numpy(), targets.double().numpy())
    np.testing.assert_allclose(model.linear.weight.detach(), reference.coef_, rtol=1e-5)
    np.testing.assert_allclose(model.linear.bias.detach(), reference.intercept_, rtol=1e-5)


@pytest.mark.parametrize("rows", [7, 1])
def test_least_squares_is_the_same_however_many_rows_are_taken_at_a_time(
    regression_problem: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    features, targets = regression_problem
    in_features, out_features = features.shape[1], targets.shape[1]
    whole = LinearRegression(in_features, out_features).fit_closed_form(features, targets, ridge=0.5)
    monkeypatch.setattr("fmnist_ref.linear._ROWS_AT_A_TIME", rows)
    parted = LinearRegression(in_features, out_features).fit_closed_form(features, targets, ridge=0.5)
    torch.testing.assert_close(parted.linear.weight, whole.linear.weight, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(parted.linear.bias, whole.linear.bias, rtol=1e-5, atol=1e-6)


def test_penalty_spares_the_bias(regression_problem: tuple[Tensor, Tensor]) -> None:
    features, targets = regression_problem
    model = LinearRegression(8, 2).fit_closed_form(features, targets, ridge=1e12)
    torch.testing.assert_close(model(features), targets.mean(dim=0).expand(60, 2), rtol=1e-4, atol=1e-4)


def test_dependent_inputs_get_the_solution_of_least_norm(regression_problem: tuple[Tensor, Tensor]) -> None:
    features, targets = regression_problem
    features = torch.cat([features, features[:, :3], torch.ones(60, 1)], dim=1)
    model = LinearRegression(12, 2).fit_closed_form(features, targets)
    x, y = features.double().numpy(), targets.double().numpy()
    least_norm = np.linalg.pinv(x - x.mean(axis=0)) @ (y - y.mean(axis=0))
    np.testing.assert_allclose(model.linear.weight.detach().T, least_norm, rtol=1e-5, atol=1e-7)


def test_closed_form_has_no_gradient_left(regression_problem: tuple[Tensor, Tensor]) -> None:
    features, targets = regression_problem
    model = LinearRegression(8, 2).fit_closed_form(features, targets)
    (model(features) - targets).square().mean().backward()
    assert model.linear.weight.grad is not None
    torch.testing.assert_close(model.linear.weight.grad, torch.zeros(2, 8), rtol=0, atol=1e-5)


def test_closed_form_leaves_float64_features_as_they_are(regression_problem: tuple[Tensor, Tensor]) -> None:
    features, targets = (tensor.double() for tensor in regression_problem)
    before = features.clone()
    LinearRegression(8, 2).fit_closed_form(features, targets)
    assert torch.equal(features, before)


@pytest.mark.parametrize("ridge", [-1.0, float("nan"), float("inf")])
def test_ridge_must_be_finite_and_not_negative(ridge: float) -> None:
    with pytest.raises(ConfigurationError, match=r"^ridge must be a finite number of at least 0; found "):
        LinearRegression(2, 1).fit_closed_form(torch.ones(3, 2), torch.ones(3, 1), ridge=ridge)


@pytest.mark.parametrize(
    ("features", "targets"), [((3, 5), (3, 1)), ((3, 2), (3, 4)), ((3, 2), (4, 1)), ((0, 2), (0, 1))]
)
def test_closed_form_names_shapes_that_do_not_fit(features: tuple[int, int], targets: tuple[int, int]) -> None:
    with pytest.raises(ConfigurationError, match=r"^features must have 2 columns and targets 1, .* found shapes \["):
        LinearRegression(2, 1).fit_closed_form(torch.ones(features), torch.ones(targets))


def test_columns_of_very_different_scale_keep_their_digits() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(200, 3, dtype=torch.float64, generator=generator) * torch.tensor([1.0, 1e-9, 1.0])
    weight = torch.tensor([[2.0, 3e9, -5.0]], dtype=torch.float64)
    model = LinearRegression(3, 1).double().fit_closed_form(features, features @ weight.T + 1)
    torch.testing.assert_close(model.linear.weight.detach(), weight, rtol=1e-5, atol=0)
    torch.testing.assert_close(model.linear.bias.detach(), torch.ones(1).double(), rtol=1e-5, atol=1e-5)


def test_nearly_dependent_columns_keep_their_digits() -> None:
    generator = torch.Generator().manual_seed(0)
    first, apart = torch.randn(2, 200, 1, dtype=torch.float64, generator=generator)
    features = torch.cat([first, first + 1e-9 * apart], dim=1)  # X'X would be singular in float64
    weight = torch.tensor([[2.0, -1.0]], dtype=torch.float64)
    model = LinearRegression(2, 1).double().fit_closed_form(features, features @ weight.T)
    torch.testing.assert_close(model.linear.weight.detach(), weight, rtol=1e-4, atol=0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("which", ["features", "targets"])
def test_values_that_are_not_finite_are_refused(capfd: pytest.CaptureFixture[str], bad: float, which: str) -> None:
    values = {"features": torch.ones(5, 2), "targets": torch.ones(5, 1)}
    values[which][3, 0] = bad
    with pytest.raises(ConfigurationError, match=rf"^{which} must be finite numbers; found NaN or infinity in 1 of \d"):
        LinearRegression(2, 1).fit_closed_form(**values)
    assert capfd.readouterr() == ("", "")  # nothing from LAPACK


@pytest.mark.parametrize("name", ["features", "targets"])
def test_tensors_without_values_are_refused(name: str) -> None:
    values = {"features": torch.randn(9, 2), "targets": torch.randn(9, 1)}
    values[name] = values[name].to("meta")
    with pytest.raises(ConfigurationError, match=rf"^{name} must have values; found a tensor on the meta device"):
        LinearRegression(2, 1).fit_closed_form(**values)


@pytest.mark.parametrize("ridge", [np.float32(0.5), np.int64(2), torch.tensor(0.5)])
def test_a_penalty_may_be_a_numpy_number_or_a_scalar_tensor(regression_problem: tuple[Tensor, Tensor], ridge) -> None:
    one, other = (LinearRegression(8, 2).fit_closed_form(*regression_problem, ridge=r) for r in (ridge, float(ridge)))
    assert torch.equal(one.linear.weight, other.linear.weight)


def test_the_default_device_plays_no_part(regression_problem: tuple[Tensor, Tensor]) -> None:
    features, targets = regression_problem
    model = LinearRegression(8, 2)
    with torch.device("meta"):
        model.fit_closed_form(features, targets)
    torch.testing.assert_close(model(features), targets, atol=0.5, rtol=0)
