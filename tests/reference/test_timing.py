"""Step timing, on the CPU and on a stand-in for an accelerator that works behind the program's back."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune
from torch.utils._python_dispatch import TorchDispatchMode

from fmnist_ref import (
    MLP,
    ConfigurationError,
    DeviceError,
    SoftmaxRegression,
    load_sample,
    normalize,
    time_training_step,
    timing,
)

PARTS = ["gather_seconds", "copy_seconds", "forward_seconds", "backward_seconds", "update_seconds", "step_seconds"]


@pytest.fixture
def sample() -> tuple[Tensor, Tensor]:
    split = load_sample()
    return normalize(split.images), split.labels


class StandInAccelerator:
    """An accelerator with a queue and a clock: calls return at once, and waiting takes as long as the queue is."""

    DISPATCH_SECONDS = 0.001

    def __init__(self) -> None:
        self.now = 50.0
        self.done_at = 0.0
        self.waits = 0

    def queue(self, seconds: float) -> None:
        self.now += self.DISPATCH_SECONDS
        self.done_at = max(self.now, self.done_at) + seconds

    def synchronize(self, _: torch.device) -> None:
        self.waits += 1
        self.now = max(self.now, self.done_at)


def network_on(accelerator: StandInAccelerator, *, forward: float, backward: float) -> nn.Module:
    """Return a network whose passes queue work of so many seconds."""

    class QueueWork(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, outputs: Tensor) -> Tensor:
            accelerator.queue(forward)
            return outputs.clone()

        @staticmethod
        def backward(ctx: object, gradient: Tensor) -> Tensor:
            accelerator.queue(backward)
            return gradient

    class Network(SoftmaxRegression):
        def forward(self, images: Tensor) -> Tensor:
            return QueueWork.apply(super().forward(images))

    return Network()


@pytest.fixture
def accelerator(monkeypatch: pytest.MonkeyPatch) -> StandInAccelerator:
    stand_in = StandInAccelerator()
    monkeypatch.setattr(timing, "synchronize", stand_in.synchronize)
    monkeypatch.setattr(timing, "perf_counter", lambda: stand_in.now)
    return stand_in


def test_queued_work_is_awaited_and_belongs_to_its_part(
    accelerator: StandInAccelerator, sample: tuple[Tensor, Tensor]
) -> None:
    network = network_on(accelerator, forward=0.3, backward=0.5)
    result = time_training_step(network, *sample, warmup=1, repetitions=3)
    dispatch = accelerator.DISPATCH_SECONDS
    assert result.forward_seconds == pytest.approx([0.3 + dispatch] * 3)
    assert result.backward_seconds == pytest.approx([0.5 + dispatch] * 3)
    assert result.gather_seconds == result.copy_seconds == result.update_seconds == [0, 0, 0]


def test_whole_step_is_awaited_only_at_its_ends(accelerator: StandInAccelerator, sample: tuple[Tensor, Tensor]) -> None:
    network = network_on(accelerator, forward=0.3, backward=0.5)
    result = time_training_step(network, *sample, warmup=1, repetitions=3)
    # the backward pass is queued while the forward pass still runs: one dispatch less than the parts
    assert result.step_seconds == pytest.approx([0.8 + accelerator.DISPATCH_SECONDS] * 3)
    assert accelerator.waits == 4 * len(PARTS) * 2


def test_clock_without_waiting_would_measure_the_queueing(
    accelerator: StandInAccelerator, sample: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = network_on(accelerator, forward=0.3, backward=0.5)
    monkeypatch.setattr(timing, "synchronize", lambda _: None)
    result = time_training_step(network, *sample, warmup=1, repetitions=3)
    assert result.step_seconds == pytest.approx([2 * accelerator.DISPATCH_SECONDS] * 3)


def test_warmup_is_not_kept(accelerator: StandInAccelerator, sample: tuple[Tensor, Tensor]) -> None:
    passes = 0

    class SlowAtFirst(SoftmaxRegression):
        def forward(self, images: Tensor) -> Tensor:
            nonlocal passes
            passes += 1
            accelerator.queue(9.0 if passes <= 4 else 0.1)  # two passes in each repetition
            return super().forward(images)

    result = time_training_step(SlowAtFirst(), *sample, warmup=2, repetitions=3)
    assert passes == 2 * (2 + 3)
    assert max(result.forward_seconds + result.step_seconds) < 1


def test_every_repetition_is_kept_on_the_cpu(sample: tuple[Tensor, Tensor]) -> None:
    result = time_training_step(MLP(), *sample, warmup=2, repetitions=7, device="cpu")
    for part in PARTS:
        seconds = getattr(result, part)
        assert len(seconds) == 7
        assert all(second > 0 for second in seconds)
    assert result.device == "cpu"
    assert result.num_threads == torch.get_num_threads()
    assert result.peak_memory_bytes is None
    assert result.float32_precision == "highest"
    assert min(result.step_seconds) >= 0.5 * min(result.forward_seconds)


def test_models_with_computed_weights_are_copied(sample: tuple[Tensor, Tensor]) -> None:
    model = MLP((8,))
    for layer in model.layers:
        if isinstance(layer, nn.Linear):
            prune.l1_unstructured(layer, "weight", amount=0.5)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    computed = [vars(layer)["weight"] for layer in model.layers if isinstance(layer, nn.Linear)]
    result = time_training_step(model, *sample, warmup=1, repetitions=2)
    assert len(result.step_seconds) == 2
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(a is vars(b)["weight"] for a, b in zip(computed, model.layers[1::2], strict=True))


def test_models_that_cannot_be_copied_are_refused(sample: tuple[Tensor, Tensor]) -> None:
    model = SoftmaxRegression()
    model.seen = [model(sample[0])]
    with pytest.raises(ConfigurationError, match=r"^the model must be one that copy.deepcopy can copy; found Runtime"):
        time_training_step(model, *sample)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_callers_may_have_turned_gradients_off(sample: tuple[Tensor, Tensor], mode: type[torch.no_grad]) -> None:
    model = MLP()
    with mode():
        images, labels = (tensor.clone() for tensor in sample)
        assert len(time_training_step(model, images, labels, warmup=1, repetitions=2).step_seconds) == 2


@pytest.mark.parametrize("default", ["meta device", "float64"])
def test_defaults_of_device_and_dtype_do_not_matter(sample: tuple[Tensor, Tensor], default: str) -> None:
    model = MLP()
    try:
        if default == "float64":
            torch.set_default_dtype(torch.float64)
        else:
            torch.set_default_device("meta")
        assert time_training_step(model, *sample, warmup=1, repetitions=2).device == "cpu"
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)


def test_images_may_come_from_a_computation(sample: tuple[Tensor, Tensor]) -> None:
    images, labels = sample
    scale = torch.ones((), requires_grad=True)
    time_training_step(MLP(), images * scale, labels, warmup=1, repetitions=2)
    assert scale.grad is None


@pytest.mark.parametrize("reduction", ["none", "sum"])
def test_losses_that_are_no_mean_are_refused(sample: tuple[Tensor, Tensor], reduction: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^the loss must be .*the mean over the batch; found .*reduction"):
        time_training_step(MLP(), *sample, loss_function=nn.CrossEntropyLoss(reduction=reduction))


def test_numbers_may_be_numpy_numbers_and_tensors(sample: tuple[Tensor, Tensor]) -> None:
    numbers = {"batch_size": np.int64(4), "warmup": np.uint8(1), "repetitions": torch.tensor(2)}
    result = time_training_step(MLP(), *sample, **numbers, learning_rate=np.float32(0.1), seed=np.int64(3))
    assert len(result.step_seconds) == 2


@pytest.mark.parametrize("device", [None, "cpu"])
def test_model_is_left_as_it_is(sample: tuple[Tensor, Tensor], device: str | None) -> None:
    model = MLP().eval()
    before = [weight.clone() for weight in model.parameters()]
    random_state = torch.get_rng_state()
    time_training_step(model, *sample, warmup=1, repetitions=1, device=device)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert all(weight.grad is None for weight in model.parameters())
    assert not model.training
    assert torch.equal(torch.get_rng_state(), random_state)


def test_timed_steps_train_in_training_mode_and_use_whole_batches(sample: tuple[Tensor, Tensor]) -> None:
    seen = []

    class Watched(SoftmaxRegression):
        def forward(self, images: Tensor) -> Tensor:
            seen.append((self.training, len(images), self.linear.weight.detach().numpy().tobytes()))
            return super().forward(images)

    time_training_step(Watched().eval(), *sample, batch_size=500, warmup=1, repetitions=2, learning_rate=0.1)
    assert {(training, size) for training, size, _ in seen} == {(True, 500)}  # more than the 300 images
    assert len({weights for _, _, weights in seen}) == 6  # every step, timed by parts or whole, moves the weights


def test_peak_memory_is_counted_where_pytorch_counts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def reset_peak_memory_stats(device: torch.device) -> None:
        calls.append(device)

    def max_memory_allocated(device: torch.device) -> int:
        calls.append(device)
        return 12_345

    module = SimpleNamespace(reset_peak_memory_stats=reset_peak_memory_stats, max_memory_allocated=max_memory_allocated)
    monkeypatch.setattr(torch, "get_device_module", lambda device: module)
    for device in (torch.device("cuda", 0), torch.device("xpu", 1)):
        timing._forget_peak_memory(device)
        assert timing._peak_memory_bytes(device) == 12_345
        assert calls == [device, device]
        calls.clear()
    for device in (torch.device("cpu"), torch.device("mps", 0)):
        timing._forget_peak_memory(device)
        assert timing._peak_memory_bytes(device) is None
    assert calls == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size must be an int of at least 1; found 0."),
        ({"batch_size": 2**64}, "batch_size must be at most 10,000,000; found 18,446,744,073,709,551,616."),
        ({"warmup": 0}, "warmup must be an int of at least 1; found 0."),
        ({"repetitions": 2.5}, "repetitions must be an int of at least 1; found 2.5."),
        ({"learning_rate": 0}, "learning_rate must be a finite float above 0; found 0."),
        ({"seed": -1}, "seed must be an int from 0 to 2**63 - 1; found -1."),
    ],
)
def test_arguments_out_of_range_are_described(
    sample: tuple[Tensor, Tensor], arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        time_training_step(MLP(), *sample, **arguments)
    assert str(caught.value).startswith(message)


def test_absent_device_is_refused(sample: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(DeviceError):
        time_training_step(MLP(), *sample, device="cuda:99")


def test_record_is_plain_data(sample: tuple[Tensor, Tensor]) -> None:
    record = dataclasses.asdict(time_training_step(MLP(), *sample, warmup=1, repetitions=1))
    assert {type(value) for value in record.values()} == {list, int, str, type(None)}


class Gathers(TorchDispatchMode):
    """Notes which images are gathered."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[tuple[int, ...]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.index_select.default and args[0].ndim > 1:
            self.batches.append(tuple(args[2].tolist()))
        return func(*args, **(kwargs or {}))


def test_no_batch_is_gathered_twice_since_the_cache_would_have_it() -> None:
    with Gathers() as gathers:
        time_training_step(MLP((2,), in_features=3), torch.randn(1000, 3), torch.zeros(1000).long(), batch_size=20,
                           warmup=1, repetitions=2)  # fmt: skip
    assert len(gathers.batches) == 3 * 3  # copied, in parts and whole, in each repetition
    assert len(set(gathers.batches)) == 9
