"""Evaluate and apply a model, its weights held still."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from fmnist_ref import _checks
from fmnist_ref._first_batch import checked_loss, explained
from fmnist_ref._state import evaluation_mode
from fmnist_ref.errors import ConfigurationError, DivergenceError
from fmnist_ref.losses import cross_entropy

__all__ = ["Score", "evaluate", "predict"]


@dataclass(frozen=True)
class Score:
    """
    Loss and accuracy of a model on a set of images.

    Attributes
    ----------
    loss : float
        Mean loss, in nats per image for cross-entropy.
    accuracy : float
        Fraction of images whose predicted class (argmax of the outputs) is the label.
    num_images : int
        How many images were scored.

    See Also
    --------
    evaluate : Returns it.

    Examples
    --------
    >>> Score(loss=0.45, accuracy=0.84, num_images=10_000).accuracy
    0.84
    """

    loss: float
    accuracy: float
    num_images: int


def evaluate(
    model: nn.Module,
    images: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    loss_function: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    batch_size: int = 10_000,
) -> Score:
    """
    Return a model's mean loss and accuracy on a set of images.

    Parameters
    ----------
    model : torch.nn.Module
        Applied on its own device, in evaluation mode; then its mode is restored.
    images : Float[Tensor, "n ..."]
        Normalised images, of the dtype of the model's parameters, on any device. They are not changed.
    labels : Int64[Tensor, "n"]
        Their classes.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels, returns their mean loss, of shape []. It may weight the classes.
    batch_size : int, default 10_000
        Images in each pass of the model. It limits the memory and does not change the score beyond rounding.

    Returns
    -------
    Score
        Loss, accuracy, and how many images they are from.

    Raises
    ------
    ConfigurationError
        If `batch_size` is out of range, or images, labels, model and loss do not fit each other.
    DivergenceError
        If an output is NaN.

    See Also
    --------
    accuracy : The accuracy of outputs that are already there.
    predict : The outputs themselves.

    Notes
    -----
    The loss is computed once, from the outputs of all images, so that weighted means are right too. Outputs in half
    precision are converted to float32 first: a sum over thousands of images would overflow.

    Examples
    --------
    >>> from fmnist_ref import SoftmaxRegression, evaluate
    >>> from fmnist_ref import load_sample, normalize
    >>> sample = load_sample()
    >>> images = normalize(sample.images)
    >>> score = evaluate(SoftmaxRegression(), images, sample.labels)
    >>> score.num_images == len(sample.labels)
    True
    """
    (batch_size,) = _checks.counts(batch_size=batch_size)
    _checks.require_images(model, images)
    highest_label = _checks.require_labels(images, labels)
    with torch.no_grad(), explained(images):
        outputs = torch.cat(_outputs(model, images, batch_size))
        if outputs.ndim != 2 or outputs.shape[1] < 2:
            raise ConfigurationError(
                "the model must return outputs of shape [images, classes], for two classes or more",
                f"shape {list(outputs.shape)}",
                "Call predict, and score its outputs with a metric of their own.",
            )
        if outputs.isnan().any():
            raise DivergenceError(
                "the outputs must be numbers",
                f"NaN for {outputs.isnan().any(dim=1).sum().item()} of {len(outputs)} images",
                "Train with a lower learning rate, and check that the images are normalised.",
            )
        outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
        labels = labels.to(outputs.device)
        loss = checked_loss(loss_function, outputs, labels, highest_label).item()
        accuracy = (outputs.argmax(dim=1) == labels).sum().item() / len(images)
    return Score(loss=loss, accuracy=accuracy, num_images=len(images))


def predict(
    model: nn.Module, images: Float[Tensor, "n ..."], *, batch_size: int = 10_000
) -> Float[Tensor, "n outputs"]:
    """
    Return a model's outputs for a set of images.

    Parameters
    ----------
    model : torch.nn.Module
        Applied on its own device, in evaluation mode; then its mode is restored.
    images : Float[Tensor, "n ..."]
        Normalised images, of the dtype of the model's parameters, on any device. They are not changed.
    batch_size : int, default 10_000
        Images in each pass. It limits the memory and does not change the outputs beyond rounding.

    Returns
    -------
    Float[Tensor, "n outputs"]
        The outputs, on the CPU and without gradients: logits for a classifier such as :class:`MLP`.

    Raises
    ------
    ConfigurationError
        If `batch_size` is out of range, or the images do not fit the model.

    See Also
    --------
    evaluate : Loss and accuracy in one call.

    Examples
    --------
    >>> from fmnist_ref import SoftmaxRegression, load_sample
    >>> from fmnist_ref import normalize, predict
    >>> images = normalize(load_sample().images[:5])
    >>> logits = predict(SoftmaxRegression(), images)
    >>> logits.shape
    torch.Size([5, 10])
    """
    (batch_size,) = _checks.counts(batch_size=batch_size)
    _checks.require_images(model, images)
    with torch.no_grad(), explained(images):
        return torch.cat([outputs.cpu() for outputs in _outputs(model, images, batch_size)])


def _outputs(model: nn.Module, images: Tensor, batch_size: int) -> list[Tensor]:
    """Return the outputs batch by batch, in evaluation mode; the model gets copies, into which it may write."""
    device = _checks.first_parameter(model).device
    with evaluation_mode(model):
        return [
            _checks.require_outputs(model(batch.to(device, copy=True)), len(batch))
            for batch in images.split(batch_size)
        ]
