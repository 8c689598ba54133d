"""One step of gradient descent, as `fit` takes it and `time_training_step` times it."""

from collections.abc import Iterable

import torch
from torch import nn


def descend(parameters: Iterable[nn.Parameter], learning_rate: float) -> None:
    """
    Move the parameters against their gradients, in place, and forget the gradients.

    The weights are those of `torch.optim.SGD` bit for bit. Written out, the step is free of the optimizer's bookkeeping,
    which takes a tenth of an epoch where a step is as short as it is for a small network.
    """
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:  # a parameter that the forward pass left out has none
                parameter.sub_(parameter.grad, alpha=learning_rate)
                parameter.grad = None
