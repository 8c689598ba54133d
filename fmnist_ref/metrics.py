"""Metrics of predicted classes and of predicted probabilities: accuracy, Brier score, calibration."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from fmnist_ref._metric_checks import count_up_to, probabilities_and_labels, scores_and_labels
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

_MOST_CLASSES = 10_000  # a matrix of 800 MB
_MOST_BINS = 1_000_000


def accuracy(logits: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> float:
    """
    Return the fraction of images whose predicted class (argmax of the outputs) is the label.

    Parameters
    ----------
    logits : Float[Tensor, "n classes"]
        Outputs: logits, probabilities, or any other scores. A list or NumPy array works too.
    labels : Int64[Tensor, "n"]
        The true classes, as integers of any type.

    Returns
    -------
    float
        From 0 to 1. If several outputs share the largest value, the first of them is the prediction.

    Raises
    ------
    ConfigurationError
        If the shapes do not match, there are no images, a label is not one of the columns, or an output is NaN.

    See Also
    --------
    balanced_accuracy : The same weight for each class.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import accuracy
    >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0]))
    0.5
    """
    scores, targets = scores_and_labels(logits, labels)
    return (scores.argmax(dim=1) == targets).sum().item() / len(targets)


def balanced_accuracy(logits: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> float:
    r"""
    Return the mean recall of the classes: for each class, the fraction of its images that is predicted correctly.

    Parameters
    ----------
    logits : Float[Tensor, "n classes"]
        Outputs: logits, probabilities, or any other scores. A list or NumPy array works too.
    labels : Int64[Tensor, "n"]
        The true classes, as integers of any type.

    Returns
    -------
    float
        From 0 to 1. Always predicting the same class scores 1 divided by the number of classes that occur.

    Raises
    ------
    ConfigurationError
        If the shapes do not match, there are no images, a label is not one of the columns, or an output is NaN.

    See Also
    --------
    accuracy : The same weight for each image.

    Notes
    -----
    With :math:`n_k` images of class :math:`k`, of which :math:`c_k` are predicted correctly, and :math:`K`
    classes with :math:`n_k > 0`, it is :math:`\frac{1}{K} \sum_k c_k / n_k` [1]_. Classes without images are
    left out.

    References
    ----------
    .. [1] K. H. Brodersen, C. S. Ong, K. E. Stephan and J. M. Buhmann, "The balanced accuracy and its
       posterior distribution", *ICPR*, 2010, https://doi.org/10.1109/ICPR.2010.764.

    Examples
    --------
    Three images of class 0 and one of class 1, all predicted as 0:

    >>> import torch
    >>> from fmnist_ref import accuracy, balanced_accuracy
    >>> logits = torch.tensor([[1.0, 0.0]]).expand(4, 2)
    >>> labels = torch.tensor([0, 0, 0, 1])
    >>> accuracy(logits, labels), balanced_accuracy(logits, labels)
    (0.75, 0.5)
    """
    scores, targets = scores_and_labels(logits, labels)
    images = torch.bincount(targets)
    correct = torch.bincount(targets[scores.argmax(dim=1) == targets], minlength=len(images))
    present = images > 0
    return (correct[present].cpu().double() / images[present].cpu()).mean().item()


def confusion_matrix(
    logits: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"], num_classes: int | None = None
) -> Int64[Tensor, "classes classes"]:
    """
    Count the images by true class (rows) and predicted class (columns).

    Parameters
    ----------
    logits : Float[Tensor, "n classes"]
        Outputs: logits, probabilities, or any other scores. A list or NumPy array works too.
    labels : Int64[Tensor, "n"]
        The true classes, as integers of any type.
    num_classes : int or None, default None
        Number of rows and columns, at least that of the columns of `logits`. None takes just those.

    Returns
    -------
    Int64[Tensor, "classes classes"]
        Number of images of the row's class that are predicted as the column's.

    Raises
    ------
    ConfigurationError
        If the shapes do not match, there are no images, a label is not one of the columns, an output is NaN,
        or `num_classes` is less than the number of columns or more than 10,000.

    See Also
    --------
    accuracy : The fraction on the diagonal.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import confusion_matrix
    >>> logits = torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 4.0]])
    >>> confusion_matrix(logits, torch.tensor([0, 0, 1]))
    tensor([[1, 1],
            [0, 1]])
    """
    scores, targets = scores_and_labels(logits, labels)
    columns = count_up_to(_MOST_CLASSES, "num_classes", scores.shape[1] if num_classes is None else num_classes)
    if columns < scores.shape[1]:
        raise ConfigurationError(
            f"num_classes must be at least the {scores.shape[1]} columns of the outputs",
            f"{columns}",
            "Leave it out to take the number of columns.",
        )
    cells = targets * columns + scores.argmax(dim=1)
    return torch.bincount(cells, minlength=columns**2).view(columns, columns)


def brier_score(probabilities: Float[Tensor, "n classes"], labels: Int64[Tensor, " n"]) -> float:
    r"""
    Return the mean squared distance between the probabilities and the one-hot labels.

    Parameters
    ----------
    probabilities : Float[Tensor, "n classes"]
        One probability for each class. Each row sums to 1, within 0.01. A list or NumPy array works too.
    labels : Int64[Tensor, "n"]
        The true classes, as integers of any type.

    Returns
    -------
    float
        From 0 to 2; lower is better.

    Raises
    ------
    ConfigurationError
        If the shapes do not match, there are no images, a label is not one of the columns, or a row is not a
        probability distribution.

    See Also
    --------
    cross_entropy : Another proper scoring rule.
    expected_calibration_error : How far confidence differs from accuracy.

    Notes
    -----
    For probabilities :math:`p_{ik}` and label :math:`y_i` of image :math:`i`,

    .. math:: \frac{1}{n} \sum_{i=1}^{n} \sum_{k=1}^{K} \left(p_{ik} - [k = y_i]\right)^2.

    This is Brier's original form [1]_, summed over all classes. With two classes it is twice the other common
    form, which scores the probability of one class only.

    References
    ----------
    .. [1] G. W. Brier, "Verification of forecasts expressed in terms of probability", *Monthly Weather
       Review* 78, 1-3, 1950, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import brier_score
    >>> probabilities = torch.tensor([[0.5, 0.5], [1.0, 0.0]])
    >>> brier_score(probabilities, torch.tensor([0, 0]))
    0.25
    """
    rows, targets = probabilities_and_labels(probabilities, labels)
    one_hot = F.one_hot(targets, num_classes=rows.shape[1])
    return (rows.double() - one_hot).square().sum(dim=1).mean().item()


@dataclass(frozen=True)
class Reliability:
    """
    The data of a reliability diagram, one entry for each bin of confidence.

    Attributes
    ----------
    confidence : Float64[Tensor, "bins"]
        Mean confidence of the bin's images; NaN for an empty bin.
    accuracy : Float64[Tensor, "bins"]
        Fraction of the bin's images that are predicted correctly; NaN for an empty bin.
    count : Int64[Tensor, "bins"]
        Number of images in the bin.

    See Also
    --------
    reliability : Computes it.

    Examples
    --------
    >>> import torch
    >>> one_bin = Reliability(
    ...     torch.tensor([0.9]).double(),
    ...     torch.tensor([0.8]).double(),
    ...     torch.tensor([100]),
    ... )
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
    Return mean confidence and accuracy in bins of equal width of the confidence.

    Parameters
    ----------
    probabilities : Float[Tensor, "n classes"]
        One probability for each class. Each row sums to 1, within 0.01; its largest value is the confidence. A
        list or NumPy array works too.
    labels : Int64[Tensor, "n"]
        The true classes, as integers of any type.
    num_bins : int, default 15
        Number of bins between 0 and 1, at most a million.

    Returns
    -------
    Reliability
        Mean confidence, accuracy and number of images of each bin, on the CPU.

    Raises
    ------
    ConfigurationError
        If `num_bins` is out of range, the shapes do not match, there are no images, a label is not one of the
        columns, or a row is not a probability distribution.

    See Also
    --------
    expected_calibration_error : The mean gap between the two, in one number.

    Notes
    -----
    Bin :math:`m` of :math:`M` holds the images whose confidence lies in :math:`((m - 1)/M, m/M]`: each bin is
    closed at its upper end, as in Guo et al. [1]_. (Some libraries close the lower end.) The edges are rounded to
    the dtype of the probabilities, so a confidence of 0.6 lies on the edge 3/5 in float32 as well as in float64.
    Pass them in the dtype in which they were computed: converted later, 0.6 is above the edge or below it.

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
    num_bins = count_up_to(_MOST_BINS, "num_bins", num_bins)
    rows, targets = probabilities_and_labels(probabilities, labels)
    confidence, predicted = rows.max(dim=1)
    hits = (predicted == targets).double()
    edges = torch.arange(1, num_bins, dtype=torch.float64, device="cpu") / num_bins
    edges = edges.to(confidence.dtype).double()  # rounded as the confidence was
    confidence = confidence.double()
    bins = torch.bucketize(confidence, edges)  # a confidence on an edge belongs to the bin below it
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
    Return the mean gap between confidence and accuracy over bins of confidence (ECE).

    Parameters
    ----------
    probabilities : Float[Tensor, "n classes"]
        One probability for each class. Each row sums to 1, within 0.01; its largest value is the confidence. A
        list or NumPy array works too.
    labels : Int64[Tensor, "n"]
        The true classes, as integers of any type.
    num_bins : int, default 15
        Number of bins of equal width between 0 and 1, at most a million.

    Returns
    -------
    float
        From 0, perfectly calibrated, to 1. It depends on the number of bins. In a finite sample it is above 0 by
        chance alone.

    Raises
    ------
    ConfigurationError
        If `num_bins` is out of range, the shapes do not match, there are no images, a label is not one of the
        columns, or a row is not a probability distribution.

    See Also
    --------
    reliability : The bins, and which end of a bin belongs to it.

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
    Always certain, and correct half of the time:

    >>> import torch
    >>> from fmnist_ref import expected_calibration_error
    >>> probabilities = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    >>> expected_calibration_error(probabilities, torch.tensor([0, 1]))
    0.5
    """
    bins = reliability(probabilities, labels, num_bins)
    filled = bins.count > 0
    gaps = (bins.accuracy - bins.confidence)[filled].abs()
    return (gaps * bins.count[filled]).sum().item() / len(labels)
