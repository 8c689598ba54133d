"""The mode of a model's layers, training or evaluation: switch it for a block of code, and restore it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def mode_restored(model: nn.Module) -> Iterator[None]:
    """Restore every layer's mode at the end; layers of one model may be in different modes."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put every layer into evaluation mode for the block."""
    with mode_restored(model):
        model.eval()
        yield


@contextmanager
def ready_to_train(model: nn.Module) -> Iterator[None]:
    """Record gradients, even where the caller has turned them off, and restore every layer's mode at the end."""
    with torch.inference_mode(mode=False), mode_restored(model):  # this mode ends `no_grad` too
        yield
