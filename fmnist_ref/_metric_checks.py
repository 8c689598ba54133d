"""Convert what the metrics and measurements are given: each function returns it ready for use, or says what to pass."""

import numpy as np
import torch
from torch import Tensor

from fmnist_ref import _checks
from fmnist_ref.errors import ConfigurationError

MOST_IN_A_BATCH = 10_000_000  # images; so many of Fashion-MNIST take 31 GB
MOST_UNITS = 10_000_000  # in a layer; with 784 weights each they take as much
_INTEGERS = (torch.uint8, torch.int8, torch.uint16, torch.int16, torch.uint32, torch.int32, torch.uint64, torch.int64)


def count_up_to(highest: int, name: str, value: object) -> int:
    """Return a positive whole number as an int, if it isn't so large that the result would fill the memory."""
    number = _checks.require_positive_integer(name, value)
    if number > highest:
        raise ConfigurationError(f"{name} must be at most {highest:,}", f"{number:,}", "Pass a smaller number.")
    return number


def scores_and_labels(scores: object, labels: object) -> tuple[Tensor, Tensor]:
    """Return floating-point scores and, on the same device, int64 labels: one label for each row, and no NaN."""
    scores, labels = _as_tensor("outputs", scores), _as_tensor("labels", labels)
    fits = scores.ndim == 2 and scores.numel() > 0 and labels.shape == scores.shape[:1]
    if not fits or scores.is_complex() or labels.dtype not in _INTEGERS:
        raise ConfigurationError(
            "outputs must be real numbers of shape [images, classes], and labels integers of shape [images]",
            f"{scores.dtype} outputs of shape {list(scores.shape)} and {labels.dtype} labels of shape {list(labels.shape)}",
            "Pass a model's outputs and the labels of the same images.",
        )
    if not scores.is_floating_point():
        scores = scores.cpu().double()  # on the CPU, because not every accelerator has float64
    labels = labels.to(device=scores.device, dtype=torch.int64)
    lowest, highest = labels.aminmax()
    if lowest < 0 or highest >= scores.shape[1]:
        raise ConfigurationError(
            f"labels must be from 0 to {scores.shape[1] - 1}, one of the {scores.shape[1]} columns of the outputs",
            f"{lowest} to {highest}",
            "Pass the outputs of a model that was made for these classes.",
        )
    undefined = scores.isnan().any(dim=1)
    if undefined.any():
        raise ConfigurationError(
            "outputs must not be NaN",
            f"NaN in {undefined.sum()} of {len(scores)} rows",
            "Check that the images are normalised and that training did not diverge.",
        )
    return scores, labels


def probabilities_and_labels(probabilities: object, labels: object) -> tuple[Tensor, Tensor]:
    """Return both on the CPU, as `scores_and_labels` does, if each row is a probability distribution."""
    rows, targets = scores_and_labels(probabilities, labels)
    rows, targets = rows.cpu(), targets.cpu()
    lowest, highest = rows.aminmax()
    if lowest < 0 or highest > 1 + 1e-5:  # rounding may take a float32 above 1
        raise ConfigurationError(
            "probabilities must lie between 0 and 1",
            f"{lowest:g} to {highest:g}",
            "Pass logits.softmax(dim=1), or log_probabilities.exp().",
        )
    excess = rows.double().sum(dim=1) - 1
    if excess.abs().max() > 0.01:  # leaves room for half precision, and for numbers rounded to three decimals
        raise ConfigurationError(
            "the probabilities of each image must sum to 1",
            f"sums from {1 + excess.min():g} to {1 + excess.max():g}",
            "Pass logits.softmax(dim=1).",
        )
    return rows, targets


def _as_tensor(name: str, values: object) -> Tensor:
    """Return a tensor as it is, without its graph, and lists and arrays as a tensor on the CPU."""
    if isinstance(values, Tensor):
        _checks.require_values(name, values)
        return values.detach()
    try:
        array = np.array(values)  # a copy: PyTorch takes neither read-only arrays nor negative strides
        return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), order="C"))
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists, strings, tensors of an accelerator
        raise ConfigurationError(
            f"{name} must be a tensor, or a list or array of numbers",
            f"a {type(values).__name__} ({str(error).partition('. ')[0]})",
            "Pass a tensor.",
        ) from error
