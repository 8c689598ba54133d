"""The models that are compared: from one linear layer to ResNet-18."""

from collections.abc import Callable, Sequence
from typing import Self

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from fmnist_ref import _checks
from fmnist_ref.errors import ConfigurationError

__all__ = ["MLP", "LinearRegression", "PublishedNN", "SoftmaxRegression", "resnet18"]

_ROWS_AT_A_TIME = 2048  # of a closed-form fit: as float64, all training images would take 376 MB
_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "identity": nn.Identity,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class SoftmaxRegression(nn.Module):
    r"""
    Logistic regression for any number of classes: one linear layer, which gives logits.

    Parameters
    ----------
    num_features : int, default 784
        Pixels of an image.
    num_classes : int, default 10
        Classes to tell apart.

    Raises
    ------
    ConfigurationError
        If a number is not a positive whole number.

    See Also
    --------
    LinearRegression : The same map, fitted to numbers rather than to classes.
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

    def __init__(self, num_features: int = 784, num_classes: int = 10) -> None:
        super().__init__()
        _checks.require_positive_integer("num_features", num_features)
        _checks.require_positive_integer("num_classes", num_classes)
        self.linear = nn.Linear(num_features, num_classes)

    def forward(self, images: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch classes"]:
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
    num_features : int, default 784
        Pixels of an image, or other inputs.
    num_outputs : int, default 10
        Numbers to predict.

    Raises
    ------
    ConfigurationError
        If a number is not a positive whole number.

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
    >>> line = LinearRegression(num_features=1, num_outputs=1)
    >>> x = torch.tensor([[0.0], [1.0], [2.0]])
    >>> _ = line.fit_closed_form(x, 3 * x + 1)
    >>> torch.allclose(line(torch.tensor([[10.0]])), torch.tensor([[31.0]]))
    True
    """

    def __init__(self, num_features: int = 784, num_outputs: int = 10) -> None:
        super().__init__()
        _checks.require_positive_integer("num_features", num_features)
        _checks.require_positive_integer("num_outputs", num_outputs)
        self.linear = nn.Linear(num_features, num_outputs)

    def forward(self, features: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch outputs"]:
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
            If `ridge` is negative or not finite, or the shapes do not fit the model.

        Notes
        -----
        With centred inputs :math:`X` and targets :math:`Y`, the weights minimise

        .. math:: \lVert Y - X W^\top \rVert^2 + \lambda \lVert W \rVert^2,
            \qquad W^\top = (X^\top X + \lambda I)^{-1} X^\top Y,

        and :math:`b = \bar y - W \bar x` [1]_. Without a penalty the solution of least norm is taken, which
        exists also where inputs depend on one another. All of it is done on the CPU in float64 and rounded at
        the end.

        References
        ----------
        .. [1] A. E. Hoerl and R. W. Kennard, "Ridge regression: biased estimation for nonorthogonal
           problems", *Technometrics* 12, 55-67, 1970, https://doi.org/10.1080/00401706.1970.10488634.

        Examples
        --------
        >>> import torch.nn.functional as F
        >>> from fmnist_ref import LinearRegression, accuracy, load_sample, normalize
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
                "Make the model with num_features and num_outputs to match.",
            )
        if not 0 <= ridge < float("inf"):
            raise ConfigurationError("ridge must be a finite number of at least 0", f"{ridge}", "Pass 0 for none.")
        x_mean, y_mean = _mean_of_rows(features).flatten(), _mean_of_rows(targets)
        gram = torch.zeros(len(x_mean), len(x_mean), dtype=torch.float64)
        products = torch.zeros(len(x_mean), len(y_mean), dtype=torch.float64)
        for x, y in zip(features.split(_ROWS_AT_A_TIME), targets.split(_ROWS_AT_A_TIME), strict=True):
            centred = x.flatten(start_dim=1).to("cpu", torch.float64) - x_mean
            gram.addmm_(centred.T, centred)
            products.addmm_(centred.T, y.to("cpu", torch.float64) - y_mean)
        gram.diagonal().add_(ridge)
        # gelsd takes the solution of least norm where the matrix is singular
        weight = torch.linalg.lstsq(gram, products, driver="gelsd").solution.T
        self.linear.weight.copy_(weight)
        self.linear.bias.copy_(y_mean - weight @ x_mean)
        return self


def _mean_of_rows(values: Float[Tensor, "n *row"]) -> Float64[Tensor, "*row"]:
    """Return the mean row in float64 on the CPU."""
    sums = [rows.to("cpu", torch.float64).sum(dim=0) for rows in values.split(_ROWS_AT_A_TIME)]
    return torch.stack(sums).sum(dim=0) / len(values)


class MLP(nn.Module):
    r"""
    Multilayer perceptron: linear layers with an activation between them, which gives logits.

    Parameters
    ----------
    hidden : sequence of int, default (128,)
        Width of each hidden layer. With none it is softmax regression.
    activation : {"relu", "identity", "tanh", "sigmoid"}, default "relu"
        Applied after each hidden layer. With ``"identity"`` the network is linear, however deep.
    num_features : int, default 784
        Pixels of an image.
    num_classes : int, default 10
        Classes to tell apart.

    Raises
    ------
    ConfigurationError
        If a number is not a positive whole number, or the activation is unknown.

    See Also
    --------
    PublishedNN : The same network with a softmax at its end.
    SoftmaxRegression : No hidden layer.

    Notes
    -----
    From :math:`h_0 = x`, each hidden layer makes :math:`h_l = \phi(W_l h_{l-1} + b_l)`, and the
    logits are :math:`z = W_{L+1} h_L + b_{L+1}`. With a non-linear :math:`\phi` such as a sigmoid, one hidden
    layer that is wide enough comes as near as wanted to any continuous function on a bounded set [1]_.

    References
    ----------
    .. [1] G. Cybenko, "Approximation by superpositions of a sigmoidal function", *Mathematics of Control,
       Signals and Systems* 2, 303-314, 1989, https://doi.org/10.1007/BF02551274.

    Examples
    --------
    >>> from fmnist_ref import MLP
    >>> sum(parameter.numel() for parameter in MLP().parameters())
    101770
    """

    def __init__(
        self,
        hidden: Sequence[int] = (128,),
        activation: str = "relu",
        num_features: int = 784,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        if activation not in _ACTIVATIONS:
            raise ConfigurationError(
                f"activation must be one of {', '.join(_ACTIVATIONS)}",
                repr(activation),
                "Pass one of these names.",
            )
        for name, value in (("num_features", num_features), ("num_classes", num_classes)):
            _checks.require_positive_integer(name, value)
        for width in hidden:
            _checks.require_positive_integer("each hidden width", width)
        layers: list[nn.Module] = [nn.Flatten()]
        inputs = num_features
        for width in hidden:
            layers += [nn.Linear(inputs, width), _ACTIVATIONS[activation]()]
            inputs = width
        self.layers = nn.Sequential(*layers, nn.Linear(inputs, num_classes))

    def forward(self, images: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch classes"]:
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
        logits: Tensor = self.layers(images)
        return logits


class PublishedNN(MLP):
    """
    The notebook's network: 784 pixels, 128 hidden units with ReLU, 10 outputs, and a softmax at its end.

    See Also
    --------
    MLP : The same network without the softmax. Made under the same seed, it starts from the same weights.
    double_softmax_bounds : What cross-entropy can be when it is applied to this network's outputs.

    Notes
    -----
    It is here to measure what the softmax costs: PyTorch's cross-entropy applies one itself, so
    that training this network with it applies two. To train a network of one's own, take :class:`MLP`.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import PublishedNN
    >>> probabilities = PublishedNN()(torch.zeros(2, 28, 28))
    >>> torch.allclose(probabilities.sum(dim=1), torch.ones(2))
    True
    """

    def __init__(self) -> None:
        super().__init__(hidden=(128,), activation="relu")

    def forward(self, images: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch classes"]:
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
        return super().forward(images).softmax(dim=1)


def resnet18(in_channels: int = 1, num_classes: int = 10) -> nn.Module:
    """
    Return an untrained ResNet-18 for images of any number of channels.

    Parameters
    ----------
    in_channels : int, default 1
        Channels of an image: 1 for grey, 3 for colour.
    num_classes : int, default 10
        Classes to tell apart.

    Returns
    -------
    torch.nn.Module
        The ResNet-18 of torchvision. It takes images of shape [batch, in_channels, height, width] and gives
        logits.

    Raises
    ------
    ConfigurationError
        If a number is not a positive whole number.

    See Also
    --------
    torchvision.models.resnet18 : The network for three channels.

    Notes
    -----
    The network is that of He et al. [1]_, made for colour photographs: its first convolution
    takes three channels and raises for one. For another number this convolution is replaced by one that is
    drawn in the same way.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", *CVPR*, 2016,
       https://arxiv.org/abs/1512.03385.

    Examples
    --------
    >>> from fmnist_ref import load_sample, normalize, resnet18
    >>> images = normalize(load_sample().images[:2]).reshape(2, 1, 28, 28)
    >>> resnet18()(images).shape
    torch.Size([2, 10])
    """
    from torchvision import models  # not at the top: it takes seconds to import, for this function alone

    _checks.require_positive_integer("in_channels", in_channels)
    _checks.require_positive_integer("num_classes", num_classes)
    model: nn.Module = models.resnet18(weights=None, num_classes=num_classes)
    if in_channels != 3:
        stem = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
        model.conv1 = stem
    return model
