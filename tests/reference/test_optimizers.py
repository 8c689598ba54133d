"""The update against torch.optim.SGD, and the parts of an optimizer that PyTorch's own tools use."""

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn

from fmnist_ref import ConfigurationError, PlainSGD


def gradients(weight: nn.Parameter) -> None:
    (weight.square().sum() + weight.sum()).backward()


def parameters() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(300, generator=generator)) for _ in range(2)]


def test_steps_are_those_of_torch_optim_sgd_bit_for_bit() -> None:
    ours, theirs = parameters(), parameters()
    optimizers = PlainSGD(ours, lr=0.037), torch.optim.SGD(theirs, lr=0.037)
    for _ in range(5):
        for optimizer, weights in zip(optimizers, (ours, theirs), strict=True):
            optimizer.zero_grad()
            gradients(weights[0])
            optimizer.step()
    assert torch.equal(ours[0], theirs[0])
    assert torch.equal(ours[1], parameters()[1])  # never had a gradient


def test_groups_have_their_own_rates() -> None:
    slow, fast = parameters()
    before = [weight.detach().clone() for weight in (slow, fast)]
    optimizer = PlainSGD([{"params": [slow], "lr": 0.125}, {"params": [fast]}], lr=0.5)
    for weight in (slow, fast):
        weight.sum().backward()
    optimizer.step()
    assert torch.equal(slow, before[0] - 0.125)
    assert torch.equal(fast, before[1] - 0.5)


def test_schedulers_and_saved_states_work() -> None:
    (weight, _) = parameters()
    optimizer = PlainSGD([weight], lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    weight.sum().backward()
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 0.5
    other = PlainSGD([weight])
    other.load_state_dict(optimizer.state_dict())
    for copied in (other, copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):  # noqa: S301 - our own bytes
        assert copied.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("set_to_none", [True, False])
def test_gradients_are_cleared(set_to_none: bool) -> None:
    (weight, unused) = parameters()
    gradients(weight)
    PlainSGD([weight, unused]).zero_grad(set_to_none=set_to_none)
    assert unused.grad is None
    assert weight.grad is None if set_to_none else torch.equal(weight.grad, torch.zeros(300))


def test_a_closure_is_evaluated_with_gradients() -> None:
    (weight, _) = parameters()
    before = weight.detach().clone()
    optimizer = PlainSGD([weight], lr=0.25)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = weight.sum()
        loss.backward()
        return loss

    with torch.no_grad():
        assert optimizer.step(closure) == before.sum()
    assert torch.equal(weight, before - 0.25)


@pytest.mark.parametrize("lr", [0, -0.1, float("nan"), float("inf"), "0.1", None, True])
def test_the_rate_must_be_positive_and_finite(lr: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^lr must be a finite float above 0; found "):
        PlainSGD(parameters(), lr=lr)
