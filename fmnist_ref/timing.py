"""Time a training step and its parts, on a device that may still be working when a call returns."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from fmnist_ref import _checks
from fmnist_ref._first_batch import checked
from fmnist_ref._metric_checks import MOST_IN_A_BATCH, count_up_to
from fmnist_ref.devices import resolve_device, synchronize
from fmnist_ref.errors import ConfigurationError
from fmnist_ref.losses import cross_entropy
from fmnist_ref.optimizers import PlainSGD

__all__ = ["StepTiming", "time_training_step"]


@dataclass(frozen=True)
class StepTiming:
    """
    Times of a training step and of its parts, for each repetition.

    Attributes
    ----------
    gather_seconds : list of float
        Selecting a batch from the images and labels on the device.
    copy_seconds : list of float
        Copying a batch of the same size from the host's memory to the device. Not part of the step, whose data
        are already on the device. On the CPU nothing is copied.
    forward_seconds : list of float
        Computing the outputs and the loss.
    backward_seconds : list of float
        Clearing the gradients and computing new ones.
    update_seconds : list of float
        Changing the weights.
    step_seconds : list of float
        Whole steps, from gather to update, waiting for the device only before and after. Less than the sum of the
        parts if the device works while the program queues the next operations.
    peak_memory_bytes : int or None
        Peak bytes allocated on the device, the images included. None where PyTorch keeps no statistic, as on the
        CPU.
    num_threads : int
        Number of CPU threads that PyTorch used.
    device : str
        The device, as in ``"cuda:0"``.
    float32_precision : str
        PyTorch's setting for float32 matrix products: ``"highest"``, ``"high"`` or ``"medium"``.

    See Also
    --------
    time_training_step : Measures it.

    Examples
    --------
    >>> seconds = [1e-5], [2e-6], [2e-4], [3e-4], [1e-4], [6e-4]
    >>> timing = StepTiming(*seconds, None, 1, "cpu", "highest")
    >>> f"{min(timing.step_seconds) * 1e6:.0f} µs"
    '600 µs'
    """

    gather_seconds: list[float]
    copy_seconds: list[float]
    forward_seconds: list[float]
    backward_seconds: list[float]
    update_seconds: list[float]
    step_seconds: list[float]
    peak_memory_bytes: int | None
    num_threads: int
    device: str
    float32_precision: str


def time_training_step(
    model: nn.Module,
    images: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    batch_size: int = 64,
    learning_rate: float = 0.01,
    loss_function: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    device: str | torch.device | None = None,
    warmup: int = 10,
    repetitions: int = 50,
    seed: int = 0,
) -> StepTiming:
    """
    Time the training steps of :func:`fit`, as a whole and part by part.

    Parameters
    ----------
    model : torch.nn.Module
        A copy of it is trained. The model itself is neither changed nor moved.
    images : Float[Tensor, "n ..."]
        Normalised images, of the dtype of the model's parameters.
    labels : Int64[Tensor, "n"]
        Their classes.
    batch_size : int, default 64
        Images in each step, at most ten million. There may be fewer images than that, because batches are drawn
        with replacement.
    learning_rate : float, default 0.01
        Step length as a multiple of the gradient.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss.
    device : str, torch.device or None, default None
        Where to train, as for :func:`resolve_device`. None uses the device of the model's parameters.
    warmup : int, default 10
        Number of repetitions to run first and drop: they load kernels and fill caches.
    repetitions : int, default 50
        Number of repetitions to keep. Each runs one step part by part and one as a whole.
    seed : int, default 0
        Seed of the batches, from 0 to 2**63 − 1.

    Returns
    -------
    StepTiming
        Seconds of each repetition, in order.

    Raises
    ------
    ConfigurationError
        If a number is out of range, images, labels, model and loss do not fit each other, or the model can't be
        copied.
    DeviceError
        If the device is unknown or absent.

    See Also
    --------
    fit : Runs steps without waiting between them, so on an accelerator a step may take less time than here.
    torch.utils.benchmark.Timer : Times any statement.

    Notes
    -----
    Each time before the clock is read, the program waits for the accelerator. Otherwise the clock would show how
    long it takes to queue the work [1]_. Parts and whole steps alternate, so that a machine that slows down in
    between affects both alike.

    References
    ----------
    .. [1] PyTorch, "Asynchronous execution", *CUDA semantics*,
       https://docs.pytorch.org/docs/stable/notes/cuda.html#asynchronous-execution.

    Examples
    --------
    >>> from fmnist_ref import MLP, load_sample, normalize, time_training_step
    >>> sample = load_sample()
    >>> images = normalize(sample.images)
    >>> timing = time_training_step(
    ...     MLP(), images, sample.labels, warmup=1, repetitions=3
    ... )
    >>> len(timing.step_seconds), timing.device
    (3, 'cpu')
    """
    batch_size = count_up_to(MOST_IN_A_BATCH, "batch_size", batch_size)
    warmup, repetitions = _checks.counts(warmup=warmup, repetitions=repetitions)
    learning_rate = _checks.require_positive_number("learning_rate", learning_rate)
    generator = torch.Generator("cpu").manual_seed(_checks.require_seed(seed))
    _checks.require_trainable(model)
    _checks.require_images(model, images)
    highest_label = _checks.require_labels(images, labels)
    device = _checks.first_parameter(model).device if device is None else resolve_device(device)
    host_images, host_labels = images.detach().cpu(), labels.cpu()
    images, labels = images.detach().to(device), labels.to(device)
    parts = ("gather", "copy", "forward", "backward", "update", "step")
    seconds: dict[str, list[float]] = {f"{part}_seconds": [] for part in parts}
    gather, copying, forward, backward, update, step = seconds.values()

    with torch.inference_mode(mode=False), checked(loss_function, images, highest_label) as loss_function:
        model = _copy(model).train().to(device)
        _forget_peak_memory(device)
        optimizer = PlainSGD(model.parameters(), learning_rate)
        for _ in range(warmup + repetitions):
            # Three batches: if one was gathered again, its images would be in the processor's cache already.
            copied, in_parts, whole = torch.randint(len(images), (3, batch_size), generator=generator, device="cpu")
            on_host = host_images.index_select(0, copied), host_labels.index_select(0, copied)
            with _clock(device, copying):
                [tensor.to(device) for tensor in on_host]
            batch = in_parts.to(device)
            with _clock(device, gather):
                inputs, targets = images.index_select(0, batch), labels.index_select(0, batch)
            with _clock(device, forward):
                loss = loss_function(model(inputs), targets)
            with _clock(device, backward):
                optimizer.zero_grad()
                loss.backward()
            with _clock(device, update):
                optimizer.step()
            batch = whole.to(device)
            with _clock(device, step):
                inputs, targets = images.index_select(0, batch), labels.index_select(0, batch)
                loss = loss_function(model(inputs), targets)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return StepTiming(
        **{part: times[warmup:] for part, times in seconds.items()},
        peak_memory_bytes=_peak_memory_bytes(device),
        num_threads=torch.get_num_threads(),
        device=str(device),
        float32_precision=torch.get_float32_matmul_precision(),
    )


def _copy(model: nn.Module) -> nn.Module:
    """Copy a model. Weights that are computed from others, as pruning does, are copied without their graph."""
    attributes = [value for module in model.modules() for value in vars(module).values()]
    computed = [value for value in attributes if isinstance(value, Tensor) and not value.is_leaf]
    try:
        return copy.deepcopy(model, {id(value): value.detach().clone() for value in computed})
    except (RuntimeError, TypeError) as error:
        raise ConfigurationError(
            "the model must be one that copy.deepcopy can copy",
            f"{type(error).__name__}: {str(error).partition('. ')[0]}",
            "Remove what it has kept of a forward pass, and locks and open files, or pass a new model.",
        ) from error


@contextmanager
def _clock(device: torch.device, seconds: list[float]) -> Iterator[None]:
    """Append the seconds that the block took. They include all work queued in the block, and none queued before it."""
    synchronize(device)
    start = perf_counter()
    yield
    synchronize(device)
    seconds.append(perf_counter() - start)


def _forget_peak_memory(device: torch.device) -> None:
    """Reset the peak of allocated memory, where PyTorch keeps this statistic."""
    if device.type in ("cuda", "xpu"):
        torch.get_device_module(device).reset_peak_memory_stats(device)


def _peak_memory_bytes(device: torch.device) -> int | None:
    """Return the peak of bytes allocated on the device since the reset; None where PyTorch keeps no statistic."""
    if device.type not in ("cuda", "xpu"):
        return None
    peak: int = torch.get_device_module(device).max_memory_allocated(device)
    return peak
