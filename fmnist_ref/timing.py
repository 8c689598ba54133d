"""Where the time of a training step goes, on a device that may work behind the program's back."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from fmnist_ref import _checks
from fmnist_ref.devices import resolve_device, synchronize
from fmnist_ref.losses import cross_entropy
from fmnist_ref.optimizers import PlainSGD

__all__ = ["StepTiming", "time_training_step"]


@dataclass(frozen=True)
class StepTiming:
    """
    Times of a training step and of its parts, every repetition kept.

    Attributes
    ----------
    gather_seconds : list of float
        Taking a batch out of the images and labels that are on the device.
    copy_seconds : list of float
        Copying a batch of the same size from the host's memory to the device. No part of the step, whose data
        are on the device already; on the CPU there is nothing to copy.
    forward_seconds : list of float
        Outputs and loss.
    backward_seconds : list of float
        Clearing the gradients and computing them anew.
    update_seconds : list of float
        Changing the weights.
    step_seconds : list of float
        Whole steps, gather to update, with the device awaited only before and after. Less than the sum of the
        parts where the device works while the program queues what comes next.
    peak_memory_bytes : int or None
        The most that tensors took on the device at once, the resident images among them; None where PyTorch
        does not count it, as on the CPU.
    num_threads : int
        Threads that PyTorch used on the CPU.
    device : str
        The device, as in ``"cuda:0"``.
    float32_precision : str
        PyTorch's setting for float32 matrix products: ``"highest"``, ``"high"`` or ``"medium"``.

    See Also
    --------
    time_training_step : Makes it.

    Examples
    --------
    >>> timing = StepTiming([1e-5], [2e-6], [2e-4], [3e-4], [1e-4], [6e-4], None, 1, "cpu", "highest")
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
    Time the steps that :func:`fit` takes, whole and part by part.

    Parameters
    ----------
    model : torch.nn.Module
        A copy of it is trained; the model itself stays as and where it is.
    images : Float[Tensor, "n ..."]
        Normalised images, of the floating-point type of the model's parameters.
    labels : Int64[Tensor, "n"]
        Their classes.
    batch_size : int, default 64
        Images in each step. It may exceed their number, since batches are drawn with replacement.
    learning_rate : float, default 0.01
        Step length as a multiple of the gradient.
    loss_function : callable, default :func:`cross_entropy`
        Takes outputs and labels of a batch, returns their mean loss.
    device : str, torch.device or None, default None
        Where to train, as for :func:`resolve_device`. None stays where the model's parameters are.
    warmup : int, default 10
        Repetitions that are run first and not kept: they load kernels and fill caches.
    repetitions : int, default 50
        Repetitions that are kept. Each runs one step part by part and one as a whole.
    seed : int, default 0
        Seed of the batches, from 0 to 2**63 − 1.

    Returns
    -------
    StepTiming
        Seconds of each repetition, in order.

    Raises
    ------
    ConfigurationError
        If a number is out of range, or the tensors' types or lengths do not fit.
    DeviceError
        If the device is unknown or absent.

    See Also
    --------
    fit : Where one step follows the other unawaited, so that on an accelerator a step may take less than here.
    torch.utils.benchmark.Timer : Timing of any statement.

    Notes
    -----
    An accelerator is awaited before the clock is read, each time; else the clock would show how
    long it takes to queue the work [1]_. Parts and whole steps take turns, so that a machine that slows down
    in between does so for both.

    References
    ----------
    .. [1] PyTorch, "Asynchronous execution", *CUDA semantics*,
       https://docs.pytorch.org/docs/stable/notes/cuda.html#asynchronous-execution.

    Examples
    --------
    >>> from fmnist_ref import MLP, load_sample, normalize, time_training_step
    >>> sample = load_sample()
    >>> timing = time_training_step(MLP(), normalize(sample.images), sample.labels, warmup=1, repetitions=3)
    >>> len(timing.step_seconds), timing.device
    (3, 'cpu')
    """
    for name, value in (("batch_size", batch_size), ("warmup", warmup), ("repetitions", repetitions)):
        _checks.require_positive_integer(name, value)
    _checks.require_positive_number("learning_rate", learning_rate)
    _checks.require_seed(seed)
    _checks.require_trainable(model)
    _checks.require_images(model, images)
    _checks.require_labels(images, labels)

    device = _checks.first_parameter(model).device if device is None else resolve_device(device)
    model = copy.deepcopy(model).train().to(device)
    _forget_peak_memory(device)
    host_images, host_labels = images.cpu(), labels.cpu()
    images, labels = images.to(device), labels.to(device)
    optimizer = PlainSGD(model.parameters(), learning_rate)
    generator = torch.Generator().manual_seed(seed)
    gather: list[float] = []
    copying: list[float] = []
    forward: list[float] = []
    backward: list[float] = []
    update: list[float] = []
    step: list[float] = []

    for _ in range(warmup + repetitions):
        # A batch for each of the three: gathered again, its images would lie in the processor's cache already.
        copied, in_parts, whole = torch.randint(len(images), (3, batch_size), generator=generator)
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
        gather_seconds=gather[warmup:],
        copy_seconds=copying[warmup:],
        forward_seconds=forward[warmup:],
        backward_seconds=backward[warmup:],
        update_seconds=update[warmup:],
        step_seconds=step[warmup:],
        peak_memory_bytes=_peak_memory_bytes(device),
        num_threads=torch.get_num_threads(),
        device=str(device),
        float32_precision=torch.get_float32_matmul_precision(),
    )


@contextmanager
def _clock(device: torch.device, seconds: list[float]) -> Iterator[None]:
    """Append the seconds that the block took: all that was queued in it, and nothing queued before."""
    synchronize(device)
    start = perf_counter()
    yield
    synchronize(device)
    seconds.append(perf_counter() - start)


def _forget_peak_memory(device: torch.device) -> None:
    """Start the count of memory afresh, where PyTorch keeps one."""
    if device.type in ("cuda", "xpu"):
        torch.get_device_module(device).reset_peak_memory_stats(device)


def _peak_memory_bytes(device: torch.device) -> int | None:
    """Return the most that tensors took on the device at once since then, in bytes."""
    if device.type not in ("cuda", "xpu"):
        return None
    peak: int = torch.get_device_module(device).max_memory_allocated(device)
    return peak
