"""Train, evaluate and apply a model: the loop that a reader came for, in plain PyTorch."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from fmnist_ref import _checks
from fmnist_ref._descent import descend
from fmnist_ref._state import evaluation_mode, place
from fmnist_ref.devices import synchronize
from fmnist_ref.errors import DivergenceError
from fmnist_ref.losses import cross_entropy

__all__ = ["History", "Score", "evaluate", "fit", "predict_logits"]


@dataclass(frozen=True)
class History:
    """
    What :func:`fit` saw on its way, one entry for each epoch.

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
        Time of the epoch's training alone, in seconds of a synchronised clock.
    num_steps : int
        Updates of the weights, over all epochs.

    See Also
    --------
    fit : Returns it.

    Examples
    --------
    >>> history = History([0.7], [0.7], logged_loss=[[]], train_seconds=[0.2], num_steps=5)
    >>> history.num_steps
    5
    """

    running_loss: list[float]
    mean_of_batch_means: list[float]
    logged_loss: list[list[float]]
    train_seconds: list[float]
    num_steps: int


@dataclass(frozen=True)
class Score:
    """
    How well a model does on a set of images, its weights held still.

    Attributes
    ----------
    loss : float
        Mean loss, in nats per image for cross-entropy.
    accuracy : float
        Share of images whose largest output is that of their class, from 0 to 1.
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


def fit(
    model: nn.Module,
    images: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    epochs: int,
    batch_size: int = 64,
    learning_rate: float = 0.01,
    seed: int = 0,
    loss_function: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    device: str | torch.device | None = None,
    log_every: int = 100,
    max_steps: int | None = None,
    after_epoch: Callable[[int], bool | None] | None = None,
) -> History:
    r"""
    Train a model by stochastic gradient descent, without momentum.

    Parameters
    ----------
    model : torch.nn.Module
        Trained in place, from the weights it has. It is left on `device`, in evaluation mode.
    images : Float[Tensor, "n ..."]
        Normalised images, of the floating-point type of the model's parameters.
    labels : Int64[Tensor, "n"]
        Their classes.
    epochs : int
        How many times to go through the images, at most.
    batch_size : int, default 64
        Images in each step. The last batch of an epoch has what is left over.
    learning_rate : float, default 0.01
        Step length as a multiple of the gradient.
    seed : int, default 0
        Seed of the data order, from 0 to 2**63 − 1. The initial weights are the caller's: call
        ``torch.manual_seed`` before making the model.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss.
    device : str, torch.device or None, default None
        Where to train, as for :func:`resolve_device`. None stays where the model's parameters are.
    log_every : int, default 100
        Batches in each block of :attr:`History.logged_loss`.
    max_steps : int or None, default None
        Stop after so many steps, even in the middle of an epoch.
    after_epoch : callable or None, default None
        Called with the number of each finished epoch, from 1, the model in evaluation mode and the clock
        stopped. Also called after an epoch that `max_steps` cut short. Training stops if it returns True.

    Returns
    -------
    History
        Losses and times of the epochs.

    Raises
    ------
    ConfigurationError
        If a number is out of range, or the tensors' types or lengths do not fit.
    DeviceError
        If the device is unknown or absent.
    DivergenceError
        If a batch's loss was not finite; found at the end of its epoch. The model is then of no more use.

    See Also
    --------
    evaluate : Loss and accuracy with the weights held still.

    Notes
    -----
    Step :math:`t` draws the next :math:`B` images of the epoch's permutation,
    :math:`\mathcal{B}_t`, and takes

    .. math:: \theta_{t+1} = \theta_t - \eta \, \nabla_\theta \frac{1}{B} \sum_{i \in \mathcal{B}_t}
        \ell(f_{\theta_t}(x_i), y_i),

    the method of Robbins and Monro [1]_ in mini-batches without replacement [2]_.

    With the same seed, weights, threads and machine the result is the same bit for bit: the order comes from
    a generator of its own on the CPU, which neither reads nor changes the global one and is the same for
    every device.

    Data stay on the device as tensors and batches are gathered by ``index_select``. Nothing in the loop waits
    for the device: the losses are collected there and read once after each epoch. The update is written out, as
    :math:`\theta \leftarrow \theta - \eta \nabla`, and gives the weights of ``torch.optim.SGD`` bit for bit; without
    the optimizer's bookkeeping an epoch of a small network takes a tenth less time.

    References
    ----------
    .. [1] H. Robbins and S. Monro, "A stochastic approximation method", *Annals of Mathematical Statistics*
       22, 400-407, 1951, https://doi.org/10.1214/aoms/1177729586.
    .. [2] L. Bottou, F. E. Curtis and J. Nocedal, "Optimization methods for large-scale machine learning",
       *SIAM Review* 60, 223-311, 2018, https://doi.org/10.1137/16M1080173.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import MLP, evaluate, fit, load_sample, normalize
    >>> sample = load_sample()
    >>> images, labels = normalize(sample.images), sample.labels
    >>> _ = torch.manual_seed(0)
    >>> model = MLP()
    >>> history = fit(model, images, labels, epochs=5, learning_rate=0.1)
    >>> history.running_loss[-1] < history.running_loss[0]
    True

    Stop early, once the loss on images held out has not fallen for three epochs:

    >>> held_out, kept = slice(None, None, 5), torch.arange(len(labels)) % 5 != 0
    >>> losses = []
    >>> def no_better(epoch):
    ...     losses.append(evaluate(model, images[held_out], labels[held_out]).loss)
    ...     return min(losses) < min(losses[-3:])
    >>> history = fit(model, images[kept], labels[kept], epochs=200, learning_rate=0.1, after_epoch=no_better)
    >>> len(history.running_loss) == len(losses) < 200
    True
    """
    for name, value in (("epochs", epochs), ("batch_size", batch_size), ("log_every", log_every)):
        _checks.require_positive_integer(name, value)
    if max_steps is not None:
        _checks.require_positive_integer("max_steps", max_steps)
    _checks.require_positive_number("learning_rate", learning_rate)
    _checks.require_seed(seed)
    _checks.require_trainable(model)
    _checks.require_images(model, images)
    _checks.require_labels(images, labels)

    device = place(model, device)
    images, labels = images.to(device), labels.to(device)
    model.zero_grad()  # whatever an earlier backward pass has left
    parameters = list(model.parameters())
    generator = torch.Generator().manual_seed(seed)
    num_steps, epoch_losses, train_seconds = 0, [], []

    for epoch in range(1, epochs + 1):
        model.train()
        synchronize(device)
        start = perf_counter()
        order = torch.randperm(len(images), generator=generator).to(device)
        batches = order.split(batch_size)[: None if max_steps is None else max_steps - num_steps]
        losses = []
        for batch in batches:
            loss = loss_function(model(images.index_select(0, batch)), labels.index_select(0, batch))
            loss.backward()
            descend(parameters, learning_rate)
            losses.append(loss.detach())
        synchronize(device)
        train_seconds.append(perf_counter() - start)
        epoch_losses.append(_finite(torch.stack(losses), epoch, learning_rate))
        num_steps += len(batches)
        model.eval()
        if (after_epoch is not None and after_epoch(epoch)) or num_steps == max_steps:
            break
    return _history(epoch_losses, train_seconds, len(images), batch_size, log_every)


def evaluate(
    model: nn.Module,
    images: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    loss_function: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    batch_size: int = 10_000,
    device: str | torch.device | None = None,
) -> Score:
    """
    Return a model's mean loss and accuracy on a set of images.

    Parameters
    ----------
    model : torch.nn.Module
        Put into evaluation mode for the while, then back into the mode it was in.
    images : Float[Tensor, "n ..."]
        Normalised images, of the floating-point type of the model's parameters.
    labels : Int64[Tensor, "n"]
        Their classes.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss.
    batch_size : int, default 10_000
        Images in each pass. It bounds the memory and does not change the score beyond rounding.
    device : str, torch.device or None, default None
        Where to evaluate, as for :func:`resolve_device`; the model is moved there. None stays where the model
        is.

    Returns
    -------
    Score
        Loss, accuracy, and how many images they are from.

    Raises
    ------
    ConfigurationError
        If `batch_size` is out of range, or the tensors' types or lengths do not fit.
    DeviceError
        If the device is unknown or absent.

    See Also
    --------
    accuracy : Accuracy from outputs that are at hand.
    predict_logits : The outputs themselves.

    Notes
    -----
    Each batch's mean loss counts by its number of images, and the sum over batches is taken in float64.

    Examples
    --------
    >>> from fmnist_ref import SoftmaxRegression, evaluate, load_sample, normalize
    >>> sample = load_sample()
    >>> score = evaluate(SoftmaxRegression(), normalize(sample.images), sample.labels)
    >>> score.num_images == len(sample.labels)
    True
    """
    _checks.require_positive_integer("batch_size", batch_size)
    _checks.require_images(model, images)
    _checks.require_labels(images, labels)
    device = place(model, device)
    losses, hits = [], []
    with torch.inference_mode(), evaluation_mode(model):
        for batch, batch_labels in zip(images.split(batch_size), labels.to(device).split(batch_size), strict=True):
            outputs = model(batch.to(device))
            losses.append(loss_function(outputs, batch_labels) * len(batch))
            hits.append((outputs.argmax(dim=1) == batch_labels).sum())
        # float64 on the CPU, because not every accelerator has it
        loss = torch.stack(losses).cpu().double().sum().item() / len(images)
        accuracy = torch.stack(hits).sum().item() / len(images)
    return Score(loss=loss, accuracy=accuracy, num_images=len(images))


def predict_logits(
    model: nn.Module, images: Float[Tensor, "n ..."], *, batch_size: int = 10_000
) -> Float[Tensor, "n classes"]:
    """
    Return a model's outputs for a set of images.

    Parameters
    ----------
    model : torch.nn.Module
        Applied where it is, in evaluation mode, and then put back into the mode it was in.
    images : Float[Tensor, "n ..."]
        Normalised images, of the floating-point type of the model's parameters.
    batch_size : int, default 10_000
        Images in each pass. It bounds the memory and does not change the outputs beyond rounding.

    Returns
    -------
    Float[Tensor, "n classes"]
        The outputs, on the CPU and without gradients. For :class:`PublishedNN` they are probabilities.

    Raises
    ------
    ConfigurationError
        If `batch_size` is out of range, or the images' type does not fit the model.

    See Also
    --------
    evaluate : Loss and accuracy in one call.

    Examples
    --------
    >>> from fmnist_ref import SoftmaxRegression, load_sample, normalize, predict_logits
    >>> logits = predict_logits(SoftmaxRegression(), normalize(load_sample().images[:5]))
    >>> logits.shape
    torch.Size([5, 10])
    """
    _checks.require_positive_integer("batch_size", batch_size)
    _checks.require_images(model, images)
    device = place(model, None)
    with torch.no_grad(), evaluation_mode(model):
        return torch.cat([model(batch.to(device)).cpu() for batch in images.split(batch_size)])


def _finite(losses: Float[Tensor, " steps"], epoch: int, learning_rate: float) -> Float[Tensor, " steps"]:
    """Return an epoch's losses in float64 on the CPU, if every one of them is finite."""
    losses = losses.cpu().double()
    not_finite = losses.isfinite().logical_not().nonzero()
    if len(not_finite):
        step = int(not_finite[0])
        raise DivergenceError(
            "the training loss must stay finite",
            f"{losses[step].item()} at step {step + 1} of epoch {epoch}",
            f"Lower the learning rate, which was {learning_rate}, and check that the images are normalised.",
        )
    return losses


def _history(
    epoch_losses: list[Tensor], train_seconds: list[float], num_images: int, batch_size: int, log_every: int
) -> History:
    """Sum up the batches' mean losses, epoch by epoch."""
    running_loss, mean_of_batch_means, logged_loss = [], [], []
    for losses in epoch_losses:
        sizes = (num_images - batch_size * torch.arange(len(losses))).clamp(max=batch_size)
        running_loss.append(((losses * sizes).sum() / sizes.sum()).item())
        mean_of_batch_means.append(losses.mean().item())
        num_blocks = len(losses) // log_every
        logged_loss.append(losses[: num_blocks * log_every].view(num_blocks, log_every).mean(dim=1).tolist())
    num_steps = sum(len(losses) for losses in epoch_losses)
    return History(running_loss, mean_of_batch_means, logged_loss, train_seconds, num_steps)
