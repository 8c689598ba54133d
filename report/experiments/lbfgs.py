"""The minimum of a penalised cross-entropy, with a bound that says how near it is."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor

from fmnist_ref import SoftmaxRegression, cross_entropy

MAX_EVALUATIONS = 1500


class Minimum(msgspec.Struct, frozen=True, kw_only=True):
    """How near L-BFGS came to the one minimum of its objective."""

    evaluations: int
    """Of the objective with its gradient, over all training images."""
    objective: float
    """Mean cross-entropy plus penalty, nats."""
    gradient_norm: float
    excess: float
    """The objective is at most so many nats above its minimum."""
    tolerance: float
    """The excess at which the fit was to stop, nats."""


def minimise(model: SoftmaxRegression, images: Tensor, labels: Tensor, penalty: float, tolerance: float) -> Minimum:
    """
    Bring mean cross-entropy plus ``penalty / 2`` times the squared parameters to its minimum by L-BFGS.

    The objective J is strongly convex with constant λ = `penalty`, so that it lies at most ‖∇J‖² / 2λ above its
    minimum: that bound, and no count of iterations, says when to stop.
    """
    evaluations = 0
    optimizer = torch.optim.LBFGS(
        model.parameters(), max_iter=20, history_size=40, line_search_fn="strong_wolfe",
        tolerance_grad=0, tolerance_change=0,
    )  # fmt: skip

    def objective() -> Tensor:
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        squares = torch.stack([parameter.square().sum() for parameter in model.parameters()]).sum()
        value = cross_entropy(model(images), labels) + penalty / 2 * squares
        value.backward()
        return value.detach()

    while True:
        optimizer.step(objective)
        value = objective().item()  # the line search may have taken its last gradient elsewhere
        gradient = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
        norm = gradient.double().norm().item()
        excess = norm**2 / (2 * penalty)
        if excess <= tolerance or evaluations >= MAX_EVALUATIONS:
            return Minimum(
                evaluations=evaluations, objective=value, gradient_norm=norm, excess=excess, tolerance=tolerance
            )
