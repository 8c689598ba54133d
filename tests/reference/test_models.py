"""Models: shapes, initial weights, and the closed form against NumPy and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression as SklearnLinearRegression
from sklearn.linear_model import Ridge
from torch import Tensor, nn

from fmnist_ref import (
    MLP,
    ConfigurationError,
    LinearRegression,
    PublishedNN,
    SoftmaxRegression,
    cross_entropy,
    fit,
    load_sample,
    normalize,
    resnet18,
)


def made_under_seed_0(make: type[nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return make()


@pytest.mark.parametrize("make", [SoftmaxRegression, LinearRegression, MLP, PublishedNN])
@pytest.mark.parametrize("shape", [(784,), (28, 28), (1, 28, 28)])
def test_images_of_any_layout_give_ten_outputs(make: type[nn.Module], shape: tuple[int, ...]) -> None:
    model = made_under_seed_0(make)
    images = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
    outputs = model(images)
    assert outputs.shape == (3, 10)
    assert torch.equal(outputs, model(images.reshape(3, 784)))


def test_mlp_and_published_network_start_from_the_same_bits() -> None:
    mlp, published = made_under_seed_0(MLP), made_under_seed_0(PublishedNN)
    ours, theirs = mlp.state_dict(), published.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_initial_weights_are_those_of_plain_linear_layers() -> None:
    mlp = made_under_seed_0(MLP)
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    assert all(torch.equal(a, b) for a, b in zip(mlp.parameters(), plain.parameters(), strict=True))
    images = normalize(load_sample().images).flatten(1)
    assert torch.equal(mlp(images), plain(images))


@pytest.mark.parametrize("make", [MLP, PublishedNN])
def test_published_shape_has_101770_parameters(make: type[nn.Module]) -> None:
    assert sum(parameter.numel() for parameter in make().parameters()) == 101_770


def test_published_network_is_the_softmax_of_the_mlp() -> None:
    mlp, published = made_under_seed_0(MLP), made_under_seed_0(PublishedNN)
    images = normalize(load_sample().images)
    torch.testing.assert_close(published(images), mlp(images).softmax(dim=1))


def test_no_hidden_layer_is_softmax_regression() -> None:
    torch.manual_seed(0)
    mlp = MLP(hidden=())
    softmax_regression = made_under_seed_0(SoftmaxRegression)
    images = normalize(load_sample().images)
    assert torch.equal(mlp(images), softmax_regression(images))


@pytest.mark.parametrize(
    ("activation", "function"),
    [("relu", torch.relu), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("identity", lambda x: x)],
)
def test_activation_stands_between_the_layers_and_not_after_the_last(activation, function) -> None:
    torch.manual_seed(0)
    model = MLP(hidden=(5, 4), activation=activation, num_features=6, num_classes=3)
    first, second, last = (layer for layer in model.modules() if isinstance(layer, nn.Linear))
    inputs = torch.randn(7, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model(inputs), last(function(second(function(first(inputs))))))


def test_deep_identity_network_is_one_linear_map() -> None:
    torch.manual_seed(0)
    model = MLP(hidden=(5, 4), activation="identity", num_features=6, num_classes=3).double()
    a, b = torch.randn(2, 1, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model((a + b) / 2), (model(a) + model(b)) / 2)


def test_unknown_activation_is_named_with_the_known_ones() -> None:
    message = r"activation must be one of relu, identity, tanh, sigmoid; found 'gelu'\. Pass one of these names\."
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        MLP(activation="gelu")


@pytest.mark.parametrize(
    "make",
    [
        lambda: MLP(hidden=(128, 0)),
        lambda: MLP(hidden=(True,)),
        lambda: MLP(num_features=0),
        lambda: MLP(num_classes=-1),
        lambda: SoftmaxRegression(num_features=1.5),
        lambda: SoftmaxRegression(num_classes=0),
        lambda: LinearRegression(num_features="784"),
        lambda: LinearRegression(num_outputs=0),
        lambda: resnet18(in_channels=0),
        lambda: resnet18(num_classes=None),
    ],
)
def test_sizes_must_be_positive_whole_numbers(make) -> None:
    with pytest.raises(ConfigurationError, match="must be an int of at least 1; found"):
        make()


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
    num_features, num_outputs = features.shape[1], targets.shape[1]
    whole = LinearRegression(num_features, num_outputs).fit_closed_form(features, targets, ridge=0.5)
    monkeypatch.setattr("fmnist_ref.models._ROWS_AT_A_TIME", rows)
    parted = LinearRegression(num_features, num_outputs).fit_closed_form(features, targets, ridge=0.5)
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


def test_resnet_takes_one_channel_and_learns() -> None:
    torch.manual_seed(0)
    model = resnet18()
    images = normalize(load_sample().images[:16]).unsqueeze(1)
    labels = load_sample().labels[:16]
    history = fit(model, images, labels, epochs=3, batch_size=16, learning_rate=0.05)
    assert history.running_loss[-1] < history.running_loss[0]


def test_resnet_as_published_refuses_one_channel() -> None:
    with pytest.raises(RuntimeError, match="to have 3 channels, but got 1 channels"):
        resnet18(in_channels=3)(torch.zeros(1, 1, 28, 28))


def test_resnet_stem_is_drawn_like_the_original() -> None:
    torch.manual_seed(0)
    stems = [resnet18(in_channels=channels, num_classes=4).conv1 for channels in (1, 3)]
    assert [stem.weight.shape for stem in stems] == [(64, 1, 7, 7), (64, 3, 7, 7)]
    assert [stem.weight.std().item() for stem in stems] == pytest.approx([(2 / (64 * 49)) ** 0.5] * 2, rel=0.05)
    assert stems[0].bias is None
    assert (stems[0].stride, stems[0].padding) == (stems[1].stride, stems[1].padding)


def test_resnet_has_as_many_outputs_as_classes() -> None:
    model = resnet18(num_classes=4)
    loss = cross_entropy(model(torch.randn(2, 1, 28, 28)), torch.tensor([0, 3]))
    assert loss.isfinite()
