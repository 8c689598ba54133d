"""Cross-entropy, and what becomes of it when a network has already applied softmax."""

import math
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from fmnist_ref._checks import require_positive_integer
from fmnist_ref.errors import ConfigurationError

__all__ = ["DoubleSoftmaxBounds", "cross_entropy", "double_softmax_bounds"]


def cross_entropy(logits: Float[Tensor, "batch classes"], labels: Int64[Tensor, " batch"]) -> Float[Tensor, ""]:
    r"""
    Return the mean cross-entropy of the labels under the softmax of the logits.

    Parameters
    ----------
    logits : Float[Tensor, "batch classes"]
        Unnormalised scores, one row for each image. They are not probabilities: the softmax is applied here.
    labels : Int64[Tensor, "batch"]
        The true classes, each from 0 to ``classes - 1``.

    Returns
    -------
    Float[Tensor, ""]
        The mean over the batch, in nats per image.

    See Also
    --------
    double_softmax_bounds : What this loss can be at all when it is given probabilities by mistake.
    torch.nn.functional.cross_entropy : The function that does the work.

    Notes
    -----
    For logits :math:`z_{i1}, \dots, z_{iK}` and label :math:`y_i` of image :math:`i`,

    .. math:: L = -\frac{1}{B} \sum_{i=1}^{B} \log p_{i y_i},
        \qquad p_{ik} = \frac{e^{z_{ik}}}{\sum_{j=1}^{K} e^{z_{ij}}}.

    This is minus the mean log-likelihood of the labels, so that minimising it is maximising the likelihood
    [1]_. Its derivative with respect to :math:`z_{ik}` is :math:`(p_{ik} - [k = y_i]) / B`. The logarithm of
    the softmax is evaluated in one step, which does not overflow.

    References
    ----------
    .. [1] C. M. Bishop, *Pattern Recognition and Machine Learning*, Springer, 2006, section 4.3.4.

    Examples
    --------
    Ten equal scores are the uniform guess, whose loss is log 10:

    >>> import torch
    >>> print(f"{cross_entropy(torch.zeros(1, 10), torch.tensor([3])).item():.4f}")
    2.3026
    """
    return F.cross_entropy(logits, labels)


class DoubleSoftmaxBounds(NamedTuple):
    """
    The values that cross-entropy can take, in nats, when its input has been through softmax before.

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
    >>> double_softmax_bounds(10)._fields
    ('lowest', 'uniform', 'highest')
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
    never comes near 0. At equal probabilities the second softmax also shrinks the gradient with respect to
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
