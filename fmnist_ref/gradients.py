"""How noisy a mini-batch gradient is: its variance, and the batch size at which noise equals signal."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from fmnist_ref import _checks
from fmnist_ref._state import evaluation_mode
from fmnist_ref.errors import ConfigurationError
from fmnist_ref.losses import cross_entropy

__all__ = ["GradientNoise", "gradient_noise_scale", "gradient_variance"]

_CHUNK_BYTES = 24 * 2**20  # of gradients held at once, about what a cache holds; while they are made, twice this


@dataclass(frozen=True)
class GradientNoise:
    """
    The noise of a single image's gradient, against the gradient that all images agree on.

    Attributes
    ----------
    noise_scale : float
        Batch size at which the noise equals the signal, in images; infinite where no signal is discernible.
    trace_covariance : float
        Total variance of a single image's gradient: the trace of its covariance over the weights.
    squared_gradient_norm : float
        Squared length of the true gradient, estimated without bias. Noise can take it below 0.

    See Also
    --------
    gradient_noise_scale : Makes it.

    Examples
    --------
    >>> GradientNoise(noise_scale=50.0, trace_covariance=5.0, squared_gradient_norm=0.1).noise_scale
    50.0
    """

    noise_scale: float
    trace_covariance: float
    squared_gradient_norm: float


def gradient_noise_scale(
    model: nn.Module,
    images: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    loss_function: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    num_images: int | None = None,
) -> GradientNoise:
    r"""
    Return the simple noise scale of a model's gradient at its present weights.

    Parameters
    ----------
    model : torch.nn.Module
        Taken where it is, in evaluation mode, in which images do not affect each other's outputs. It is not
        changed.
    images : Float[Tensor, "n ..."]
        Normalised images, of the floating-point type of the model's parameters.
    labels : Int64[Tensor, "n"]
        Their classes.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss.
    num_images : int or None, default None
        Take only the first so many images, at least 2. None takes all.

    Returns
    -------
    GradientNoise
        The noise scale and the two numbers whose ratio it is.

    Raises
    ------
    ConfigurationError
        If there are fewer than two images or than `num_images`, or the tensors' types or lengths do not fit.

    See Also
    --------
    gradient_variance : The noise of batches, measured on batches.

    Notes
    -----
    Let :math:`g_i` be the gradient of the loss of image :math:`i` alone, :math:`\bar g` the mean
    of :math:`n` such gradients, :math:`G` their expectation and :math:`\Sigma` their covariance. The simple
    noise scale of McCandlish et al. [1]_ is

    .. math:: B_\mathrm{simple} = \frac{\operatorname{tr} \Sigma}{\lVert G \rVert^2}.

    Both parts are estimated without bias,

    .. math:: \operatorname{tr} \hat\Sigma = \frac{1}{n - 1} \sum_{i=1}^{n} \lVert g_i - \bar g \rVert^2,
        \qquad \widehat{\lVert G \rVert^2} = \lVert \bar g \rVert^2 - \frac{\operatorname{tr} \hat\Sigma}{n},

    since the noise left in the mean lengthens it by :math:`\operatorname{tr} \Sigma / n` on average; their
    ratio is not free of bias for that. The images' gradients are made by ``torch.func`` in chunks, which hold
    no more than some 50 MB together unless one image's gradient alone does.

    References
    ----------
    .. [1] S. McCandlish, J. Kaplan, D. Amodei and the OpenAI Dota Team, "An empirical model of large-batch
       training", 2018, https://arxiv.org/abs/1812.06162.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import MLP, gradient_noise_scale, load_sample, normalize
    >>> sample = load_sample()
    >>> _ = torch.manual_seed(0)
    >>> noise = gradient_noise_scale(MLP(), normalize(sample.images), sample.labels)
    >>> noise.noise_scale == noise.trace_covariance / noise.squared_gradient_norm
    True
    """
    _require_consistent(model, images, labels)
    if num_images is None:
        num_images = len(images)
    _checks.require_positive_integer("num_images", num_images)
    if not 2 <= num_images <= len(images):
        raise ConfigurationError(
            f"the noise needs 2 images or more, and no more than the {len(images)} that were passed",
            f"{num_images}",
            "Pass more images, or ask for fewer.",
        )
    total = torch.zeros(sum(weight.numel() for weight in _weights(model).values()), dtype=torch.float64)
    squares = 0.0
    with evaluation_mode(model):
        for gradients in _gradients_by_image(model, images[:num_images], labels[:num_images], loss_function):
            # sums leave the device before they become float64, which not every accelerator has
            total += _flatten(g.sum(dim=0) for g in gradients)
            # image by image: one float32 sum over a whole chunk would be off by nearly a thousandth
            norms = [torch.linalg.vector_norm(g.reshape(len(g), -1), dim=1) for g in gradients]
            squares += torch.stack(norms).cpu().double().square().sum().item()
    mean_squared = (total / num_images).square().sum().item()
    trace_covariance = (squares - num_images * mean_squared) / (num_images - 1)
    squared_norm = mean_squared - trace_covariance / num_images
    noise_scale = trace_covariance / squared_norm if squared_norm > 0 else math.inf
    return GradientNoise(noise_scale, trace_covariance, squared_norm)


def gradient_variance(
    model: nn.Module,
    images: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    batch_size: int,
    num_batches: int,
    seed: int = 0,
    replacement: bool = True,
    loss_function: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
) -> float:
    r"""
    Return the total variance of the mini-batch gradient, measured on random mini-batches.

    Parameters
    ----------
    model : torch.nn.Module
        Taken where it is, in evaluation mode. Neither its weights nor their ``grad`` are changed.
    images : Float[Tensor, "n ..."]
        Normalised images, of the floating-point type of the model's parameters.
    labels : Int64[Tensor, "n"]
        Their classes.
    batch_size : int
        Images in each batch.
    num_batches : int
        How many batches to draw, independently of each other; at least 2.
    seed : int, default 0
        Seed of the draw, from 0 to 2**63 − 1.
    replacement : bool, default True
        Whether an image may be drawn more than once into the same batch.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss.

    Returns
    -------
    float
        The variance over batches, summed over the weights.

    Raises
    ------
    ConfigurationError
        If a number is out of range, or the tensors' types or lengths do not fit.

    See Also
    --------
    gradient_noise_scale : The variance for a single image, and the batch size at which it equals the signal.

    Notes
    -----
    From the gradients :math:`g_1, \dots, g_m` of :math:`m` batches of :math:`B` images, with mean
    :math:`\bar g`, the estimate is

    .. math:: V = \frac{1}{m - 1} \sum_{j=1}^{m} \lVert g_j - \bar g \rVert^2.

    With :math:`\operatorname{tr} \hat\Sigma` as in :func:`gradient_noise_scale` for the same :math:`n`
    images, its expectation is :math:`\frac{n - 1}{n} \operatorname{tr} \hat\Sigma / B` with replacement and
    :math:`\left(1 - \frac{B}{n}\right) \operatorname{tr} \hat\Sigma / B` without: the textbook result for a
    sample from a finite population [1]_.

    References
    ----------
    .. [1] W. G. Cochran, *Sampling Techniques*, 3rd edition, Wiley, 1977, sections 2.4 and 2.9.

    Examples
    --------
    >>> from fmnist_ref import MLP, gradient_variance, load_sample, normalize
    >>> sample = load_sample()
    >>> model, images = MLP(), normalize(sample.images)
    >>> small = gradient_variance(model, images, sample.labels, batch_size=4, num_batches=50)
    >>> large = gradient_variance(model, images, sample.labels, batch_size=64, num_batches=50)
    >>> small > large
    True
    """
    _require_consistent(model, images, labels)
    _checks.require_positive_integer("batch_size", batch_size)
    _checks.require_positive_integer("num_batches", num_batches)
    _checks.require_seed(seed)
    if num_batches < 2:
        raise ConfigurationError("num_batches must be at least 2", f"{num_batches}", "A variance needs two or more.")
    if batch_size > len(images) and not replacement:
        raise ConfigurationError(
            f"without replacement, batch_size must be at most the {len(images)} images",
            f"{batch_size}",
            "Pass a smaller one, or replacement=True.",
        )
    weights = list(_weights(model).values())
    generator = torch.Generator().manual_seed(seed)
    mean = torch.zeros(sum(weight.numel() for weight in weights), dtype=torch.float64)
    squared_deviations = 0.0
    with evaluation_mode(model):
        for drawn in range(1, num_batches + 1):
            if replacement:
                batch = torch.randint(len(images), (batch_size,), generator=generator)
            else:
                batch = torch.randperm(len(images), generator=generator)[:batch_size]
            batch_images = images.index_select(0, batch.to(images.device)).to(weights[0].device)
            batch_labels = labels.index_select(0, batch.to(labels.device)).to(weights[0].device)
            loss = loss_function(model(batch_images), batch_labels)
            gradient = _flatten(torch.autograd.grad(loss, weights))
            deviation = gradient - mean  # from here on Welford's recurrence, which keeps only the mean
            mean += deviation / drawn
            squared_deviations += (deviation @ (gradient - mean)).item()
    return squared_deviations / (num_batches - 1)


def _gradients_by_image(
    model: nn.Module, images: Tensor, labels: Tensor, loss_function: Callable[[Tensor, Tensor], Tensor]
) -> Iterator[tuple[Tensor, ...]]:
    """Yield, chunk by chunk of images, each weight's gradients, of shape [chunk, *weight.shape]."""
    weights = {name: weight.detach() for name, weight in _weights(model).items()}
    device = next(iter(weights.values())).device
    bytes_by_image = sum(weight.numel() * weight.element_size() for weight in weights.values())
    chunk_size = max(1, _CHUNK_BYTES // bytes_by_image)

    def loss_of_image(weights: dict[str, Tensor], image: Tensor, label: Tensor) -> Tensor:
        outputs = functional_call(model, weights, (image.unsqueeze(0),))
        return loss_function(outputs, label.unsqueeze(0))

    gradients_of_images = vmap(grad(loss_of_image), in_dims=(None, 0, 0))
    for chunk, chunk_labels in zip(images.split(chunk_size), labels.split(chunk_size), strict=True):
        yield tuple(gradients_of_images(weights, chunk.to(device), chunk_labels.to(device)).values())


def _weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that training would change."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def _flatten(tensors: Iterable[Tensor]) -> Float64[Tensor, " weights"]:
    """Join tensors to one vector on the CPU, in float64."""
    return torch.cat([tensor.flatten() for tensor in tensors]).cpu().double()


def _require_consistent(model: nn.Module, images: Tensor, labels: Tensor) -> None:
    """Require a model that learns, and images and labels that fit it and each other."""
    _checks.require_trainable(model)
    _checks.require_images(model, images)
    _checks.require_labels(images, labels)
