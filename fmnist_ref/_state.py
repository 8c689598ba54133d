"""What a model carries besides its weights: the device that it is on, and the mode that its layers are in."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from fmnist_ref._checks import first_parameter
from fmnist_ref.devices import resolve_device


def place(model: nn.Module, device: str | torch.device | None) -> torch.device:
    """Move the model to the device and return it; for None, return where the model is."""
    if device is None:
        return first_parameter(model).device
    resolved = resolve_device(device)
    model.to(resolved)
    return resolved


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Switch every layer to evaluation mode, then back to what it was: some may have been in it before."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
