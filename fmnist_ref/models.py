"""Networks: the multilayer perceptron and ResNet-18."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from fmnist_ref._metric_checks import MOST_UNITS, count_up_to
from fmnist_ref.errors import ConfigurationError

__all__ = ["MLP", "resnet18"]


class MLP(nn.Module):
    r"""
    Multilayer perceptron: linear layers with an activation between them, which gives logits.

    Parameters
    ----------
    hidden : sequence of int, default (128,)
        Width of each hidden layer. With none it is softmax regression.
    activation_layer : callable or None, default torch.nn.ReLU
        Class of the module after each hidden layer. With None there is none: the network is linear, however deep.
    in_features : int, default 784
        Pixels of an image.
    num_classes : int, default 10
        Classes to tell apart.

    Raises
    ------
    ConfigurationError
        If a number is not a whole number from 1 to ten million, or `activation_layer` does not make a module.

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
        activation_layer: Callable[[], nn.Module] | None = nn.ReLU,
        in_features: int = 784,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        if not hasattr(hidden, "__iter__") or getattr(hidden, "ndim", 1) == 0:  # arrays and tensors may have no axis
            raise ConfigurationError(
                "hidden must be a sequence of widths", repr(hidden), "Pass one for each hidden layer, such as (128,)."
            )
        if isinstance(activation_layer, nn.Module) or not (activation_layer is None or callable(activation_layer)):
            raise ConfigurationError(
                "activation_layer must be a class of modules, or None",
                repr(activation_layer),
                "Pass the class itself, such as torch.nn.ReLU without brackets.",
            )
        width = count_up_to(MOST_UNITS, "in_features", in_features)
        layers: list[nn.Module] = [nn.Flatten()]
        for next_width in [count_up_to(MOST_UNITS, "each hidden width", units) for units in hidden]:
            layers.append(nn.Linear(width, next_width))
            if activation_layer is not None:
                layers.append(activation_layer())
            width = next_width
        layers.append(nn.Linear(width, count_up_to(MOST_UNITS, "num_classes", num_classes)))
        self.layers = nn.Sequential(*layers)

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
        logits: Tensor = self.layers(images)
        return logits


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
        If a number is not a whole number from 1 to ten million.

    See Also
    --------
    torchvision.models.resnet18 : The network for three channels.

    Notes
    -----
    The network is that of He et al. [1]_, made for colour photographs: its first convolution takes three
    channels and raises an error for one. For another number of channels, a new convolution replaces it, with
    weights drawn in the same way.

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

    in_channels = count_up_to(MOST_UNITS, "in_channels", in_channels)
    num_classes = count_up_to(MOST_UNITS, "num_classes", num_classes)
    model: nn.Module = models.resnet18(weights=None, num_classes=num_classes)
    if in_channels != 3:
        stem = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
        model.conv1 = stem
    return model
