"""Other ways to write the training step of `fit`, each tried for its speed: what is timed as `optimizations`."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import MLP, PlainSGD
from report.plan import Images

Step = Callable[[Tensor, Tensor], object]
"""Trains on the images and labels of one batch."""


class FusedLoss(torch.autograd.Function):
    """Cross-entropy as one node of the graph, whose backward pass writes over the probabilities."""

    @staticmethod
    def forward(ctx: Any, logits: Float[Tensor, "batch classes"], labels: Int64[Tensor, " batch"]) -> Tensor:
        """Return the mean loss, and keep the log-probabilities."""
        log_probabilities = logits.log_softmax(1)
        ctx.save_for_backward(log_probabilities, labels)
        return F.nll_loss(log_probabilities, labels)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Return the gradient of the logits."""
        log_probabilities, labels = ctx.saved_tensors
        return _loss_gradient(log_probabilities, labels).mul_(gradient), None


class FusedNetwork(torch.autograd.Function):
    """Network and loss as one node of the graph, with gradients written by hand."""

    @staticmethod
    def forward(
        ctx: Any, images: Tensor, labels: Tensor, weight1: Tensor, bias1: Tensor, weight2: Tensor, bias2: Tensor
    ) -> Tensor:
        """Return the mean loss, and keep what the gradients need."""
        hidden = torch.addmm(bias1, images, weight1.t()).relu_()
        log_probabilities = torch.addmm(bias2, hidden, weight2.t()).log_softmax(1)
        ctx.save_for_backward(images, labels, hidden, log_probabilities, weight2)
        return F.nll_loss(log_probabilities, labels)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of both layers' weights and biases."""
        images, labels, hidden, log_probabilities, weight2 = ctx.saved_tensors
        outputs = _loss_gradient(log_probabilities, labels).mul_(gradient)
        inputs = torch.ops.aten.threshold_backward(outputs.mm(weight2), hidden, 0)
        return None, None, inputs.t().mm(images), inputs.sum(0), outputs.t().mm(hidden), outputs.sum(0)


def _loss_gradient(log_probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of the mean loss with respect to the logits, in the memory of the log-probabilities."""
    size = len(labels)
    probabilities = log_probabilities.exp_()
    probabilities.scatter_add_(1, labels.unsqueeze(1), probabilities.new_full((size, 1), -1.0))
    return probabilities.div_(size)


def functional_loss(parameters: tuple[Tensor, ...], images: Tensor, labels: Tensor) -> Tensor:
    """Return the mean loss of the network with these weights and biases."""
    weight1, bias1, weight2, bias2 = parameters
    return F.cross_entropy(F.linear(F.linear(images, weight1, bias1).relu(), weight2, bias2), labels)


def functional_step(parameters: tuple[Tensor, ...], images: Tensor, labels: Tensor) -> Tensor:
    """Take a step by `torch.func`, in the memory of the parameters; return the loss."""
    loss: Tensor
    gradients, loss = torch.func.grad_and_value(functional_loss)(parameters, images, labels)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.sub_(gradient, alpha=0.01)
    return loss


def parameters_of(model: MLP) -> tuple[Tensor, ...]:
    """Return the weights and biases without their graph."""
    return tuple(parameter.detach() for parameter in model.parameters())


def graph_step(parameters: Sequence[Tensor], loss: Callable[[Tensor, Tensor], Tensor]) -> Step:
    """Return the step of `fit` with a loss of images and labels."""
    optimizer = PlainSGD(parameters, lr=0.01)

    def step(images: Tensor, labels: Tensor) -> Tensor:
        batch_loss = loss(images, labels)
        optimizer.zero_grad()
        batch_loss.backward()
        optimizer.step()
        return batch_loss.detach()

    return step


def fused_loss_step(model: MLP) -> Step:
    """Return the step of `fit` with the loss as one node."""
    return graph_step(list(model.parameters()), lambda images, labels: FusedLoss.apply(model(images), labels))


def fused_network_step(model: MLP) -> Step:
    """Return the step of `fit` with network and loss as one node."""
    parameters = list(model.parameters())
    return graph_step(parameters, lambda images, labels: FusedNetwork.apply(images, labels, *parameters))


def compiled_loss_step(model: MLP) -> Step:
    """Return the step of `fit` with forward and backward pass compiled."""
    return graph_step(
        list(model.parameters()), _compiled(lambda images, labels: F.cross_entropy(model(images), labels))
    )


def compiled_step(model: MLP) -> Step:
    """Return the step by `torch.func`, compiled as a whole with its update."""
    return partial(_compiled(functional_step), parameters_of(model))


def _compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    torch.compiler.config.force_disable_caches = True  # or a second run would not show the compiler's time
    warnings.filterwarnings("ignore", "dynamo_pgo force disabled")  # as intended
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # it warns where there is no CUDA
    compiled: Callable[..., Tensor] = torch.compile(function, dynamic=False)
    return compiled


def train_epoch(step: Step, images: Images, batch_size: int) -> None:
    """Train for one epoch in the order of `fit`, with any step."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    for batch in order.split(batch_size):
        step(images.images.index_select(0, batch), images.labels.index_select(0, batch))
