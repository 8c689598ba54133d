"""The noise of mini-batch gradients: their variance, and the batch size at which noise equals signal."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from fmnist_ref import _checks
from fmnist_ref._first_batch import checked_loss, explained
from fmnist_ref._metric_checks import MOST_IN_A_BATCH, count_up_to
from fmnist_ref._state import evaluation_mode
from fmnist_ref.errors import ConfigurationError
from fmnist_ref.losses import cross_entropy

__all__ = ["GradientNoise", "gradient_noise_scale", "gradient_variance"]

_CHUNK_BYTES = (
    24 * 2**20
)  # of gradients in memory at once, about the size of a cache; twice this while they are computed


@dataclass(frozen=True)
class GradientNoise:
    """
    The noise of a single image's gradient, compared with the mean gradient of all images.

    Attributes
    ----------
    noise_scale : float
        Batch size at which the noise equals the signal, in images: the ratio of the two numbers below. Infinite if
        `squared_gradient_norm` is not above 0, because then the signal can't be told from the noise.
    trace_covariance : float
        Total variance of a single image's gradient: the trace of its covariance over the weights. At least 0.
    squared_gradient_norm : float
        Unbiased estimate of the squared length of the true gradient. It may be below 0.

    See Also
    --------
    gradient_noise_scale : Computes it.

    Examples
    --------
    >>> GradientNoise(
    ...     noise_scale=50.0, trace_covariance=5.0, squared_gradient_norm=0.1
    ... ).noise_scale
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
    Return the simple noise scale of a model's gradient at its current weights.

    Parameters
    ----------
    model : torch.nn.Module
        Applied on its own device, in evaluation mode, so that images do not affect each other's outputs. It is not
        changed.
    images : Float[Tensor, "n ..."]
        Normalised images, of the dtype of the model's parameters.
    labels : Int64[Tensor, "n"]
        Their classes.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss.
    num_images : int or None, default None
        Use only the first `num_images` images, at least 2. None uses all.

    Returns
    -------
    GradientNoise
        The noise scale and the two numbers whose ratio it is.

    Raises
    ------
    ConfigurationError
        If there are fewer than two images or than `num_images`, images, labels, model and loss do not fit each
        other, or a gradient is not finite.

    See Also
    --------
    gradient_variance : The variance of batches, measured on batches.

    Notes
    -----
    Let :math:`g_i` be the gradient of the loss of image :math:`i` alone, :math:`\bar g` the mean
    of :math:`n` such gradients, :math:`G` their expectation and :math:`\Sigma` their covariance. The simple
    noise scale of McCandlish et al. [1]_ is

    .. math:: B_\mathrm{simple} = \frac{\operatorname{tr} \Sigma}{\lVert G \rVert^2}.

    Both parts are estimated without bias,

    .. math:: \operatorname{tr} \hat\Sigma = \frac{1}{n - 1} \sum_{i=1}^{n} \lVert g_i - \bar g \rVert^2,
        \qquad \widehat{\lVert G \rVert^2} = \lVert \bar g \rVert^2 - \frac{\operatorname{tr} \hat\Sigma}{n},

    since the noise that remains in the mean adds :math:`\operatorname{tr} \Sigma / n` to its squared length on
    average. The ratio of two unbiased estimates is itself biased. The gradients of single images are computed with
    ``torch.func`` in chunks, which need about 50 MB, or more if the gradient of one image does.

    :math:`\operatorname{tr} \hat\Sigma` is the difference of two sums, accurate to about a millionth of them. Where
    all images have the same gradient, rounding can take this difference below 0; it is returned as 0. A parameter
    that the model does not use has a gradient of 0.

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
    >>> images = normalize(sample.images)
    >>> noise = gradient_noise_scale(MLP(), images, sample.labels)
    >>> ratio = noise.trace_covariance / noise.squared_gradient_norm
    >>> noise.noise_scale == ratio
    True
    """
    highest_label = _require_consistent(model, images, labels)
    num_images = len(images) if num_images is None else _checks.require_positive_integer("num_images", num_images)
    if not 2 <= num_images <= len(images):
        raise ConfigurationError(
            f"the noise needs at least 2 images, and at most the {len(images)} that were passed",
            f"{num_images}",
            "Pass more images, or a smaller num_images.",
        )
    squares = 0.0
    with _ready_for_gradients(model):
        total = _zeros_for(_weights(model).values())
        _require_gradient(model, images, labels, highest_label, loss_function)
        for gradients in _gradients_by_image(model, images[:num_images], labels[:num_images], loss_function):
            # summed on the device, converted on the CPU: not every accelerator has float64
            total += _flatten(g.sum(dim=0) for g in gradients)
            # one norm for each image: a float32 sum over a whole chunk has an error of nearly 0.1 %
            norms = [torch.linalg.vector_norm(g.reshape(len(g), -1), dim=1) for g in gradients]
            squares += torch.stack(norms).cpu().double().square().sum().item()
    _require_finite(squares)
    mean_squared = (total / num_images).square().sum().item()
    trace_covariance = max(0.0, (squares - num_images * mean_squared) / (num_images - 1))
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
        Applied on its own device, in evaluation mode. Neither its weights nor their ``grad`` are changed.
    images : Float[Tensor, "n ..."]
        Normalised images, of the dtype of the model's parameters.
    labels : Int64[Tensor, "n"]
        Their classes.
    batch_size : int
        Images in each batch, at most ten million.
    num_batches : int
        Number of batches to draw, independently of each other; at least 2.
    seed : int, default 0
        Seed of the batches, from 0 to 2**63 − 1.
    replacement : bool, default True
        Whether an image may be drawn more than once into the same batch.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss.

    Returns
    -------
    float
        The variance over batches, summed over the weights. A parameter that the model does not use adds 0.

    Raises
    ------
    ConfigurationError
        If a number is out of range, images, labels, model and loss do not fit each other, or a gradient is not
        finite.

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
    >>> small = gradient_variance(
    ...     model, images, sample.labels, batch_size=4, num_batches=50
    ... )
    >>> large = gradient_variance(
    ...     model, images, sample.labels, batch_size=64, num_batches=50
    ... )
    >>> small > large
    True
    """
    highest_label = _require_consistent(model, images, labels)
    batch_size = count_up_to(MOST_IN_A_BATCH, "batch_size", batch_size)
    num_batches = _checks.require_positive_integer("num_batches", num_batches)
    generator = torch.Generator("cpu").manual_seed(_checks.require_seed(seed))
    if num_batches < 2:
        raise ConfigurationError("num_batches must be at least 2", f"{num_batches}", "A variance needs two or more.")
    if batch_size > len(images) and not replacement:
        raise ConfigurationError(
            f"without replacement, batch_size must be at most the {len(images)} images",
            f"{batch_size}",
            "Pass a smaller one, or replacement=True.",
        )
    weights = list(_weights(model).values())
    images = images.detach()
    squared_deviations = 0.0
    with _ready_for_gradients(model):
        mean = _zeros_for(weights)
        _require_gradient(model, images, labels, highest_label, loss_function)
        for drawn in range(1, num_batches + 1):
            if replacement:
                batch = torch.randint(len(images), (batch_size,), generator=generator, device="cpu")
            else:
                batch = torch.randperm(len(images), generator=generator, device="cpu")[:batch_size]
            batch_images = images.index_select(0, batch.to(images.device)).to(weights[0].device)
            batch_labels = labels.index_select(0, batch.to(labels.device)).to(weights[0].device)
            loss = loss_function(model(batch_images), batch_labels)
            gradient = _flatten(torch.autograd.grad(loss, weights, materialize_grads=True))
            deviation = gradient - mean  # Welford's recurrence, which needs the mean alone and not all gradients
            mean += deviation / drawn
            squared_deviations += (deviation @ (gradient - mean)).item()
    _require_finite(squared_deviations)
    return squared_deviations / (num_batches - 1)


def _gradients_by_image(
    model: nn.Module, images: Tensor, labels: Tensor, loss_function: Callable[[Tensor, Tensor], Tensor]
) -> Iterator[tuple[Tensor, ...]]:
    """Yield each weight's gradients, of shape [chunk, *weight.shape], for one chunk of images after the other."""
    weights = {name: weight.detach() for name, weight in _weights(model).items()}
    device = next(iter(weights.values())).device
    bytes_by_image = sum(weight.numel() * weight.element_size() for weight in weights.values())
    chunk_size = max(1, _CHUNK_BYTES // bytes_by_image)

    def loss_of_image(weights: dict[str, Tensor], image: Tensor, label: Tensor) -> Tensor:
        outputs = functional_call(model, weights, (image.unsqueeze(0),))
        return loss_function(outputs, label.unsqueeze(0))

    gradients_of_images = vmap(grad(loss_of_image), in_dims=(None, 0, 0))
    for chunk, chunk_labels in zip(images.split(chunk_size), labels.split(chunk_size), strict=True):
        # copies: the model may write into its input, and tensors of inference mode don't take part in gradients
        own_chunk, own_labels = chunk.detach().to(device, copy=True), chunk_labels.to(device, copy=True)
        yield tuple(gradients_of_images(weights, own_chunk, own_labels).values())


def _weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that require a gradient."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def _flatten(tensors: Iterable[Tensor]) -> Float64[Tensor, " weights"]:
    """Join tensors into one vector on the CPU, in float64."""
    return torch.cat([tensor.flatten() for tensor in tensors]).cpu().double()


def _zeros_for(weights: Iterable[Tensor]) -> Float64[Tensor, " weights"]:
    """Return a vector on the CPU with a zero for each weight."""
    return torch.zeros(sum(weight.numel() for weight in weights), dtype=torch.float64, device="cpu")


@contextmanager
def _ready_for_gradients(model: nn.Module) -> Iterator[None]:
    """
    Record gradients, even where the caller has turned them off, with the model in evaluation mode.

    At the end, attributes that a forward pass has set are restored: the weights that pruning computes would be tensors of
    ``torch.func``, which are no use outside it.
    """
    before = [(vars(module), dict(vars(module))) for module in model.modules()]
    try:
        with torch.inference_mode(mode=False), evaluation_mode(model):  # this mode ends `no_grad` too
            yield
    finally:
        for attributes, values in before:
            attributes.clear()
            attributes.update(values)


def _require_consistent(model: nn.Module, images: Tensor, labels: Tensor) -> int:
    """Require a trainable model, and images and labels that fit it and each other; return the highest label."""
    _checks.require_trainable(model)
    _checks.require_images(model, images)
    return _checks.require_labels(images, labels)


def _require_gradient(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    highest_label: int,
    loss_function: Callable[[Tensor, Tensor], Tensor],
) -> None:
    """Require a loss that is the mean over a batch, here of two images, and depends on the model's weights."""
    device = next(iter(_weights(model).values())).device
    with explained(images):
        outputs = model(images[:2].detach().to(device, copy=True))
        loss = checked_loss(loss_function, outputs, labels[:2].to(device, copy=True), highest_label)
    if not loss.requires_grad:
        raise ConfigurationError(
            "the loss must depend on the model's parameters",
            "a loss without a gradient",
            "Remove detach() and torch.no_grad() from the model's forward pass and from the loss.",
        )


def _require_finite(squares: float) -> None:
    """Require gradients whose sum of squares is a finite number."""
    if not math.isfinite(squares):
        raise ConfigurationError(
            "the gradients must be finite",
            f"{squares} as their sum of squares",
            "Check that the images are normalised and that training did not diverge.",
        )
