"""Penalised softmax regression, fitted by L-BFGS until a bound says that its minimum is near, for one penalty or several."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor, nn

from fmnist_ref import SoftmaxRegression, confusion_matrix, cross_entropy, predict
from report.experiments.tuning import best_penalty
from report.plan import Images

MAX_EVALUATIONS = 1500


class LBFGSResult(msgspec.Struct, frozen=True, kw_only=True):
    """Where L-BFGS stopped."""

    evaluations: int
    """Of the objective with its gradient, over all training images."""
    objective: float
    """Mean cross-entropy plus penalty, nats."""
    gradient_norm: float
    excess: float
    """Upper bound on how far the objective is above its minimum, nats."""
    tolerance: float
    """The excess at which the fit was to stop, nats."""


def minimise(model: SoftmaxRegression, images: Tensor, labels: Tensor, penalty: float, tolerance: float) -> LBFGSResult:
    """
    Minimise mean cross-entropy plus ``penalty / 2`` times the squared parameters by L-BFGS.

    The objective J is strongly convex with constant λ = `penalty`, so it is at most ‖∇J‖² / 2λ above its minimum. That
    bound decides when to stop, and not a number of iterations.
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
        value = objective().item()  # the line search may have evaluated its last gradient at another point
        gradient = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
        norm = gradient.double().norm().item()
        excess = norm**2 / (2 * penalty)
        if excess <= tolerance or evaluations >= MAX_EVALUATIONS:
            return LBFGSResult(
                evaluations=evaluations, objective=value, gradient_norm=norm, excess=excess, tolerance=tolerance
            )


def fit_path(
    model: SoftmaxRegression, train: Images, validation: Images, penalties: list[float], tolerance: float
) -> tuple[list[float], list[list[int]]]:
    """
    Fit every penalty, each from the fit before it, and leave the model as the best of them on the validation images.

    Returns
    -------
    list of float
        Validation loss of each penalty, nats.
    list of list of int
        Confusion matrix of the best one.
    """
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    losses, states, confusions = [], [], []
    for penalty in penalties:
        minimise(model, train.images, train.labels, penalty, tolerance)
        logits = predict(model, validation.images)
        losses.append(cross_entropy(logits, validation.labels).item())
        states.append({name: value.clone() for name, value in model.state_dict().items()})
        confusions.append(confusion_matrix(logits, validation.labels).tolist())
    chosen = penalties.index(best_penalty(penalties, losses))
    model.load_state_dict(states[chosen])
    return losses, confusions[chosen]
