"""Gradient noise against loops of autograd over single images, and against the theory of sampling."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmnist_ref import (
    MLP,
    ConfigurationError,
    SoftmaxRegression,
    gradient_noise_scale,
    gradient_variance,
    gradients,
)


@pytest.fixture
def tiny() -> tuple[nn.Module, Tensor, Tensor]:
    torch.manual_seed(0)
    model = MLP(hidden=(4,), activation_layer=torch.nn.Tanh, in_features=6, num_classes=3)
    return model, torch.randn(40, 6), torch.randint(3, (40,))


def gradients_by_loop(model: nn.Module, images: Tensor, labels: Tensor) -> np.ndarray:
    """Return one row of gradients for each image, by one backward pass each."""
    rows = []
    for image, label in zip(images, labels, strict=True):
        model.zero_grad()
        F.cross_entropy(model(image[None]), label[None]).backward()
        rows.append(np.concatenate([weight.grad.flatten().numpy() for weight in model.parameters()]))
    model.zero_grad()
    return np.array(rows, dtype=np.float64)


@pytest.mark.parametrize("images_in_chunk", [1, 7, 40, 1000])
def test_noise_scale_agrees_with_a_loop_over_images(
    tiny: tuple[nn.Module, Tensor, Tensor], images_in_chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = gradients_by_loop(*tiny)
    trace = np.cov(rows, rowvar=False).trace()
    squared_norm = np.sum(rows.mean(axis=0) ** 2) - trace / 40
    monkeypatch.setattr(gradients, "_CHUNK_BYTES", images_in_chunk * rows.shape[1] * 4)
    noise = gradient_noise_scale(*tiny)
    assert noise.trace_covariance == pytest.approx(trace, rel=1e-5)
    assert noise.squared_gradient_norm == pytest.approx(squared_norm, rel=1e-4)
    assert noise.noise_scale == pytest.approx(trace / squared_norm, rel=1e-4)


def test_noise_scale_of_a_whole_network_keeps_its_digits() -> None:
    """In a chunk of many large gradients, a sum in float32 from end to end would be off by a few ten-thousandths."""
    torch.manual_seed(0)
    model, images, labels = MLP(), torch.randn(60, 28, 28), torch.randint(10, (60,))
    noise = gradient_noise_scale(model, images, labels)
    exact = gradient_noise_scale(model.double(), images.double(), labels)
    assert noise.trace_covariance == pytest.approx(exact.trace_covariance, rel=1e-5)


def test_a_single_number_can_be_a_weight() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.tensor(2.0))

        def forward(self, images: Tensor) -> Tensor:
            return self.scale * images

    images, labels = torch.tensor([[1.0, 0.0], [0.0, 3.0], [2.0, 1.0]]), torch.tensor([0, 1, 1])
    rows = gradients_by_loop(Scaled(), images, labels)
    noise = gradient_noise_scale(Scaled(), images, labels)
    assert noise.trace_covariance == pytest.approx(rows.var(ddof=1), rel=1e-5)


def test_squared_norm_is_unbiased() -> None:
    """Over many draws the estimate averages to the known squared norm, which that of the mean gradient exceeds."""
    generator = torch.Generator().manual_seed(0)
    model = nn.Linear(3, 1, bias=False)  # with the output as the loss, an image is its own gradient

    def loss_function(outputs: Tensor, _: Tensor) -> Tensor:
        return outputs.mean()

    labels, mean = torch.zeros(5, dtype=torch.int64), torch.tensor([0.3, 0.0, -0.4])
    draws = [
        gradient_noise_scale(model, mean + torch.randn(5, 3, generator=generator), labels, loss_function=loss_function)
        for _ in range(400)
    ]
    estimates = [draw.squared_gradient_norm for draw in draws]
    standard_error = np.std(estimates) / 20
    assert np.mean(estimates) == pytest.approx(0.25, abs=4 * standard_error)
    assert np.mean(estimates) + 3 / 5 > 0.25 + 4 * standard_error
    assert np.mean([draw.trace_covariance for draw in draws]) == pytest.approx(3, rel=0.1)


def test_noise_without_signal_is_infinite() -> None:
    images = torch.tensor([[1.0], [-1.0]])
    noise = gradient_noise_scale(
        nn.Linear(1, 1, bias=False), images, torch.tensor([0, 0]), loss_function=lambda outputs, _: outputs.mean()
    )
    assert noise.squared_gradient_norm == pytest.approx(-1)
    assert noise.trace_covariance == pytest.approx(2)
    assert noise.noise_scale == math.inf


def test_equal_images_make_no_noise() -> None:
    torch.manual_seed(0)
    noise = gradient_noise_scale(SoftmaxRegression(4, 3), torch.ones(6, 4), torch.ones(6, dtype=torch.int64))
    assert noise.noise_scale == pytest.approx(0, abs=1e-6)


def test_num_images_takes_the_first(tiny: tuple[nn.Module, Tensor, Tensor]) -> None:
    model, images, labels = tiny
    assert gradient_noise_scale(model, images, labels, num_images=9) == gradient_noise_scale(
        model, images[:9], labels[:9]
    )


@pytest.mark.parametrize("batch_size", [1, 5, 20])
@pytest.mark.parametrize("replacement", [True, False])
def test_variance_of_batches_has_the_expectation_of_theory(
    tiny: tuple[nn.Module, Tensor, Tensor], batch_size: int, replacement: bool
) -> None:
    trace = gradient_noise_scale(*tiny).trace_covariance
    factor = 39 / 40 if replacement else 1 - batch_size / 40
    measured = gradient_variance(*tiny, batch_size=batch_size, num_batches=500, replacement=replacement)
    assert measured == pytest.approx(factor * trace / batch_size, rel=0.1)


@pytest.mark.parametrize("replacement", [True, False])
def test_variance_agrees_with_numpy_on_the_same_batches(
    tiny: tuple[nn.Module, Tensor, Tensor], replacement: bool
) -> None:
    rows = gradients_by_loop(*tiny)
    generator = torch.Generator().manual_seed(11)
    batches = [
        torch.randint(40, (6,), generator=generator) if replacement else torch.randperm(40, generator=generator)[:6]
        for _ in range(8)
    ]
    means = np.array([rows[batch.numpy()].mean(axis=0) for batch in batches])
    expected = means.var(axis=0, ddof=1).sum()
    measured = gradient_variance(*tiny, batch_size=6, num_batches=8, seed=11, replacement=replacement)
    assert measured == pytest.approx(expected, rel=1e-5)


def test_whole_set_without_replacement_has_no_variance(tiny: tuple[nn.Module, Tensor, Tensor]) -> None:
    assert gradient_variance(*tiny, batch_size=40, num_batches=4, replacement=False) == pytest.approx(0, abs=1e-12)


def test_measuring_leaves_model_and_random_state_alone(tiny: tuple[nn.Module, Tensor, Tensor]) -> None:
    model, _, _ = tiny
    before, random_state = [weight.clone() for weight in model.parameters()], torch.get_rng_state()
    gradient_noise_scale(*tiny)
    gradient_variance(*tiny, batch_size=4, num_batches=2)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert all(weight.grad is None for weight in model.parameters())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert model.training


def test_frozen_weights_have_no_part(tiny: tuple[nn.Module, Tensor, Tensor]) -> None:
    model, images, labels = tiny
    rows = gradients_by_loop(*tiny)
    model.layers[1].requires_grad_(False)
    rest = rows[:, 4 * 6 + 4 :]
    noise = gradient_noise_scale(model, images, labels)
    assert noise.trace_covariance == pytest.approx(np.cov(rest, rowvar=False).trace(), rel=1e-5)
    assert gradient_variance(model, images, labels, batch_size=1, num_batches=2) > 0


def test_layers_that_mix_images_are_held_in_evaluation_mode() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    noise = gradient_noise_scale(model, torch.randn(8, 4), torch.randint(3, (8,)))
    assert noise.trace_covariance > 0
    assert torch.equal(model[1].running_mean, torch.zeros(3))


@pytest.mark.parametrize("num_images", [1, 41])
def test_noise_needs_two_images_and_no_more_than_there_are(
    tiny: tuple[nn.Module, Tensor, Tensor], num_images: int
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^the noise needs 2 images or more, .* found {num_images}\."):
        gradient_noise_scale(*tiny, num_images=num_images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size must be an int of at least 1; found 0"),
        ({"num_batches": 2.0}, "num_batches must be an int of at least 1; found 2.0"),
        ({"num_batches": 1}, "num_batches must be at least 2; found 1"),
        ({"seed": -1}, "seed must be an int from 0 "),
        ({"batch_size": 41, "replacement": False}, "batch_size must be at most the 40 images; found 41"),
    ],
)
def test_variance_describes_arguments_out_of_range(
    tiny: tuple[nn.Module, Tensor, Tensor], arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        gradient_variance(*tiny, **{"batch_size": 4, "num_batches": 3, **arguments})
    assert message in str(caught.value)


def test_tensors_and_models_that_do_not_fit_are_refused(tiny: tuple[nn.Module, Tensor, Tensor]) -> None:
    model, images, labels = tiny
    with pytest.raises(ConfigurationError, match="images must be"):
        gradient_noise_scale(model, images.double(), labels)
    with pytest.raises(ConfigurationError, match="labels must be"):
        gradient_variance(model, images, labels[:-1], batch_size=2, num_batches=2)
    with pytest.raises(ConfigurationError, match="require a gradient"):
        gradient_noise_scale(model.requires_grad_(False), images, labels)
