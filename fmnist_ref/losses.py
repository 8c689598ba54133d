"""Cross-entropy, from logits."""

import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

__all__ = ["cross_entropy"]


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
