"""Checks of arguments. Each returns what it checked, or raises a `ConfigurationError` that says what to pass."""

import math
import numbers
import operator
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from fmnist_ref.errors import ConfigurationError


def require_positive_integer(name: str, value: object) -> int:
    """Return a whole number of at least 1 as an int; `True` is not one."""
    number = _integer(value)
    if number is None or number < 1:
        raise ConfigurationError(f"{name} must be an int of at least 1", repr(value), "Pass a positive whole number.")
    return number


def counts(**values: object) -> tuple[int, ...]:
    """Return positive whole numbers as ints, in the order given and at most 2**62, which PyTorch can still split by."""
    return tuple(min(require_positive_integer(name, value), 2**62) for name, value in values.items())


def require_seed(value: object) -> int:
    """Return a seed that `torch.Generator.manual_seed` accepts unchanged."""
    seed = _integer(value)
    if seed is None or not 0 <= seed < 2**63:
        raise ConfigurationError("seed must be an int from 0 to 2**63 - 1", repr(value), "Pass one, such as seed=0.")
    return seed


def require_positive_number(name: str, value: object) -> float:
    """Return a finite number above 0 as a float."""
    number = _real(value)
    if number is None or not 0 < number < math.inf:
        raise ConfigurationError(
            f"{name} must be a finite float above 0", repr(value), f"Pass one, such as {name}=0.01."
        )
    return number


def require_penalty(name: str, value: object) -> float:
    """Return a finite number of at least 0 as a float."""
    number = _real(value)
    if number is None or not 0 <= number < math.inf:
        raise ConfigurationError(f"{name} must be a finite number of at least 0", repr(value), "Pass 0 for none.")
    return number


def _integer(value: object) -> int | None:
    """Return an integer of Python, of NumPy, or of a tensor without axes; None for anything else."""
    if isinstance(value, bool) or (isinstance(value, Tensor) and (value.ndim > 0 or value.dtype == torch.bool)):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # it raises TypeError for what is no integer
    except TypeError:
        return None


def _real(value: object) -> float | None:
    """Return a real number of Python, of NumPy, or of a tensor without axes; None for anything else."""
    if isinstance(value, (Tensor, np.ndarray)) and value.ndim == 0:
        value = value.item()
    return None if isinstance(value, bool) or not isinstance(value, numbers.Real) else float(value)


def first_parameter(model: nn.Module) -> nn.Parameter:
    """Return the model's first parameter, whose dtype and device count as the model's."""
    parameter = next(model.parameters(), None)
    if parameter is None:
        raise ConfigurationError(
            "the model must have parameters",
            f"a {type(model).__name__} without any",
            "Pass a model with at least one layer that learns.",
        )
    if parameter.is_meta:
        raise ConfigurationError(
            "the model must have weights",
            f"a {type(model).__name__} on the meta device, which stores only shapes",
            'Make it on a real device, or call model.to_empty(device="cpu") and initialise its weights.',
        )
    return parameter


def require_trainable(model: nn.Module) -> None:
    """Require a model with at least one parameter that can be trained."""
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigurationError(
            "the model must have parameters that require a gradient",
            f"a {type(model).__name__} without any",
            "Call model.requires_grad_() to unfreeze it, or pass a model with a layer that learns.",
        )
    if any(parameter.is_inference() for parameter in model.parameters()):
        raise ConfigurationError(
            "the model's parameters must be ordinary tensors",
            "inference tensors, which PyTorch can't train",
            "Make the model outside torch.inference_mode().",
        )


def require_values(name: str, tensor: Tensor) -> None:
    """Require a tensor that stores values."""
    if tensor.is_meta:
        raise ConfigurationError(
            f"{name} must have values",
            "a tensor on the meta device, which stores only shapes",
            'Make it on a real device, such as device="cpu".',
        )


def require_images(model: nn.Module, images: object) -> None:
    """Require at least one image, in the floating-point type of the model's parameters."""
    dtype = first_parameter(model).dtype
    if isinstance(images, Tensor):
        require_values("images", images)
    if isinstance(images, Tensor) and images.dtype == dtype and images.ndim >= 2 and len(images) > 0:
        return
    found, remedy = f"a {type(images).__name__}", "Pass a tensor, such as normalize(split.images)."
    if isinstance(images, Tensor):
        found, remedy = f"{images.dtype} of shape {list(images.shape)}", "Pass one or more images."
        if images.is_floating_point() and images.dtype != dtype:
            remedy = f"Pass images.to({dtype}), or convert the model with model.to({images.dtype})."
        elif images.dtype != dtype:
            remedy = "Pass normalize(split.images)" + (f".to({dtype})." if dtype != torch.float32 else ".")
    raise ConfigurationError(
        f"images must be a non-empty {dtype} tensor with the batch as its first axis, like the model", found, remedy
    )


def require_labels(images: Tensor, labels: Tensor) -> int:
    """Return the highest label, if there is one label of at least 0 for each image."""
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
        found = cast("object", labels)
        raise ConfigurationError(
            f"labels must be int64, one for each of the {len(images)} images",
            f"{found.dtype} of shape {list(found.shape)}" if isinstance(found, Tensor) else f"a {type(found).__name__}",
            "Pass the labels of the same split, unchanged.",
        )
    require_values("labels", labels)
    lowest, highest = labels.aminmax()
    if lowest < 0:  # PyTorch skips the images of label -100 without a word
        raise ConfigurationError(
            "labels must be at least 0", f"{lowest.item()}", "Pass the labels of the same split, unchanged."
        )
    return int(highest)


def require_choices(
    model: nn.Module,
    learning_rate: float | None,
    optimizer: torch.optim.Optimizer | None,
    seed: int,
    generator: torch.Generator | None,
) -> None:
    """Require a model that can be trained, a learning rate or an optimizer for it, and a seed or a generator."""
    require_trainable(model)
    if learning_rate is not None:
        require_positive_number("learning_rate", learning_rate)
    require_seed(seed)
    if optimizer is not None:
        if learning_rate is not None:
            raise ConfigurationError(
                "learning_rate or optimizer must be given, not both",
                f"learning_rate={learning_rate!r} and a {type(optimizer).__name__}",
                "Leave learning_rate out: the optimizer has its own.",
            )
        require_optimizer(model, optimizer)
    if generator is not None and seed != 0:
        raise ConfigurationError(
            "seed or generator must be given, not both",
            f"seed={seed!r} and a generator",
            "Leave seed out: the generator has its own.",
        )


def require_optimizer(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Require an optimizer of the model's parameters that takes a step without a closure."""
    if isinstance(optimizer, torch.optim.LBFGS):
        raise ConfigurationError(
            "the optimizer must take a step from one gradient",
            "LBFGS, which evaluates the loss several times in a step",
            "Pass another one, such as torch.optim.SGD or torch.optim.AdamW.",
        )
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if not any(id(parameter) in held for parameter in model.parameters()):
        raise ConfigurationError(
            "the optimizer must hold parameters of the model",
            f"a {type(optimizer).__name__} of other parameters",
            "Make it from model.parameters(), of this model.",
        )


def require_outputs(outputs: object, num_images: int, highest_label: int | None = None) -> Tensor:
    """Return a batch's outputs if they are a tensor with one row for each image, and a column for each label."""
    if not isinstance(outputs, Tensor) or outputs.ndim < 1 or len(outputs) != num_images:
        shape = f"a tensor of shape {list(outputs.shape)}" if isinstance(outputs, Tensor) else ""
        raise ConfigurationError(
            f"the model must return a tensor with one row for each of the {num_images} images of a batch",
            shape or f"a {type(outputs).__name__}",
            "Wrap the model in a torch.nn.Module whose forward returns the logits alone.",
        )
    if highest_label is not None and outputs.ndim == 2 and 1 < outputs.shape[1] <= highest_label:
        raise ConfigurationError(
            f"labels must be less than {outputs.shape[1]}, the number of the model's outputs",
            f"{highest_label}",
            f"Number the classes from 0, or make the model with at least {highest_label + 1} outputs.",
        )
    return outputs
