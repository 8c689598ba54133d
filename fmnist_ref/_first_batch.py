"""What can only be seen when a batch goes through model and loss: checked with the first batch, and explained."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from fmnist_ref import _checks
from fmnist_ref.errors import ConfigurationError, FmnistRefError

LossFunction = Callable[[Tensor, Tensor], Tensor]

_ONE_IMAGE = "Expected more than 1 value per channel when training"  # how PyTorch's batch normalisation puts it
_MEAN_ROWS = 64


@contextmanager
def explained(images: Tensor) -> Iterator[None]:
    """Turn an error of the model or the loss into one that names the images' shape."""
    try:
        yield
    except (FmnistRefError, torch.OutOfMemoryError):
        raise
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise ConfigurationError(
            f"the model and the loss must accept a batch of images of shape {list(images.shape[1:])}",
            f"{type(error).__name__}: {_one_line(error)}",
            "Check what shape the model takes: convolutions need a channel, as in images.unsqueeze(1).",
        ) from error


@contextmanager
def checked(loss_function: LossFunction, images: Tensor, highest_label: int) -> Iterator[LossFunction]:
    """
    Yield the loss function for the batches of a training run; its first call is checked.

    Errors before and in this call are explained. After it, only batch normalisation's refusal of a single image is: a
    short last batch can bring it about.
    """
    passed = False

    def loss_of_batch(outputs: Tensor, targets: Tensor) -> Tensor:
        nonlocal passed
        if passed:
            return loss_function(outputs, targets)
        loss = checked_loss(loss_function, outputs, targets, highest_label)
        passed = True
        return loss

    try:
        yield loss_of_batch
    except Exception as error:
        if _ONE_IMAGE in str(error):
            raise ConfigurationError(
                "batch normalisation must see more than one image at a time in training",
                f"a batch of one image, of the {len(images)} in all",
                "Pass a batch_size, or a number of images, with which no batch has only one.",
            ) from error
        if passed:
            raise
        with explained(images):
            raise


def checked_loss(loss_function: LossFunction, outputs: object, targets: Tensor, highest_label: int) -> Tensor:
    """Return the loss of a batch, after checking its outputs, and that the loss is one number and a mean."""
    rows = _checks.require_outputs(outputs, len(targets), highest_label)
    loss = loss_function(rows, targets)
    if not isinstance(loss, Tensor) or loss.ndim > 0:
        raise ConfigurationError(
            "the loss must be a tensor of shape [], the mean over the batch",
            f"shape {list(loss.shape)}" if isinstance(loss, Tensor) else f"a {type(loss).__name__}",
            'Leave reduction at "mean", or return loss.mean().',
        )
    if _is_sum(loss_function, rows.detach()[:_MEAN_ROWS], targets[:_MEAN_ROWS]):
        raise ConfigurationError(
            "the loss must be the mean over the batch",
            "a loss that doubles when every image counts twice, as a sum does",
            'Leave reduction at "mean", or divide by len(labels).',
        )
    return loss


def _is_sum(loss_function: LossFunction, outputs: Tensor, targets: Tensor) -> bool:
    """Say whether the loss of a batch doubles if the batch is taken twice; a mean, weighted or not, stays."""
    if outputs.is_meta:  # shapes without numbers
        return False
    with torch.no_grad():
        once = loss_function(outputs, targets)
        twice = loss_function(torch.cat([outputs, outputs]), torch.cat([targets, targets]))
    return bool(1.98 < (twice / once).item() < 2.02)  # NaN, of losses that are 0 or not finite, is between no bounds


def _one_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0].rstrip(".")
