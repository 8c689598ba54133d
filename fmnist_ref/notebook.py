"""
The notebook's mistake, kept to be measured: its network ends in a softmax, to which its loss applies another.

Nothing here is meant to be trained with. Use `MLP` and `cross_entropy`.
"""

import math
from dataclasses import dataclass

from torch import Tensor

from fmnist_ref._checks import require_positive_integer
from fmnist_ref.errors import ConfigurationError
from fmnist_ref.models import MLP

__all__ = ["DoubleSoftmaxBounds", "PublishedNN", "double_softmax_bounds"]


class PublishedNN(MLP):
    """
    The notebook's network: 784 pixels, 128 hidden units with ReLU, 10 outputs, and a softmax at its end.

    See Also
    --------
    MLP : The same network without the softmax. Made under the same seed, it starts from the same weights.
    double_softmax_bounds : What cross-entropy can be when it is applied to this network's outputs.

    Notes
    -----
    It shows what the softmax costs: PyTorch's cross-entropy applies one itself, so that training this network
    with it applies two. For your own training, use :class:`MLP`.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import PublishedNN
    >>> probabilities = PublishedNN()(torch.zeros(2, 28, 28))
    >>> torch.allclose(probabilities.sum(dim=1), torch.ones(2))
    True
    """

    def __init__(self) -> None:
        super().__init__(hidden=(128,))

    def forward(self, images: Tensor) -> Tensor:
        """
        Return the probabilities that the network gives to the classes.

        Parameters
        ----------
        images : Float[Tensor, "batch ..."]
            Images as rows or of shape [28, 28] or [1, 28, 28] each; they are flattened.

        Returns
        -------
        Float[Tensor, "batch classes"]
            One probability for each class; each row adds up to 1.
        """
        probabilities: Tensor = self.layers(images).softmax(dim=1)
        return probabilities


@dataclass(frozen=True)
class DoubleSoftmaxBounds:
    """
    The values that cross-entropy can take, in nats, when its input has already been through softmax.

    Attributes
    ----------
    lowest : float
        All probability on the true class.
    uniform : float
        Equal probabilities: the same as without the mistake, log K.
    highest : float
        All probability on one wrong class.

    See Also
    --------
    double_softmax_bounds : Computes them.

    Examples
    --------
    >>> from fmnist_ref import double_softmax_bounds
    >>> bounds = double_softmax_bounds(10)
    >>> bounds.highest - bounds.lowest
    1.0
    """

    lowest: float
    uniform: float
    highest: float


def double_softmax_bounds(num_classes: int = 10) -> DoubleSoftmaxBounds:
    r"""
    Return the lowest, uniform and highest cross-entropy of softmax outputs taken for logits.

    Parameters
    ----------
    num_classes : int, default 10
        How many classes there are, at least 2.

    Returns
    -------
    DoubleSoftmaxBounds
        The three losses, in nats.

    Raises
    ------
    ConfigurationError
        If `num_classes` is not a whole number of at least 2.

    See Also
    --------
    cross_entropy : The loss that expects logits.
    PublishedNN : A network that makes the mistake.

    Notes
    -----
    A network that ends in softmax hands over probabilities :math:`p_k`, which add up to one. Read as logits,
    they give the loss

    .. math:: L = -p_y + \log \sum_{k=1}^{K} e^{p_k},

    which is least, :math:`\log(e + K - 1) - 1`, for :math:`p_y = 1`; greatest, :math:`\log(e + K - 1)`, where
    another class has all the probability; and :math:`\log K` for equal probabilities. So a perfect classifier
    never gets near 0. At equal probabilities the second softmax also shrinks the gradient with respect to
    the network's own logits to exactly :math:`1/K` of what it would be without it, since the softmax's
    Jacobian there is :math:`(I - \mathbf{1}\mathbf{1}^\top / K) / K`.

    Examples
    --------
    >>> bounds = double_softmax_bounds(10)
    >>> print(f"{bounds.lowest:.4f} {bounds.uniform:.4f} {bounds.highest:.4f}")
    1.4612 2.3026 2.4612
    """
    require_positive_integer("num_classes", num_classes)
    if num_classes < 2:
        raise ConfigurationError(
            "num_classes must be at least 2",
            f"{num_classes}",
            "Pass the number of classes, 10 for Fashion-MNIST.",
        )
    highest = math.log(math.e + num_classes - 1)
    return DoubleSoftmaxBounds(lowest=highest - 1, uniform=math.log(num_classes), highest=highest)
