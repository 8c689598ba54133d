"""Linear models: one layer, fitted to classes by gradient descent, or to numbers in closed form."""

import math
from typing import Self

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from fmnist_ref import _checks
from fmnist_ref._metric_checks import MOST_UNITS, count_up_to
from fmnist_ref.errors import ConfigurationError

__all__ = ["LinearRegression", "SoftmaxRegression"]

_ROWS_AT_A_TIME = 2048  # of a closed-form fit: as float64, all training images would take 376 MB


class SoftmaxRegression(nn.Module):
    r"""
    Logistic regression for any number of classes: one linear layer, which gives logits.

    Parameters
    ----------
    in_features : int, default 784
        Pixels of an image.
    num_classes : int, default 10
        Classes to tell apart.

    Raises
    ------
    ConfigurationError
        If a number is not a whole number from 1 to ten million.

    See Also
    --------
    LinearRegression : The same map, fitted to numbers instead of classes.
    cross_entropy : The loss that applies the softmax.

    Notes
    -----
    For an image :math:`x`, the logits are :math:`z = W x + b` and the probabilities

    .. math:: p_k = \frac{e^{z_k}}{\sum_{j=1}^{K} e^{z_j}}.

    With two classes, :math:`p_1 = 1 / (1 + e^{-(z_1 - z_0)})`: logistic regression on the difference of the
    two logits [1]_.

    References
    ----------
    .. [1] C. M. Bishop, *Pattern Recognition and Machine Learning*, Springer, 2006, sections 4.3.2 and 4.3.4.

    Examples
    --------
    >>> from fmnist_ref import SoftmaxRegression, load_sample, normalize
    >>> logits = SoftmaxRegression()(normalize(load_sample().images[:3]))
    >>> logits.shape
    torch.Size([3, 10])
    """

    def __init__(self, in_features: int = 784, num_classes: int = 10) -> None:
        super().__init__()
        in_features = count_up_to(MOST_UNITS, "in_features", in_features)
        self.linear = nn.Linear(in_features, count_up_to(MOST_UNITS, "num_classes", num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """
        Return the logits of a batch of images.

        Parameters
        ----------
        images : Float[Tensor, "batch ..."]
            Images as rows or of shape [28, 28] or [1, 28, 28] each; they are flattened.

        Returns
        -------
        Float[Tensor, "batch classes"]
            One logit for each class.
        """
        logits: Tensor = self.linear(images.flatten(start_dim=1))
        return logits


class LinearRegression(nn.Module):
    r"""
    Linear regression: one linear layer whose outputs are unbounded numbers.

    Parameters
    ----------
    in_features : int, default 784
        Pixels of an image, or other inputs.
    out_features : int, default 10
        Numbers to predict.

    Raises
    ------
    ConfigurationError
        If a number is not a whole number from 1 to ten million.

    See Also
    --------
    SoftmaxRegression : The same map, fitted to classes.

    Notes
    -----
    The prediction is :math:`\hat y = W x + b`. It can be fitted by :meth:`fit_closed_form`, or by
    gradient descent on the squared error. Fitted to one-hot labels, its largest output names a class [1]_.

    References
    ----------
    .. [1] T. Hastie, R. Tibshirani and J. Friedman, *The Elements of Statistical Learning*, 2nd edition,
       Springer, 2009, section 4.2.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import LinearRegression
    >>> line = LinearRegression(in_features=1, out_features=1)
    >>> x = torch.tensor([[0.0], [1.0], [2.0]])
    >>> _ = line.fit_closed_form(x, 3 * x + 1)
    >>> torch.allclose(line(torch.tensor([[10.0]])), torch.tensor([[31.0]]))
    True
    """

    def __init__(self, in_features: int = 784, out_features: int = 10) -> None:
        super().__init__()
        in_features = count_up_to(MOST_UNITS, "in_features", in_features)
        self.linear = nn.Linear(in_features, count_up_to(MOST_UNITS, "out_features", out_features))

    def forward(self, features: Tensor) -> Tensor:
        """
        Return the predictions for a batch of images or other inputs.

        Parameters
        ----------
        features : Float[Tensor, "batch ..."]
            Images or other inputs; they are flattened to rows.

        Returns
        -------
        Float[Tensor, "batch outputs"]
            The predicted numbers.
        """
        predictions: Tensor = self.linear(features.flatten(start_dim=1))
        return predictions

    @torch.no_grad()
    def fit_closed_form(
        self, features: Float[Tensor, "n ..."], targets: Float[Tensor, "n outputs"], *, ridge: float = 0.0
    ) -> Self:
        r"""
        Set the weights to the least-squares solution, or, with a penalty, to that of ridge regression.

        Parameters
        ----------
        features : Float[Tensor, "n ..."]
            Images or other inputs; they are flattened to rows.
        targets : Float[Tensor, "n outputs"]
            What to predict, such as one-hot labels.
        ridge : float, default 0.0
            Penalty on the squared weights, at least 0. The bias is not penalised.

        Returns
        -------
        LinearRegression
            The model itself.

        Raises
        ------
        ConfigurationError
            If `ridge` is negative or not finite, the shapes do not fit the model, or a feature or target is not
            finite.

        Notes
        -----
        With centred inputs :math:`X` and targets :math:`Y`, the weights minimise

        .. math:: \lVert Y - X W^\top \rVert^2 + \lambda \lVert W \rVert^2,
            \qquad W^\top = (X^\top X + \lambda I)^{-1} X^\top Y,

        and :math:`b = \bar y - W \bar x` [1]_. Without a penalty, and where inputs depend on one another, it is the
        solution of least norm. All is computed on the CPU in float64 and rounded at the end. Not :math:`X^\top X` is
        solved but the triangle of a QR factorisation of :math:`X`, built up block by block: the product would lose
        half of the digits [2]_, as with columns of very different scale.

        References
        ----------
        .. [1] A. E. Hoerl and R. W. Kennard, "Ridge regression: biased estimation for nonorthogonal
           problems", *Technometrics* 12, 55-67, 1970, https://doi.org/10.1080/00401706.1970.10488634.
        .. [2] G. H. Golub, "Numerical methods for solving linear least squares problems", *Numerische
           Mathematik* 7, 206-216, 1965, https://doi.org/10.1007/BF01436075.

        Examples
        --------
        >>> import torch.nn.functional as F
        >>> from fmnist_ref import LinearRegression, accuracy
        >>> from fmnist_ref import load_sample, normalize
        >>> sample = load_sample()
        >>> images = normalize(sample.images)
        >>> one_hot = F.one_hot(sample.labels, num_classes=10).float()
        >>> model = LinearRegression().fit_closed_form(images, one_hot, ridge=100.0)
        >>> accuracy(model(images), sample.labels) > 0.8
        True
        """
        found = (len(features), features.shape[1:].numel()), tuple(targets.shape)
        shapes = (len(features), self.linear.in_features), (len(features), self.linear.out_features)
        if found != shapes or len(features) == 0:
            raise ConfigurationError(
                f"features must have {shapes[0][1]} columns and targets {shapes[1][1]}, with as many rows",
                f"shapes {list(found[0])} and {list(found[1])}",
                "Make the model with in_features and out_features to match.",
            )
        ridge = _checks.require_penalty("ridge", ridge)
        _checks.first_parameter(self)
        x_mean, y_mean = _mean_of_rows("features", features), _mean_of_rows("targets", targets)
        num_inputs, num_columns = len(x_mean), len(x_mean) + len(y_mean)
        triangle = math.sqrt(ridge) * torch.eye(num_inputs, num_columns, dtype=torch.float64, device="cpu")
        for x, y in zip(features.split(_ROWS_AT_A_TIME), targets.split(_ROWS_AT_A_TIME), strict=True):
            rows = torch.cat([_rows(x) - x_mean, _rows(y) - y_mean], dim=1)
            triangle = torch.linalg.qr(torch.cat([triangle, rows]), mode="r").R  # (at most num_columns, num_columns)
        # gelsd takes the solution of least norm where columns depend on one another
        weight = torch.linalg.lstsq(triangle[:, :num_inputs], triangle[:, num_inputs:], driver="gelsd").solution.T
        self.linear.weight.copy_(weight)
        self.linear.bias.copy_(y_mean - weight @ x_mean)
        return self


def _rows(values: Float[Tensor, "n ..."]) -> Float64[Tensor, "n columns"]:
    """Flatten every entry to a row, in float64 on the CPU."""
    return values.flatten(start_dim=1).to("cpu", torch.float64)


def _mean_of_rows(name: str, values: Float[Tensor, "n *row"]) -> Float64[Tensor, " columns"]:
    """Return the mean row, if every value is finite."""
    _checks.require_values(name, values)
    sums = [_rows(rows).sum(dim=0) for rows in values.split(_ROWS_AT_A_TIME)]
    mean = torch.stack(sums).sum(dim=0) / len(values)
    if not mean.isfinite().all():
        raise ConfigurationError(
            f"{name} must be finite numbers",
            f"NaN or infinity in {int(mean.isfinite().logical_not().sum())} of {len(mean)} columns",
            "Remove these rows, or replace the values.",
        )
    return mean
