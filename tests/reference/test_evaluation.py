"""Evaluation and prediction: values, modes, and what is refused, word for word."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from fmnist_ref import MLP, ConfigurationError, evaluate, predict


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
@settings(max_examples=15, deadline=None)
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
    with pytest.raises(RuntimeError):
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
