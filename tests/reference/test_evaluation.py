"""Evaluation and prediction: values, modes, and what is refused, word for word."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from fmnist_ref import MLP, ConfigurationError, DivergenceError, SoftmaxRegression, evaluate, predict


def tiny_model(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return MLP(hidden=(5,), in_features=6, num_classes=3)


@pytest.fixture
def tiny() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)
    return torch.randn(50, 6, generator=generator), torch.randint(3, (50,), generator=generator)


def test_evaluate_agrees_with_one_pass_in_float64(tiny: tuple[Tensor, Tensor]) -> None:
    images, labels = tiny
    model = tiny_model()
    outputs = model(images)
    score = evaluate(model, images, labels, batch_size=16)
    assert score.loss == pytest.approx(F.cross_entropy(outputs.double(), labels).item(), rel=1e-6)
    assert score.accuracy == np.mean(outputs.argmax(dim=1).numpy() == labels.numpy())
    assert score.num_images == 50


@given(batch_size=st.integers(1, 60))
@settings(max_examples=15)
def test_evaluate_does_not_depend_on_the_batch_size(batch_size: int) -> None:
    generator = torch.Generator().manual_seed(7)
    images, labels = torch.randn(50, 6, generator=generator), torch.randint(3, (50,), generator=generator)
    model = tiny_model()
    score, whole = evaluate(model, images, labels, batch_size=batch_size), evaluate(model, images, labels)
    assert score.loss == pytest.approx(whole.loss, rel=1e-6)
    assert score.accuracy == whole.accuracy


def test_evaluate_restores_the_mode_of_every_layer(tiny: tuple[Tensor, Tensor]) -> None:
    frozen = nn.BatchNorm1d(6).eval()
    model = nn.Sequential(frozen, nn.Dropout(0.5), nn.Linear(6, 3))
    model[1].train()
    first, second = evaluate(model, *tiny), evaluate(model, *tiny)
    assert first == second  # no dropout, no update of the running statistics
    assert [module.training for module in model] == [False, True, True]


def test_evaluate_restores_the_mode_after_an_error(tiny: tuple[Tensor, Tensor]) -> None:
    model = tiny_model().train()
    with pytest.raises(ConfigurationError):
        evaluate(model, tiny[0][:, :5], tiny[1])
    assert model.training


def test_evaluate_takes_another_loss(tiny: tuple[Tensor, Tensor]) -> None:
    images, labels = tiny
    score = evaluate(tiny_model(), images, labels, batch_size=7, loss_function=lambda outputs, _: outputs.new_ones(()))
    assert score.loss == 1.0


def test_predict_are_the_outputs_without_gradients(tiny: tuple[Tensor, Tensor]) -> None:
    images, _ = tiny
    model = tiny_model().train()
    logits = predict(model, images, batch_size=16)
    torch.testing.assert_close(logits, model(images).detach())
    assert not logits.requires_grad
    assert not logits.is_inference()
    assert model.training


@pytest.mark.parametrize("batch_size", [0, True, 2.5])
def test_passes_need_a_positive_batch_size(tiny: tuple[Tensor, Tensor], batch_size: object) -> None:
    for call in (
        lambda: evaluate(tiny_model(), *tiny, batch_size=batch_size),
        lambda: predict(tiny_model(), tiny[0], batch_size=batch_size),
    ):
        with pytest.raises(ConfigurationError, match=r"^batch_size must be an int of at least 1; found "):
            call()


def test_weighted_classes_count_the_same_whatever_the_batch_size(tiny: tuple[Tensor, Tensor]) -> None:
    weighted = nn.CrossEntropyLoss(torch.tensor([1.0, 20.0, 0.1]))
    model = tiny_model()
    expected = weighted(model(tiny[0]), tiny[1]).item()
    for batch_size in (1, 7, 50, 2**64):
        score = evaluate(model, *tiny, loss_function=weighted, batch_size=batch_size)
        assert score.loss == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_does_not_overflow(dtype: torch.dtype) -> None:
    model = SoftmaxRegression(2, 10).to(dtype)
    nn.init.zeros_(model.linear.weight)
    nn.init.zeros_(model.linear.bias)
    score = evaluate(model, torch.zeros(60_000, 2, dtype=dtype), torch.zeros(60_000).long())
    assert score.loss == pytest.approx(math.log(10), rel=1e-5)


def test_outputs_that_are_no_numbers_have_no_accuracy(tiny: tuple[Tensor, Tensor]) -> None:
    images = tiny[0].clone()
    images[3] = math.nan
    with pytest.raises(DivergenceError, match=r"^the outputs must be numbers; found NaN for 1 of 50 images\. Train"):
        evaluate(tiny_model(), images, tiny[1])


@pytest.mark.parametrize("outputs", [1, None])
def test_outputs_must_be_of_classes(tiny: tuple[Tensor, Tensor], outputs: int | None) -> None:
    model = nn.Sequential(nn.Linear(6, outputs or 3), nn.Flatten() if outputs else nn.Unflatten(1, (3, 1)))
    with pytest.raises(
        ConfigurationError, match=r"^the model must return outputs of shape \[images, classes\], .*; found"
    ):
        evaluate(model, tiny[0], tiny[1].clamp(max=0))


def test_predictions_under_inference_mode_are_those_outside(tiny: tuple[Tensor, Tensor]) -> None:
    model = tiny_model()
    with torch.inference_mode():
        inside, score = predict(model, tiny[0]), evaluate(model, *tiny)
    assert torch.equal(inside, predict(model, tiny[0]))
    assert score == evaluate(model, *tiny)


def test_evaluating_and_predicting_draw_no_random_numbers(tiny: tuple[Tensor, Tensor]) -> None:
    before = torch.get_rng_state()
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(6, 3))
    torch.set_rng_state(before)
    evaluate(model, *tiny), predict(model, tiny[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_that_drops_rows_is_refused(tiny: tuple[Tensor, Tensor]) -> None:
    class Pools(SoftmaxRegression):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(images)[::2]

    for call in (lambda: evaluate(Pools(6, 3), *tiny), lambda: predict(Pools(6, 3), tiny[0])):
        with pytest.raises(
            ConfigurationError, match=r"one row for each of the 50 images of a batch; found a tensor of sha"
        ):
            call()
