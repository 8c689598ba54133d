"""What arguments must be: each check passes, or raises a `ConfigurationError` that says what to pass."""

import math

import torch
from torch import Tensor, nn

from fmnist_ref.errors import ConfigurationError


def require_positive_integer(name: str, value: object) -> None:
    """Require a whole number of at least 1; `True` is not one."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"{name} must be an int of at least 1", repr(value), "Pass a positive whole number.")


def require_seed(value: object) -> None:
    """Require a whole number that `torch.Generator.manual_seed` takes as it is."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ConfigurationError("seed must be an int from 0 to 2**63 - 1", repr(value), "Pass one, such as seed=0.")


def require_positive_number(name: str, value: object) -> None:
    """Require a finite number above 0."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ConfigurationError(
            f"{name} must be a finite float above 0", repr(value), f"Pass one, such as {name}=0.01."
        )


def first_parameter(model: nn.Module) -> nn.Parameter:
    """Require a model with parameters, and return the first of them, which speaks for its type and place."""
    parameter = next(model.parameters(), None)
    if parameter is None:
        raise ConfigurationError(
            "the model must have parameters",
            f"a {type(model).__name__} without any",
            "Pass a model with at least one layer that learns.",
        )
    return parameter


def require_trainable(model: nn.Module) -> None:
    """Require a model of which at least one parameter takes part in training."""
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigurationError(
            "the model must have parameters that require a gradient",
            f"a {type(model).__name__} without any",
            "Call model.requires_grad_() to thaw it, or pass a model with a layer that learns.",
        )


def require_images(model: nn.Module, images: Tensor) -> None:
    """Require at least one image, in the floating-point type of the model's parameters."""
    dtype = first_parameter(model).dtype
    if images.dtype != dtype or images.ndim < 2 or len(images) == 0:
        raise ConfigurationError(
            f"images must be a non-empty {dtype} tensor with the batch as its first axis, like the model",
            f"{images.dtype} of shape {list(images.shape)}",
            "Pass normalize(split.images).",
        )


def require_labels(images: Tensor, labels: Tensor) -> None:
    """Require one label of at least 0 for each image; PyTorch passes over some negative ones in silence."""
    if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
        raise ConfigurationError(
            f"labels must be int64, one for each of the {len(images)} images",
            f"{labels.dtype} of shape {list(labels.shape)}",
            "Pass the labels of the same split, unchanged.",
        )
    if labels.min() < 0:
        raise ConfigurationError(
            "labels must be at least 0", f"{labels.min().item()}", "Pass the labels of the same split, unchanged."
        )
