"""Cross-entropy, from logits."""

import re

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from fmnist_ref.errors import ConfigurationError

__all__ = ["cross_entropy"]

_IGNORE_NONE = -(2**31)  # no label is this; PyTorch's default would leave out labels of -100


def cross_entropy(logits: Float[Tensor, "batch classes"], labels: Int64[Tensor, " batch"]) -> Float[Tensor, ""]:
    r"""
    Return the mean cross-entropy of the labels under the softmax of the logits.

    Parameters
    ----------
    logits : Float[Tensor, "batch classes"]
        Unnormalised scores, one row for each image. Don't apply softmax to them: this function does. It can't
        tell probabilities from logits, and computes the loss of :func:`double_softmax_bounds` from them.
    labels : Int64[Tensor, "batch"]
        The true classes, each from 0 to ``classes - 1``.

    Returns
    -------
    Float[Tensor, ""]
        The mean over the batch, in nats per image.

    Raises
    ------
    ConfigurationError
        If the shapes do not match, the logits are not floating-point numbers, or the labels are not int64 (class
        probabilities as labels are refused, too). Also if a label is not one of the columns, when the CPU computes.

    See Also
    --------
    double_softmax_bounds : The range of this loss when it is given probabilities by mistake.
    torch.nn.functional.cross_entropy : The function that computes it.

    Notes
    -----
    For logits :math:`z_{i1}, \dots, z_{iK}` and label :math:`y_i` of image :math:`i`,

    .. math:: L = -\frac{1}{B} \sum_{i=1}^{B} \log p_{i y_i},
        \qquad p_{ik} = \frac{e^{z_{ik}}}{\sum_{j=1}^{K} e^{z_{ij}}}.

    This is minus the mean log-likelihood of the labels, so that minimising it is maximising the likelihood
    [1]_. Its derivative with respect to :math:`z_{ik}` is :math:`(p_{ik} - [k = y_i]) / B`. The logarithm of
    the softmax is computed in one step, which does not overflow.

    On an accelerator the values of the labels are not checked, because each step would have to wait for the
    result. There a label out of range ends in an error of the device.

    References
    ----------
    .. [1] C. M. Bishop, *Pattern Recognition and Machine Learning*, Springer, 2006, section 4.3.4.

    Examples
    --------
    Ten equal scores are the uniform guess, whose loss is log 10:

    >>> import torch
    >>> loss = cross_entropy(torch.zeros(1, 10), torch.tensor([3]))
    >>> print(f"{loss.item():.4f}")
    2.3026
    """
    if not (
        isinstance(logits, Tensor)
        and isinstance(labels, Tensor)
        and logits.ndim == 2
        and logits.is_floating_point()
        and labels.dtype == torch.int64
        and labels.shape == logits.shape[:1] != (0,)
    ):
        raise ConfigurationError(
            "logits must be a floating-point tensor [batch, classes], and labels an int64 tensor [batch] of class numbers",
            f"{_describe(logits)} and {_describe(labels)}",
            "Pass the model's outputs before softmax, and for one-hot labels or probabilities their argmax(dim=1).",
        )
    try:
        return F.cross_entropy(logits, labels, ignore_index=_IGNORE_NONE)
    except (IndexError, RuntimeError) as error:
        label = re.search(r"(?:Target|index) (-?\d+) is out of bounds", str(error))
        if label is None:
            raise
        raise ConfigurationError(
            f"labels must be from 0 to {logits.shape[1] - 1}, one of the {logits.shape[1]} columns of the logits",
            label[1],
            "Count the classes from 0, and give the model one output for each class.",
        ) from error


def _describe(value: object) -> str:
    """Describe a tensor by its type and shape, and anything else by its type."""
    return f"{value.dtype} of shape {list(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
