"""Models: shapes, initial weights, and the closed form against NumPy and scikit-learn."""

import numpy as np
import pytest
import torch
from torch import nn

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
    ("activation_layer", "function"),
    [(nn.ReLU, torch.relu), (nn.Tanh, torch.tanh), (nn.Identity, lambda x: x), (None, lambda x: x)],
)
def test_activation_stands_between_the_layers_and_not_after_the_last(activation_layer, function) -> None:
    torch.manual_seed(0)
    model = MLP(hidden=(5, 4), activation_layer=activation_layer, in_features=6, num_classes=3)
    first, second, last = (layer for layer in model.modules() if isinstance(layer, nn.Linear))
    inputs = torch.randn(7, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model(inputs), last(function(second(function(first(inputs))))))


def test_deep_network_without_activation_is_one_linear_map() -> None:
    torch.manual_seed(0)
    model = MLP(hidden=(5, 4), activation_layer=None, in_features=6, num_classes=3).double()
    a, b = torch.randn(2, 1, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model((a + b) / 2), (model(a) + model(b)) / 2)


@pytest.mark.parametrize(("given", "shown"), [("relu", "'relu'"), (nn.ReLU(), r"ReLU\(\)")])
def test_an_activation_that_is_no_class_is_refused(given, shown: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"^activation_layer must be a class .* found {shown}\. Pass the class"
    ):
        MLP(activation_layer=given)


@pytest.mark.parametrize("hidden", [128, np.int64(128), np.array(128), torch.tensor(128)])
def test_a_single_width_is_refused_with_the_way_to_write_it(hidden) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^hidden must be a sequence of widths; found .*128.*such as \(128,\)\.$"
    ):
        MLP(hidden=hidden)


def test_widths_may_be_numpy_integers_and_scalar_tensors() -> None:
    model = MLP(hidden=(np.int64(5), torch.tensor(4)), in_features=np.int32(6), num_classes=torch.tensor(3))
    assert [layer.out_features for layer in model.modules() if isinstance(layer, nn.Linear)] == [5, 4, 3]
    assert all(type(layer.in_features) is int for layer in model.modules() if isinstance(layer, nn.Linear))


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is")
@pytest.mark.parametrize("make", [SoftmaxRegression, LinearRegression, MLP, PublishedNN])
def test_models_can_be_scripted(make: type[nn.Module]) -> None:
    model = made_under_seed_0(make)
    images = normalize(load_sample().images[:3])
    assert torch.equal(torch.jit.script(model)(images), model(images))


@pytest.mark.parametrize(
    "make",
    [
        lambda: MLP(hidden=(128, 0)),
        lambda: MLP(hidden=(True,)),
        lambda: MLP(in_features=0),
        lambda: MLP(num_classes=-1),
        lambda: SoftmaxRegression(in_features=1.5),
        lambda: SoftmaxRegression(num_classes=0),
        lambda: LinearRegression(in_features="784"),
        lambda: LinearRegression(out_features=0),
        lambda: resnet18(in_channels=0),
        lambda: resnet18(num_classes=None),
    ],
)
def test_sizes_must_be_positive_whole_numbers(make) -> None:
    with pytest.raises(ConfigurationError, match="must be an int of at least 1; found"):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda size: MLP(hidden=(size,)),
        lambda size: MLP(in_features=size),
        lambda size: MLP(num_classes=size),
        lambda size: SoftmaxRegression(in_features=size),
        lambda size: SoftmaxRegression(num_classes=size),
        lambda size: LinearRegression(in_features=size),
        lambda size: LinearRegression(out_features=size),
        lambda size: resnet18(in_channels=size),
        lambda size: resnet18(num_classes=size),
    ],
)
@pytest.mark.parametrize("size", [10**12, 2**64])
def test_sizes_that_would_fill_the_memory_are_refused(make, size: int) -> None:
    with pytest.raises(ConfigurationError, match=r" must be at most 10,000,000; found .*\. Pass a smaller number\.$"):
        make(size)


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
