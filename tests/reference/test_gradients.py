"""Gradient noise against loops of autograd over single images, and against the theory of sampling."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import prune

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


class Other(nn.Module):
    """A linear layer, and around it what `variant` says."""

    def __init__(self, variant: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(6, 3)
        self.variant = variant
        if variant == "unused":
            self.unused = nn.Linear(6, 3)
        if variant == "pruned":
            prune.l1_unstructured(self.linear, "weight", amount=0.5)

    def forward(self, images: Tensor) -> Tensor:
        if self.variant == "writes":
            images = images.mul_(1)
            images[:, 0] = 0
        if self.variant == "caches":
            self.kept = images * 2
        outputs = self.linear(images)
        return outputs.detach() if self.variant == "detached" else outputs


Measure = Callable[[nn.Module, Tensor, Tensor], object]


def variance_of_five_batches(model: nn.Module, images: Tensor, labels: Tensor, **arguments: Any) -> float:
    return gradient_variance(model, images, labels, batch_size=8, num_batches=5, **arguments)


@pytest.fixture(params=[gradient_noise_scale, variance_of_five_batches])
def measure(request: pytest.FixtureRequest) -> Measure:
    """Each of the two measures of noise."""
    return request.param


@pytest.mark.parametrize("variant", ["unused", "caches"])
def test_what_does_not_reach_the_outputs_has_no_part(
    tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure, variant: str
) -> None:
    _, images, labels = tiny
    assert measure(Other(variant), images, labels) == measure(Other("plain"), images, labels)


def test_pruned_weights_make_no_noise(tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure) -> None:
    _, images, labels = tiny
    made_permanent = Other("pruned")
    prune.remove(made_permanent.linear, "weight")
    made_permanent.linear.weight.register_hook(lambda gradient: gradient * (made_permanent.linear.weight != 0))
    rows = gradients_by_loop(made_permanent, images, labels)
    if measure is gradient_noise_scale:
        noise = gradient_noise_scale(Other("pruned"), images, labels)
        assert noise.trace_covariance == pytest.approx(np.cov(rows, rowvar=False).trace(), rel=1e-5)
    else:
        variance = gradient_variance(Other("pruned"), images, labels, batch_size=1, num_batches=500)
        assert variance == pytest.approx(np.cov(rows, rowvar=False).trace(), rel=0.2)


@pytest.mark.parametrize("variant", ["pruned", "caches"])
def test_attributes_that_a_forward_pass_sets_are_restored(
    tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure, variant: str
) -> None:
    _, images, labels = tiny
    model = Other(variant)
    before = {**vars(model), **vars(model.linear)}
    measure(model, images, labels)
    after = {**vars(model), **vars(model.linear)}
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)


def test_images_that_the_model_writes_into_are_copies(tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure) -> None:
    _, images, labels = tiny
    original = images.clone()
    measure(Other("writes"), images, labels)
    assert torch.equal(images, original)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_callers_may_have_turned_gradients_off(
    tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure, mode: type[torch.no_grad]
) -> None:
    model, images, labels = tiny
    expected = measure(model, images, labels)
    with mode():
        assert measure(model, images, labels) == expected
        assert measure(model, images.clone(), labels.clone()) == expected
        made_in_it = images.clone(), labels.clone()
    assert measure(model, *made_in_it) == expected


def test_images_may_come_from_a_computation(tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure) -> None:
    model, images, labels = tiny
    scale = torch.ones(6, requires_grad=True)
    assert measure(model, images * scale, labels) == measure(model, images, labels)
    assert scale.grad is None


@pytest.mark.parametrize("default", ["meta device", "float64"])
def test_defaults_of_device_and_dtype_do_not_matter(
    tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure, default: str
) -> None:
    expected = measure(*tiny)
    try:
        if default == "float64":
            torch.set_default_dtype(torch.float64)
        else:
            torch.set_default_device("meta")
        assert measure(*tiny) == expected
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)


def test_rounding_makes_no_negative_noise(tiny: tuple[nn.Module, Tensor, Tensor]) -> None:
    scales = []
    for seed in range(20):
        torch.manual_seed(seed)
        noise = gradient_noise_scale(MLP(), torch.randn(1, 784).expand(50, 784), torch.ones(50).long())
        assert noise.trace_covariance < 1e-5 * noise.squared_gradient_norm
        scales.append(noise.noise_scale)
    assert min(scales) == 0


def test_numbers_may_be_numpy_numbers_and_tensors(tiny: tuple[nn.Module, Tensor, Tensor]) -> None:
    numbers = {"batch_size": np.int64(4), "num_batches": torch.tensor(3), "seed": np.uint8(7)}
    assert gradient_variance(*tiny, **numbers) == gradient_variance(*tiny, batch_size=4, num_batches=3, seed=7)
    assert gradient_noise_scale(*tiny, num_images=np.int64(9)) == gradient_noise_scale(*tiny, num_images=9)


@pytest.mark.parametrize(
    ("loss_function", "message"),
    [
        (nn.CrossEntropyLoss(reduction="none"), r"^the loss must be a tensor of shape \[\], .* found shape \[2\]"),
        (lambda outputs, labels: F.cross_entropy(outputs, labels)[None], r"^the loss must be .* found shape \[1\]"),
        (nn.CrossEntropyLoss(reduction="sum"), r"^the loss must be the mean over the batch; found a loss that doubles"),
        (lambda outputs, labels: outputs.detach().mean(), r"^the loss must depend on the model's parameters; found "),
    ],
)
def test_losses_that_are_no_mean_of_the_outputs_are_refused(
    tiny: tuple[nn.Module, Tensor, Tensor], measure: Callable[..., object], loss_function: Any, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        measure(*tiny, loss_function=loss_function)


def test_models_without_a_gradient_are_refused(tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure) -> None:
    _, images, labels = tiny
    with pytest.raises(ConfigurationError, match=r"^the loss must depend on the model's parameters; found .*detach"):
        measure(Other("detached"), images, labels)


def test_gradients_that_are_not_finite_are_refused(tiny: tuple[nn.Module, Tensor, Tensor], measure: Measure) -> None:
    model, images, labels = tiny
    with pytest.raises(ConfigurationError, match=r"^the gradients must be finite; found nan .* diverge"):
        measure(model, images * math.nan, labels)


@pytest.mark.parametrize("num_images", [1, 41])
def test_noise_needs_two_images_and_no_more_than_there_are(
    tiny: tuple[nn.Module, Tensor, Tensor], num_images: int
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^the noise needs at least 2 images, .* found {num_images}\."):
        gradient_noise_scale(*tiny, num_images=num_images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size must be an int of at least 1; found 0"),
        ({"num_batches": 2.0}, "num_batches must be an int of at least 1; found 2.0"),
        ({"num_batches": 1}, "num_batches must be at least 2; found 1"),
        ({"seed": -1}, "seed must be an int from 0 "),
        ({"batch_size": 2**64}, "batch_size must be at most 10,000,000; found 18,446,744,073,709,551,616"),
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
