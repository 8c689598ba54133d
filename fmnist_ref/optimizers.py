"""Plain stochastic gradient descent, short enough to read its update."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from fmnist_ref import _checks

__all__ = ["PlainSGD"]


class PlainSGD(torch.optim.Optimizer):
    r"""
    Stochastic gradient descent without momentum and weight decay.

    Parameters
    ----------
    params : iterable of torch.Tensor
        The parameters to train, or parameter groups, as for every optimizer of PyTorch.
    lr : float, default 0.01
        Learning rate: the step as a multiple of the gradient.

    Raises
    ------
    ConfigurationError
        If `lr` is not a finite number above 0.

    See Also
    --------
    fit : Trains with it by default.
    torch.optim.SGD : The same with momentum, weight decay and more.

    Notes
    -----
    A step moves every parameter against its gradient,

    .. math:: \theta \leftarrow \theta - \eta \, \nabla_\theta L,

    the method of Robbins and Monro [1]_ where :math:`L` is the loss of a random batch. The weights are those of
    ``torch.optim.SGD(params, lr)`` bit for bit. Without that optimizer's bookkeeping, an epoch of a small network takes
    less time.

    References
    ----------
    .. [1] H. Robbins and S. Monro, "A stochastic approximation method", *Annals of Mathematical Statistics*
       22, 400-407, 1951, https://doi.org/10.1214/aoms/1177729586.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import PlainSGD
    >>> weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    >>> optimizer = PlainSGD([weight], lr=0.1)
    >>> weight.square().sum().backward()  # the gradient is [2, 4]
    >>> optimizer.step()
    >>> weight.data
    tensor([0.8000, 1.6000])
    """

    def __init__(self, params: Iterable[Tensor] | Iterable[dict[str, Any]], lr: float = 0.01) -> None:
        super().__init__(params, {"lr": _checks.require_positive_number("lr", lr)})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """
        Move the parameters against their gradients; those without a gradient stay.

        Parameters
        ----------
        closure : callable, optional
            Evaluates the model again and returns the loss. Most training loops need none.

        Returns
        -------
        Any
            What the closure returns; None without one.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.sub_(parameter.grad, alpha=group["lr"])
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """
        Clear the gradients: `torch.optim.Optimizer.zero_grad` without its entry in the profiler.

        Parameters
        ----------
        set_to_none : bool, default True
            Whether to drop the gradients or to fill them with zeros.
        """
        if not set_to_none:
            super().zero_grad(set_to_none=False)
            return
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None
