"""How good predictions are: by their classes, by their probabilities, and by how far these can be trusted."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from fmnist_ref._checks import require_positive_integer
from fmnist_ref.errors import ConfigurationError

__all__ = [
    "Reliability",
    "accuracy",
    "balanced_accuracy",
    "brier_score",
    "confusion_matrix",
    "expected_calibration_error",
    "reliability",
]


def accuracy(logits: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> float:
    """
    Return the share of images whose largest output is that of their class.

    Parameters
    ----------
    logits : Float[Tensor, "n classes"]
        Outputs: logits, probabilities, or any other scores.
    labels : Int64[Tensor, "n"]
        The true classes.

    Returns
    -------
    float
        From 0 to 1. Of equal largest outputs the first counts.

    Raises
    ------
    ConfigurationError
        If there is not one row of outputs for each label, at least one, or a label is not one of the columns.

    See Also
    --------
    balanced_accuracy : Gives every class the same weight.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import accuracy
    >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0]))
    0.5
    """
    _require_rows(logits, labels)
    return (logits.argmax(dim=1) == labels).sum().item() / len(labels)


def balanced_accuracy(logits: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> float:
    r"""
    Return the mean, over the classes that occur, of the share of their images that is recognised.

    Parameters
    ----------
    logits : Float[Tensor, "n classes"]
        Outputs: logits, probabilities, or any other scores.
    labels : Int64[Tensor, "n"]
        The true classes.

    Returns
    -------
    float
        From 0 to 1. A rule that always names the same class scores one over the number of classes that occur.

    Raises
    ------
    ConfigurationError
        If there is not one row of outputs for each label, at least one, or a label is not one of the columns.

    See Also
    --------
    accuracy : Gives every image the same weight.

    Notes
    -----
    With :math:`n_k` images of class :math:`k`, of which :math:`c_k` are recognised, and :math:`K`
    classes with :math:`n_k > 0`, it is :math:`\frac{1}{K} \sum_k c_k / n_k` [1]_.

    References
    ----------
    .. [1] K. H. Brodersen, C. S. Ong, K. E. Stephan and J. M. Buhmann, "The balanced accuracy and its
       posterior distribution", *ICPR*, 2010, https://doi.org/10.1109/ICPR.2010.764.

    Examples
    --------
    Three images of one class and one of another, all called the first:

    >>> import torch
    >>> from fmnist_ref import accuracy, balanced_accuracy
    >>> logits, labels = torch.tensor([[1.0, 0.0]]).expand(4, 2), torch.tensor([0, 0, 0, 1])
    >>> accuracy(logits, labels), balanced_accuracy(logits, labels)
    (0.75, 0.5)
    """
    matrix = confusion_matrix(logits, labels).cpu().double()
    images = matrix.sum(dim=1)
    present = images > 0
    return (matrix.diagonal()[present] / images[present]).mean().item()


def confusion_matrix(
    logits: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"], num_classes: int | None = None
) -> Int64[Tensor, "classes classes"]:
    """
    Count the images of each class by the class that they are taken for.

    Parameters
    ----------
    logits : Float[Tensor, "n classes"]
        Outputs: logits, probabilities, or any other scores.
    labels : Int64[Tensor, "n"]
        The true classes.
    num_classes : int or None, default None
        Rows and columns, at least the columns of `logits`; None for as many as those.

    Returns
    -------
    Int64[Tensor, "classes classes"]
        Number of images of the row's class that are taken for the column's.

    Raises
    ------
    ConfigurationError
        If there is not one row of outputs for each label, at least one, or a label is not one of the columns,
        or `num_classes` is less than the number of columns.

    See Also
    --------
    accuracy : The share on the diagonal.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import confusion_matrix
    >>> confusion_matrix(torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 4.0]]), torch.tensor([0, 0, 1]))
    tensor([[1, 1],
            [0, 1]])
    """
    _require_rows(logits, labels)
    columns = logits.shape[1] if num_classes is None else num_classes
    require_positive_integer("num_classes", columns)
    if columns < logits.shape[1]:
        raise ConfigurationError(
            f"num_classes must be at least the {logits.shape[1]} columns of the outputs",
            f"{num_classes}",
            "Leave it out to have as many as columns.",
        )
    cells = labels * columns + logits.argmax(dim=1)
    return torch.bincount(cells, minlength=columns**2).view(columns, columns)


def brier_score(probabilities: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> float:
    r"""
    Return the mean squared distance of the probabilities from the one-hot labels, summed over the classes.

    Parameters
    ----------
    probabilities : Float[Tensor, "n classes"]
        One probability for each class. Outputs of least squares, which may leave [0, 1], are scored as they
        are.
    labels : Int64[Tensor, "n"]
        The true classes.

    Returns
    -------
    float
        From 0 to 2 for probabilities; lower is better.

    Raises
    ------
    ConfigurationError
        If there is not one row for each label, at least one, or a label is not one of the columns.

    See Also
    --------
    cross_entropy : The other proper score.
    expected_calibration_error : Whether probabilities are met by frequencies.

    Notes
    -----
    For probabilities :math:`p_{ik}` and label :math:`y_i` of image :math:`i`,

    .. math:: \frac{1}{n} \sum_{i=1}^{n} \sum_{k=1}^{K} \left(p_{ik} - [k = y_i]\right)^2.

    This is Brier's own form [1]_, over all classes. For two classes it is twice the form that scores the
    probability of one of them only.

    References
    ----------
    .. [1] G. W. Brier, "Verification of forecasts expressed in terms of probability", *Monthly Weather
       Review* 78, 1-3, 1950, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import brier_score
    >>> brier_score(torch.tensor([[0.5, 0.5], [1.0, 0.0]]), torch.tensor([0, 0]))
    0.25
    """
    _require_rows(probabilities, labels)
    one_hot = F.one_hot(labels, num_classes=probabilities.shape[1])
    return (probabilities - one_hot).cpu().double().square().sum(dim=1).mean().item()


@dataclass(frozen=True)
class Reliability:
    """
    What a reliability diagram shows, one entry for each bin of confidence.

    Attributes
    ----------
    confidence : Float64[Tensor, "bins"]
        Mean confidence of the bin's images; not a number where it has none.
    accuracy : Float64[Tensor, "bins"]
        Share of the bin's images that are recognised; not a number where it has none.
    count : Int64[Tensor, "bins"]
        Images in the bin.

    See Also
    --------
    reliability : Makes it.

    Examples
    --------
    >>> import torch
    >>> one_bin = Reliability(torch.tensor([0.9]).double(), torch.tensor([0.8]).double(), torch.tensor([100]))
    >>> one_bin.count
    tensor([100])
    """

    confidence: Float64[Tensor, " bins"]
    accuracy: Float64[Tensor, " bins"]
    count: Int64[Tensor, " bins"]


def reliability(
    probabilities: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"], num_bins: int = 15
) -> Reliability:
    r"""
    Return confidence and accuracy of the images, in bins of equal width of their confidence.

    Parameters
    ----------
    probabilities : Float[Tensor, "n classes"]
        One probability for each class; the largest of a row is the confidence.
    labels : Int64[Tensor, "n"]
        The true classes.
    num_bins : int, default 15
        Bins between 0 and 1.

    Returns
    -------
    Reliability
        Mean confidence, accuracy and count of each bin, on the CPU.

    Raises
    ------
    ConfigurationError
        If `num_bins` is not a positive whole number, a value is not a probability, or the shapes do not fit.

    See Also
    --------
    expected_calibration_error : The one number that sums it up.

    Notes
    -----
    Bin :math:`m` of :math:`M` holds the images whose confidence lies in :math:`((m - 1)/M, m/M]`,
    as in Guo et al. [1]_.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", *ICML*,
       2017, https://arxiv.org/abs/1706.04599.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import reliability
    >>> probabilities = torch.tensor([[0.75, 0.25], [0.75, 0.25], [1.0, 0.0]])
    >>> bins = reliability(probabilities, torch.tensor([0, 1, 0]), num_bins=4)
    >>> bins.count.tolist(), bins.accuracy[2:].tolist()
    ([0, 0, 2, 1], [0.5, 1.0])
    """
    require_positive_integer("num_bins", num_bins)
    _require_rows(probabilities, labels)
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-5)).all():  # a sum of float32 may exceed 1 by rounding
        raise ConfigurationError(
            "probabilities must lie between 0 and 1",
            f"{probabilities.min().item():g} to {probabilities.max().item():g}",
            "Pass logits.softmax(dim=1).",
        )
    confidence, predicted = probabilities.cpu().double().max(dim=1)
    hits = (predicted == labels.cpu()).double()
    inner_edges = torch.arange(1, num_bins, dtype=torch.float64) / num_bins
    bins = torch.bucketize(confidence, inner_edges)  # right edge included
    count = torch.bincount(bins, minlength=num_bins)
    return Reliability(
        confidence=torch.bincount(bins, weights=confidence, minlength=num_bins) / count,
        accuracy=torch.bincount(bins, weights=hits, minlength=num_bins) / count,
        count=count,
    )


def expected_calibration_error(
    probabilities: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"], num_bins: int = 15
) -> float:
    r"""
    Return how far confidence and accuracy are apart, on average over bins of confidence.

    Parameters
    ----------
    probabilities : Float[Tensor, "n classes"]
        One probability for each class; the largest of a row is the confidence.
    labels : Int64[Tensor, "n"]
        The true classes.
    num_bins : int, default 15
        Bins of equal width between 0 and 1.

    Returns
    -------
    float
        From 0, as confident as right, to 1. It depends on the number of bins, and is above 0 by chance alone
        in a finite sample.

    Raises
    ------
    ConfigurationError
        If `num_bins` is not a positive whole number, a value is not a probability, or the shapes do not fit.

    See Also
    --------
    reliability : The bins themselves.

    Notes
    -----
    With :math:`n_m` of the :math:`n` images in bin :math:`m`,

    .. math:: \mathrm{ECE} = \sum_{m=1}^{M} \frac{n_m}{n}
        \left| \mathrm{accuracy}_m - \mathrm{confidence}_m \right|,

    equation 3 of Guo et al. [1]_.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", *ICML*,
       2017, https://arxiv.org/abs/1706.04599.

    Examples
    --------
    Sure of all, and right in half:

    >>> import torch
    >>> from fmnist_ref import expected_calibration_error
    >>> expected_calibration_error(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1]))
    0.5
    """
    bins = reliability(probabilities, labels, num_bins)
    filled = bins.count > 0
    gaps = (bins.accuracy - bins.confidence)[filled].abs()
    return (gaps * bins.count[filled]).sum().item() / len(labels)


def _require_rows(outputs: Tensor, labels: Tensor) -> None:
    """Require one row of outputs for each label, and a column for each label's class."""
    if outputs.ndim != 2 or labels.dtype != torch.int64 or labels.shape != outputs.shape[:1] or len(labels) == 0:
        raise ConfigurationError(
            "outputs must have two axes and labels be int64, one for each row of the outputs",
            f"outputs of shape {list(outputs.shape)} and {labels.dtype} labels of shape {list(labels.shape)}",
            "Pass the outputs of predict_logits and the labels of the same images.",
        )
    if labels.min() < 0 or labels.max() >= outputs.shape[1]:
        raise ConfigurationError(
            f"labels must be from 0 to {outputs.shape[1] - 1}, a column of the outputs each",
            f"{labels.min()} to {labels.max()}",
            "Pass the outputs of a model that was made for these classes.",
        )
