"""
Train a model: the loop that a reader came for, in plain PyTorch.

The guide's page *The training loop* shows how to stop early, choose another optimizer, or continue training, and says
what `seed` covers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from fmnist_ref import _checks
from fmnist_ref._first_batch import checked
from fmnist_ref._state import ready_to_train
from fmnist_ref.devices import synchronize
from fmnist_ref.errors import DivergenceError
from fmnist_ref.losses import cross_entropy
from fmnist_ref.optimizers import PlainSGD

__all__ = ["History", "fit"]


@dataclass(frozen=True)
class History:
    """
    The record of a training run, one entry for each epoch.

    Attributes
    ----------
    running_loss : list of float
        Mean loss over the images of the epoch, each at the weights of its own step.
    mean_of_batch_means : list of float
        Mean of the batches' mean losses. It gives an image of a short last batch more weight than the others;
        tutorials often print it as the epoch's loss.
    logged_loss : list of list of float
        Mean of the batches' mean losses in each complete block of `log_every` batches; batches after the last
        complete block are in none.
    train_seconds : list of float
        Time of the epoch's training alone, in seconds; the clock is read when the device has finished.
    num_steps : int
        Updates of the weights, over all epochs.

    See Also
    --------
    fit : Returns it.

    Examples
    --------
    >>> history = History(
    ...     [0.7], [0.7], logged_loss=[[]], train_seconds=[0.2], num_steps=5
    ... )
    >>> history.num_steps
    5
    """

    running_loss: list[float]
    mean_of_batch_means: list[float]
    logged_loss: list[list[float]]
    train_seconds: list[float]
    num_steps: int


def fit(
    model: nn.Module,
    images: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    epochs: int,
    batch_size: int = 64,
    learning_rate: float | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    seed: int = 0,
    generator: torch.Generator | None = None,
    loss_function: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    log_every: int = 100,
    max_steps: int | None = None,
    after_epoch: Callable[[int], bool | None] | None = None,
) -> History:
    """
    Train a model on batches drawn without replacement, in a new random order each epoch.

    Parameters
    ----------
    model : torch.nn.Module
        Trained in place from its present weights, on its own device, in training mode; the mode is restored.
    images, labels : Float[Tensor, "n ..."], Int64[Tensor, "n"]
        Normalised images of the model's dtype, and their classes, copied once to the model's device.
    epochs, batch_size : int
        Passes over the images, at most; images in each step, of which the last in an epoch may have fewer.
    learning_rate : float, optional
        That of the default optimizer, :class:`PlainSGD`; 0.01 if neither it nor `optimizer` is given.
    optimizer : torch.optim.Optimizer, optional
        Any other optimizer of the model's parameters, with its own learning rate.
    seed : int, default 0
        Seed of the data order, from 0 to 2**63 - 1. Two calls with one seed repeat the same order.
    generator : torch.Generator, optional
        Draws the data order instead of a new one from `seed`. A second call with it continues.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss, of shape [].
    log_every : int, default 100
        Batches in each block of :attr:`History.logged_loss`.
    max_steps : int, optional
        Updates after which training stops, even in the middle of an epoch.
    after_epoch : callable, optional
        Called after each epoch with its number, from 1, in evaluation mode. Training stops if it returns True.

    Returns
    -------
    History
        Losses and times of the epochs.

    Raises
    ------
    ConfigurationError
        If an argument is out of range, or images, labels, model, optimizer and loss do not fit each other.
    DivergenceError
        If a batch's loss was not finite; found at the end of its epoch. The weights are then useless.

    Examples
    --------
    >>> from fmnist_ref import MLP, fit, load_sample, normalize
    >>> sample = load_sample()
    >>> history = fit(MLP(), normalize(sample.images), sample.labels, epochs=5)
    >>> history.running_loss[-1] < history.running_loss[0]
    True
    """
    epochs, batch_size, log_every = _checks.counts(epochs=epochs, batch_size=batch_size, log_every=log_every)
    max_steps = max_steps if max_steps is None else _checks.require_positive_integer("max_steps", max_steps)
    _checks.require_choices(model, learning_rate, optimizer, seed, generator)
    _checks.require_images(model, images)
    highest_label = _checks.require_labels(images, labels)
    if optimizer is None:
        optimizer = PlainSGD(model.parameters(), lr=0.01 if learning_rate is None else learning_rate)
    if generator is None:
        generator = torch.Generator("cpu").manual_seed(int(seed))
    device = next(model.parameters()).device
    images, labels = images.detach().to(device), labels.to(device)
    batch_losses, train_seconds, num_steps = [], [], 0

    with ready_to_train(model), checked(loss_function, images, highest_label) as loss_function:
        for epoch in range(1, epochs + 1):
            model.train()
            synchronize(device)
            start = perf_counter()
            order = torch.randperm(len(images), generator=generator, device=generator.device).to(device)
            batches = order.split(batch_size)[: None if max_steps is None else max_steps - num_steps]
            losses = []
            for batch in batches:
                loss = loss_function(model(images.index_select(0, batch)), labels.index_select(0, batch))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            synchronize(device)
            train_seconds.append(perf_counter() - start)
            batch_losses.append(_finite(torch.stack(losses), epoch, optimizer))
            num_steps += len(batches)
            model.eval()
            if (after_epoch is not None and after_epoch(epoch)) or num_steps == max_steps:
                break
    return _history(batch_losses, train_seconds, len(images), batch_size, log_every)


def _finite(losses: Float[Tensor, " steps"], epoch: int, optimizer: torch.optim.Optimizer) -> Float[Tensor, " steps"]:
    """Return an epoch's losses in float64 on the CPU, if every one of them is finite."""
    losses = losses.cpu().double()
    not_finite = losses.isfinite().logical_not().nonzero()
    if len(not_finite):
        step = int(not_finite[0])
        raise DivergenceError(
            "the training loss must stay finite",
            f"{losses[step].item()} at step {step + 1} of epoch {epoch}",
            f"Lower the learning rate, which was {optimizer.param_groups[0]['lr']}, and check that the images are "
            "normalised.",
        )
    return losses


def _history(
    batch_losses: list[Tensor], train_seconds: list[float], num_images: int, batch_size: int, log_every: int
) -> History:
    """Average the batches' mean losses, epoch by epoch."""
    running_loss, mean_of_batch_means, logged_loss = [], [], []
    for losses in batch_losses:
        sizes = (num_images - batch_size * torch.arange(len(losses), device="cpu")).clamp(max=batch_size)
        running_loss.append(((losses * sizes).sum() / sizes.sum()).item())
        mean_of_batch_means.append(losses.mean().item())
        num_blocks = len(losses) // log_every
        blocks = losses[: num_blocks * log_every].view(num_blocks, -1) if num_blocks else losses[:0, None]
        logged_loss.append(blocks.mean(dim=1).tolist())
    num_steps = sum(len(losses) for losses in batch_losses)
    return History(running_loss, mean_of_batch_means, logged_loss, train_seconds, num_steps)
