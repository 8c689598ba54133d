"""The notebook's network with its gradients written by hand: the leanest training that PyTorch's operations allow."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import MLP

_relu_backward = torch.ops.aten.threshold_backward.grad_input


@dataclass(frozen=True)
class Buffers:
    """Memory for one batch, used again in every step."""

    images: Float[Tensor, "batch features"]
    labels: Int64[Tensor, " batch"]
    hidden: Float[Tensor, "batch units"]
    outputs: Float[Tensor, "batch classes"]
    """Logits, then log-probabilities, then the gradient of the logits."""
    hidden_gradient: Float[Tensor, "batch units"]
    ones: Float[Tensor, " batch"]
    minus_ones: Float[Tensor, "batch 1"]

    @classmethod
    def of(cls, size: int, features: int, units: int, classes: int) -> Buffers:
        """Allocate the buffers for batches of `size` images."""
        return cls(
            images=torch.empty(size, features),
            labels=torch.empty(size, dtype=torch.int64),
            hidden=torch.empty(size, units),
            outputs=torch.empty(size, classes),
            hidden_gradient=torch.empty(size, units),
            ones=torch.ones(size),
            minus_ones=torch.full((size, 1), -1.0),
        )


@torch.inference_mode()
def hand_written_epoch(
    model: MLP,
    images: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    batch_size: int,
    learning_rate: float = 0.01,
    seed: int = 0,
) -> Float[Tensor, " steps"]:
    """
    Train for one epoch as `fmnist_ref.fit` does, without autograd and without new memory in a step.

    Parameters
    ----------
    model : MLP
        With one hidden layer and ReLU; trained in place.
    images, labels : Float[Tensor, "n ..."], Int64[Tensor, "n"]
        Normalised images and their classes, on the CPU.
    batch_size : int
        Images in each step; the last may have fewer.
    learning_rate : float
        Step length as a multiple of the gradient.
    seed : int
        Seed of the data order.

    Returns
    -------
    Float[Tensor, "steps"]
        The mean loss of every batch.
    """
    weight1, bias1, weight2, bias2 = (parameter.data for parameter in model.parameters())
    columns1, columns2 = weight1.t(), weight2.t()
    sizes = (weight1.shape[1], len(weight1), len(weight2))
    rows = images.flatten(1)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    buffers = Buffers.of(batch_size, *sizes)
    losses = []
    for batch in order.split(batch_size):
        if len(batch) != len(buffers.ones):  # the last batch
            buffers = Buffers.of(len(batch), *sizes)
        inputs, targets, hidden, outputs = buffers.images, buffers.labels, buffers.hidden, buffers.outputs
        torch.index_select(rows, 0, batch, out=inputs)
        torch.index_select(labels, 0, batch, out=targets)

        torch.addmm(bias1, inputs, columns1, out=hidden)
        hidden.relu_()
        torch.addmm(bias2, hidden, columns2, out=outputs)
        torch.log_softmax(outputs, 1, out=outputs)
        losses.append(F.nll_loss(outputs, targets))

        outputs.exp_().scatter_add_(1, targets.unsqueeze(1), buffers.minus_ones)  # times 1 / len(batch): below
        gradient = buffers.hidden_gradient
        torch.mm(outputs, weight2, out=gradient)
        _relu_backward(gradient, hidden, 0, grad_input=gradient)

        step = -learning_rate / len(batch)  # the products add the gradients to the weights at once
        weight1.addmm_(gradient.t(), inputs, alpha=step)
        bias1.addmv_(gradient.t(), buffers.ones, alpha=step)
        weight2.addmm_(outputs.t(), hidden, alpha=step)
        bias2.addmv_(outputs.t(), buffers.ones, alpha=step)
    return torch.stack(losses)
