"""The loop against a hand-written one; its records against hand computation; its errors word for word."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from fmnist_ref import (
    MLP,
    ConfigurationError,
    DivergenceError,
    SoftmaxRegression,
    evaluate,
    fit,
    load_sample,
    normalize,
    resnet18,
    training,
)


def tiny_model(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return MLP(hidden=(5,), in_features=6, num_classes=3)


@pytest.fixture
def tiny() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)
    return torch.randn(50, 6, generator=generator), torch.randint(3, (50,), generator=generator)


def same_bits(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def by_hand(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> list[list[tuple[float, int]]]:
    """Train without an optimizer and without `index_select`; return loss and size of every batch."""
    generator = torch.Generator().manual_seed(seed)
    record = []
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=generator).tolist()
        batches = []
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                    parameter.add_(gradient, alpha=-learning_rate)
            batches.append((loss.item(), len(batch)))
        record.append(batches)
    return record


class LeavesOneOut(nn.Module):
    """A model with a layer that takes no part in the forward pass, and one that is frozen."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.unused, self.last = nn.Linear(6, 5), nn.Linear(6, 5), nn.Linear(5, 3)
        self.last.bias.requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        outputs: Tensor = self.last(self.first(images).relu())
        return outputs


def test_updates_are_those_of_torch_optim_sgd_bit_for_bit(tiny: tuple[Tensor, Tensor]) -> None:
    images, labels = tiny
    model, other = LeavesOneOut(), LeavesOneOut()
    optimizer = torch.optim.SGD(other.parameters(), lr=0.3)
    generator = torch.Generator().manual_seed(4)
    for _ in range(3):
        for batch in torch.randperm(50, generator=generator).split(8):
            optimizer.zero_grad()
            F.cross_entropy(other(images[batch]), labels[batch]).backward()
            optimizer.step()
    F.cross_entropy(model(images), labels).backward()  # a gradient from before must not count
    fit(model, images, labels, epochs=3, batch_size=8, learning_rate=0.3, seed=4)
    assert same_bits(model, other)
    assert not same_bits(model, LeavesOneOut())


@pytest.mark.parametrize("batch_size", [1, 8, 50, 64])
def test_fit_takes_the_steps_of_a_hand_written_loop_bit_for_bit(tiny: tuple[Tensor, Tensor], batch_size: int) -> None:
    settings = {"epochs": 3, "batch_size": batch_size, "learning_rate": 0.1, "seed": 5}
    ours, theirs = tiny_model(), tiny_model()
    history = fit(ours, *tiny, **settings, log_every=2)
    record = by_hand(theirs, *tiny, **settings)
    assert same_bits(ours, theirs)
    for epoch, batches in enumerate(record):
        losses = [loss for loss, _ in batches]
        by_image = sum(loss * size for loss, size in batches) / 50
        assert history.running_loss[epoch] == pytest.approx(by_image, rel=1e-12)
        assert history.mean_of_batch_means[epoch] == pytest.approx(np.mean(losses), rel=1e-12)
        blocks = [np.mean(losses[k : k + 2]) for k in range(0, len(losses) - 1, 2)]
        assert history.logged_loss[epoch] == pytest.approx(blocks, rel=1e-12)
    assert history.num_steps == sum(map(len, record))
    assert len(history.train_seconds) == 3
    assert min(history.train_seconds) > 0


def test_short_last_batch_counts_by_its_images() -> None:
    images, labels = torch.zeros(5, 2), torch.tensor([0, 0, 0, 0, 1])
    model = SoftmaxRegression(in_features=2, num_classes=2)
    values = [1.0, 2.0, 6.0]  # batches of 2, 2 and 1

    def loss_function(outputs: Tensor, _: Tensor) -> Tensor:
        return outputs.sum() * 0 + (values.pop(0) if torch.is_grad_enabled() else 1.0)

    history = fit(model, images, labels, epochs=1, batch_size=2, loss_function=loss_function)
    assert history.running_loss == [pytest.approx((2 * 1 + 2 * 2 + 1 * 6) / 5)]
    assert history.mean_of_batch_means == [pytest.approx(3.0)]


@settings(max_examples=25)
@given(num_images=st.integers(1, 40), batch_size=st.integers(1, 45), log_every=st.integers(1, 12))
def test_every_image_is_seen_once_an_epoch(num_images: int, batch_size: int, log_every: int) -> None:
    images = torch.arange(num_images, dtype=torch.float32)[:, None]
    seen: list[float] = []

    def loss_function(outputs: Tensor, labels: Tensor) -> Tensor:
        if torch.is_grad_enabled():  # without, it is the check of the loss
            seen.extend(labels.tolist())
        return outputs.square().mean()

    model = SoftmaxRegression(in_features=1, num_classes=40)
    history = fit(
        model,
        images / num_images,
        torch.arange(num_images),
        epochs=2,
        batch_size=batch_size,
        log_every=log_every,
        loss_function=loss_function,
    )
    steps = math.ceil(num_images / batch_size)
    assert sorted(seen[:num_images]) == sorted(seen[num_images:]) == list(range(num_images))
    assert history.num_steps == 2 * steps
    assert [len(blocks) for blocks in history.logged_loss] == [steps // log_every] * 2
    for one, other in zip(history.running_loss, history.mean_of_batch_means, strict=True):
        assert one == pytest.approx(other) or num_images % batch_size


def test_fit_on_real_images_lowers_the_loss() -> None:
    sample = load_sample()
    images = normalize(sample.images)
    torch.manual_seed(0)
    model = MLP()
    before = evaluate(model, images, sample.labels)
    history = fit(model, images, sample.labels, epochs=20, learning_rate=0.1)
    after = evaluate(model, images, sample.labels)
    assert after.loss < 0.5 * before.loss
    assert after.accuracy > 0.8
    assert history.running_loss[-1] < history.running_loss[0]


def test_global_random_state_is_neither_read_nor_changed(tiny: tuple[Tensor, Tensor]) -> None:
    one, other = tiny_model(), tiny_model()
    torch.manual_seed(1)
    before = torch.get_rng_state()
    fit(one, *tiny, epochs=2, seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    fit(other, *tiny, epochs=2, seed=3)
    assert same_bits(one, other)


def test_dropout_draws_from_the_global_generator(tiny: tuple[Tensor, Tensor]) -> None:
    """The guide says so: the seed covers the order of the images alone."""
    weights = []
    for global_seed in (1, 1, 2):
        model = nn.Sequential(nn.Dropout(0.5), tiny_model())
        torch.manual_seed(global_seed)
        fit(model, *tiny, epochs=1, seed=3)
        weights.append(model[1].layers[1].weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_another_seed_takes_another_way(tiny: tuple[Tensor, Tensor]) -> None:
    one, other = tiny_model(), tiny_model()
    fit(one, *tiny, epochs=1, batch_size=8, seed=0)
    fit(other, *tiny, epochs=1, batch_size=8, seed=1)
    assert not same_bits(one, other)


def test_orders_of_epochs_differ(tiny: tuple[Tensor, Tensor]) -> None:
    orders: list[list[float]] = []

    def loss_function(outputs: Tensor, labels: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            orders.append(outputs.detach().flatten().tolist())
        return outputs.sum() * 0  # no step: the outputs tell the order

    fit(tiny_model(), *tiny, epochs=2, batch_size=50, loss_function=loss_function)
    assert orders[0] != orders[1]


def test_max_steps_cuts_an_epoch_short_and_weights_it_by_what_was_seen(tiny: tuple[Tensor, Tensor]) -> None:
    record = by_hand(tiny_model(), *tiny, epochs=2, batch_size=8, learning_rate=0.01, seed=0)
    finished = []
    history = fit(tiny_model(), *tiny, epochs=9, batch_size=8, max_steps=10, log_every=2, after_epoch=finished.append)
    assert history.num_steps == 10
    assert finished == [1, 2]
    losses = [loss for loss, _ in record[1][:3]]  # 7 steps in the first epoch, 3 in the second
    assert history.running_loss[1] == pytest.approx(np.mean(losses), rel=1e-12)
    assert history.mean_of_batch_means[1] == pytest.approx(np.mean(losses), rel=1e-12)
    assert history.logged_loss[1] == pytest.approx([np.mean(losses[:2])], rel=1e-12)


@pytest.mark.parametrize(("max_steps", "epochs_run", "steps"), [(1, 1, 1), (7, 1, 7), (14, 2, 14), (99, 2, 14)])
def test_max_steps_and_epochs_both_bound(
    tiny: tuple[Tensor, Tensor], max_steps: int, epochs_run: int, steps: int
) -> None:
    history = fit(tiny_model(), *tiny, epochs=2, batch_size=8, max_steps=max_steps)
    assert (len(history.running_loss), history.num_steps) == (epochs_run, steps)


def test_after_epoch_sees_evaluation_mode_and_stops_training(tiny: tuple[Tensor, Tensor]) -> None:
    model = tiny_model()
    modes = []

    def after_epoch(epoch: int) -> bool:
        modes.append((epoch, model.training))
        return epoch == 2

    history = fit(model, *tiny, epochs=5, after_epoch=after_epoch)
    assert modes == [(1, False), (2, False)]
    assert len(history.running_loss) == 2
    assert model.training  # as it was before


def test_training_mode_returns_after_evaluation(tiny: tuple[Tensor, Tensor]) -> None:
    modes = []

    class Watched(SoftmaxRegression):
        def forward(self, images: Tensor) -> Tensor:
            modes.append(self.training)
            return super().forward(images)

    model = Watched(6, 3)
    fit(model, *tiny, epochs=2, batch_size=50, after_epoch=lambda epoch: None)
    fit(model.eval(), *tiny, epochs=2, batch_size=50, after_epoch=lambda epoch: model.train() and None)
    assert modes == [True] * 4
    assert not model.training


def test_clock_waits_for_the_device_and_leaves_out_what_comes_after(
    tiny: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, queued = 100.0, 0.0

    def synchronize(_: torch.device) -> None:
        nonlocal now, queued
        now, queued = now + queued, 0.0

    def loss_function(outputs: Tensor, labels: Tensor) -> Tensor:
        nonlocal queued
        queued += 0.5 if torch.is_grad_enabled() else 0  # half a second of work that the device has yet to do
        return F.cross_entropy(outputs, labels)

    def after_epoch(_: int) -> None:
        nonlocal now, queued
        now, queued = now + 1000, queued + 30

    monkeypatch.setattr(training, "synchronize", synchronize)
    monkeypatch.setattr(training, "perf_counter", lambda: now)
    history = fit(tiny_model(), *tiny, epochs=2, batch_size=10, loss_function=loss_function, after_epoch=after_epoch)
    assert history.train_seconds == pytest.approx([2.5, 2.5])


class CountReads(TorchDispatchMode):
    """Count the operations that read a tensor's value, for which the host would wait."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.reads += func in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.equal.default)
        return func(*args, **kwargs or {})


def test_no_step_reads_a_value_from_the_device(tiny: tuple[Tensor, Tensor]) -> None:
    reads = []
    for batch_size in (50, 1):
        with CountReads() as count:
            fit(tiny_model(), *tiny, epochs=1, batch_size=batch_size)
        reads.append(count.reads)
    assert reads[0] == reads[1]  # 1 step and 50 steps


@pytest.mark.parametrize(("poison", "shown"), [(math.nan, "nan"), (math.inf, "inf")])
def test_divergence_names_the_first_bad_step(tiny: tuple[Tensor, Tensor], poison: float, shown: str) -> None:
    calls = 0

    def loss_function(outputs: Tensor, labels: Tensor) -> Tensor:
        nonlocal calls
        calls += torch.is_grad_enabled()
        return F.cross_entropy(outputs, labels) + (poison if calls in (10, 12) else 0)

    message = (
        rf"^the training loss must stay finite; found {shown} at step 3 of epoch 2\. "
        r"Lower the learning rate, which was 0\.25, and check that the images are normalised\.$"
    )
    with pytest.raises(DivergenceError, match=message):
        fit(tiny_model(), *tiny, epochs=3, batch_size=8, learning_rate=0.25, loss_function=loss_function)


def test_a_rate_far_too_high_diverges(tiny: tuple[Tensor, Tensor]) -> None:
    images, labels = tiny
    with pytest.raises(DivergenceError, match=r"at step \d+ of epoch \d+\. Lower the learning rate"):
        fit(tiny_model(), 1e3 * images, labels, epochs=50, learning_rate=1e30)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "log_every", "max_steps"])
@pytest.mark.parametrize("value", [0, -1, 1.0, True, "3", np.array([3]), torch.tensor(True), torch.tensor(2.0)])
def test_counts_must_be_positive_whole_numbers(tiny: tuple[Tensor, Tensor], name: str, value: object) -> None:
    arguments = {"epochs": 1, name: value}
    with pytest.raises(ConfigurationError) as caught:
        fit(tiny_model(), *tiny, **arguments)
    assert str(caught.value) == f"{name} must be an int of at least 1; found {value!r}. Pass a positive whole number."


@pytest.mark.parametrize("value", [0, -0.1, math.inf, math.nan, True, "0.1", np.array([0.1])])
def test_learning_rate_must_be_positive_and_finite(tiny: tuple[Tensor, Tensor], value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^learning_rate must be a finite float above 0; found "):
        fit(tiny_model(), *tiny, epochs=1, learning_rate=value)


@pytest.mark.parametrize("value", [-1, 2**63, 0.0, True, None])
def test_seed_must_be_what_a_generator_takes(tiny: tuple[Tensor, Tensor], value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^seed must be an int from 0 to 2\*\*63 - 1; found "):
        fit(tiny_model(), *tiny, epochs=1, seed=value)


def fit_once(model: nn.Module, images: Tensor, labels: Tensor) -> object:
    return fit(model, images, labels, epochs=1)


@pytest.mark.parametrize("call", [fit_once, evaluate])
@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (
            torch.zeros(4, 6, dtype=torch.uint8),
            torch.zeros(4).long(),
            r"torch\.uint8 of shape \[4, 6\]\. Pass normalize\(split\.images\)\.$",
        ),
        (
            torch.zeros(4, 6).double(),
            torch.zeros(4).long(),
            r"torch\.float64 of .*Pass images\.to\(torch\.float32\), or convert the model with model\.to\(torch\.float64\)",
        ),
        (np.zeros((4, 6)), torch.zeros(4).long(), r"found a ndarray\. Pass a tensor"),
        (torch.zeros(4, 6), [0, 1, 2, 0], r"each of the 4 images; found a list"),
        (torch.zeros(0, 6), torch.zeros(0).long(), r"torch\.float32 of shape \[0, 6\]"),
        (torch.zeros(6), torch.zeros(6).long(), r"torch\.float32 of shape \[6\]"),
        (
            torch.zeros(4, 6),
            torch.zeros(3).long(),
            r"each of the 4 images; found torch\.int64 of shape \[3\]",
        ),
        (
            torch.zeros(4, 6),
            torch.zeros(4, 1).long(),
            r"each of the 4 images; found torch\.int64 of shape \[4, 1\]",
        ),
        (torch.zeros(4, 6), torch.tensor([0, 1, -100, 2]), r"^labels must be at least 0; found -100\. Pass the labels"),
        (torch.zeros(4, 6), torch.zeros(4).int(), r"each of the 4 images; found torch\.int32 of shape \[4\]"),
    ],
)
def test_tensors_that_do_not_fit_are_described(call: Callable, images: Tensor, labels: Tensor, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        call(tiny_model(), images, labels)


def test_a_model_without_anything_to_train_is_refused(tiny: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(ConfigurationError, match="that require a gradient; found a Flatten without any"):
        fit(nn.Flatten(), *tiny, epochs=1)
    with pytest.raises(ConfigurationError, match="that require a gradient; found a MLP without any"):
        fit(tiny_model().requires_grad_(False), *tiny, epochs=1)
    with pytest.raises(ConfigurationError, match="must have parameters; found a Flatten without any"):
        evaluate(nn.Flatten(), *tiny)


# An optimizer or a generator of the caller's


def test_any_optimizer_can_take_the_steps(tiny: tuple[Tensor, Tensor]) -> None:
    ours, theirs = tiny_model(), tiny_model()
    fit(ours, *tiny, epochs=2, batch_size=8, seed=4, optimizer=torch.optim.Adam(ours.parameters(), lr=0.02))
    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.02)
    generator = torch.Generator().manual_seed(4)
    for _ in range(2):
        for batch in torch.randperm(50, generator=generator).split(8):
            optimizer.zero_grad()
            F.cross_entropy(theirs(tiny[0][batch]), tiny[1][batch]).backward()
            optimizer.step()
    assert same_bits(ours, theirs)


def test_the_default_rate_is_a_hundredth(tiny: tuple[Tensor, Tensor]) -> None:
    one, other = tiny_model(), tiny_model()
    fit(one, *tiny, epochs=1)
    fit(other, *tiny, epochs=1, learning_rate=0.01)
    assert same_bits(one, other)


def test_an_optimizer_goes_on_in_a_second_call(tiny: tuple[Tensor, Tensor]) -> None:
    once, twice = tiny_model(), tiny_model()
    for model, calls, epochs in ((once, 1, 4), (twice, 2, 2)):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        generator = torch.Generator().manual_seed(3)
        for _ in range(calls):
            fit(model, *tiny, epochs=epochs, batch_size=8, optimizer=optimizer, generator=generator)
    assert same_bits(once, twice)


def test_one_seed_repeats_the_order_and_a_generator_goes_on(tiny: tuple[Tensor, Tensor]) -> None:
    orders: list[list[int]] = []

    def loss_function(outputs: Tensor, labels: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            orders.append(labels.tolist())
        return outputs.sum() * 0

    def train(**order: object) -> None:
        fit(tiny_model(), *tiny, epochs=1, batch_size=50, loss_function=loss_function, **order)

    generator = torch.Generator().manual_seed(5)
    for order in ({"seed": 5}, {"seed": 5}, {"generator": generator}, {"generator": generator}):
        train(**order)
    assert orders[0] == orders[1] == orders[2] != orders[3]


def test_settings_that_contradict_each_other_are_refused(tiny: tuple[Tensor, Tensor]) -> None:
    model = tiny_model()
    optimizer = torch.optim.Adam(model.parameters())
    with pytest.raises(ConfigurationError) as caught:
        fit(model, *tiny, epochs=1, learning_rate=0.01, optimizer=optimizer)
    assert str(caught.value) == (
        "learning_rate or optimizer must be given, not both; found learning_rate=0.01 and a Adam. "
        "Leave learning_rate out: the optimizer has its own."
    )
    with pytest.raises(ConfigurationError, match=r"^seed or generator must be given, not both; found seed=3 and a gen"):
        fit(model, *tiny, epochs=1, seed=3, generator=torch.Generator())
    with pytest.raises(ConfigurationError, match=r"^the optimizer must hold parameters of the model; found a Adam of"):
        fit(tiny_model(), *tiny, epochs=1, optimizer=optimizer)
    with pytest.raises(ConfigurationError, match=r"^the optimizer must take a step from one gradient; found LBFGS"):
        fit(model, *tiny, epochs=1, optimizer=torch.optim.LBFGS(model.parameters()))


def test_divergence_names_the_rate_of_the_optimizer(tiny: tuple[Tensor, Tensor]) -> None:
    model = tiny_model()
    with pytest.raises(DivergenceError, match=r"which was 0\.125, and"):
        fit(
            model,
            *tiny,
            epochs=1,
            optimizer=torch.optim.SGD(model.parameters(), lr=0.125),
            loss_function=lambda outputs, _: outputs.mean() * math.nan,
        )


# What callers pass


@pytest.mark.parametrize("number", [np.int64, np.int32, torch.tensor])
def test_numpy_integers_and_scalar_tensors_are_numbers(tiny: tuple[Tensor, Tensor], number: Callable) -> None:
    one, other = tiny_model(), tiny_model()
    counts = {"epochs": 2, "batch_size": 8, "log_every": 3, "max_steps": 9, "seed": 3}
    history = fit(one, *tiny, **{name: number(value) for name, value in counts.items()})
    expected = fit(other, *tiny, **counts)
    assert same_bits(one, other)
    assert history.logged_loss == expected.logged_loss
    assert type(history.num_steps) is int


@pytest.mark.parametrize("rate", [np.float32(0.5), np.float64(0.5), torch.tensor(0.5), 0.5])
def test_rates_may_be_numpy_numbers_and_scalar_tensors(tiny: tuple[Tensor, Tensor], rate: object) -> None:
    one, other = tiny_model(), tiny_model()
    fit(one, *tiny, epochs=1, learning_rate=rate)
    fit(other, *tiny, epochs=1, learning_rate=0.5)
    assert same_bits(one, other)


def test_numbers_beyond_64_bits_are_as_good_as_all(tiny: tuple[Tensor, Tensor]) -> None:
    one, other = tiny_model(), tiny_model()
    history = fit(one, *tiny, epochs=2, batch_size=2**64, log_every=2**64, max_steps=2**64)
    fit(other, *tiny, epochs=2, batch_size=50)
    assert same_bits(one, other)
    assert history.logged_loss == [[], []]


@pytest.mark.parametrize("loss_function", [F.cross_entropy, lambda *a: F.cross_entropy(*a, torch.ones(3))])
def test_labels_beyond_the_outputs_are_named(tiny: tuple[Tensor, Tensor], loss_function: Callable) -> None:
    images, labels = tiny
    for call in (lambda *a: fit(*a, epochs=1, loss_function=loss_function), lambda *a: evaluate(*a)):
        with pytest.raises(ConfigurationError) as caught:
            call(tiny_model(), images, labels + 1)
        assert str(caught.value) == (
            "labels must be less than 3, the number of the model's outputs; found 3. "
            "Number the classes from 0, or make the model with at least 4 outputs."
        )


@pytest.mark.parametrize("shape", [(4, 28, 28), (4, 1, 32, 32)])
def test_images_of_the_wrong_shape_are_explained(shape: tuple[int, ...]) -> None:
    model = resnet18() if len(shape) == 3 else MLP()
    for call in (fit_once, evaluate):
        with pytest.raises(ConfigurationError) as caught:
            call(model, torch.zeros(shape), torch.zeros(4).long())
        assert caught.value.expected.endswith(f"accept a batch of images of shape {list(shape[1:])}")
        assert caught.value.found.startswith("RuntimeError: ")
        assert "images.unsqueeze(1)" in caught.value.remedy
        assert isinstance(caught.value.__cause__, RuntimeError)


def test_errors_after_the_first_batch_stay_as_they_are(tiny: tuple[Tensor, Tensor]) -> None:
    def after_epoch(_: int) -> None:
        raise IndexError("of the caller")

    with pytest.raises(IndexError, match=r"^of the caller$"):
        fit(tiny_model(), *tiny, epochs=1, after_epoch=after_epoch)


class ReturnsMore(SoftmaxRegression):
    """A model that returns its outputs with something else, as some of torchvision do in training mode."""

    def forward(self, images: Tensor) -> object:
        return super().forward(images), None


@pytest.mark.parametrize("call", [fit_once, evaluate])
def test_a_model_that_returns_a_tuple_is_refused(tiny: tuple[Tensor, Tensor], call: Callable) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^the model must return a tensor with one row .*; found a tuple\. Wrap"
    ):
        call(ReturnsMore(6, 3), *tiny)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_fit_trains_where_the_caller_has_turned_gradients_off(tiny: tuple[Tensor, Tensor], mode: Callable) -> None:
    one, other = tiny_model(), tiny_model()
    fit(one, *tiny, epochs=2)
    with mode():
        fit(other, tiny[0].clone(), tiny[1].clone(), epochs=2)  # under inference_mode, the copies are inference tensors
        assert not torch.is_grad_enabled()
    assert same_bits(one, other)


def test_a_model_made_in_inference_mode_is_refused(tiny: tuple[Tensor, Tensor]) -> None:
    with torch.inference_mode():
        model = tiny_model()
    with pytest.raises(ConfigurationError, match=r"^the model's parameters must be ordinary tensors; found inference"):
        fit(model, *tiny, epochs=1)


def test_a_last_batch_of_one_image_is_explained_to_batch_normalisation(tiny: tuple[Tensor, Tensor]) -> None:
    model = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
    with pytest.raises(ConfigurationError) as caught:
        fit(model, *tiny, epochs=1, batch_size=7)
    assert str(caught.value) == (
        "batch normalisation must see more than one image at a time in training; found a batch of one image, of the 50 in "
        "all. Pass a batch_size, or a number of images, with which no batch has only one."
    )
    fit(model, *tiny, epochs=1, batch_size=8)


@pytest.mark.parametrize("call", [lambda *a, **k: fit(*a, epochs=1, batch_size=8, **k), evaluate])
@pytest.mark.parametrize(
    ("loss_function", "found"),
    [
        (nn.CrossEntropyLoss(reduction="none"), r"shape \[\d+\]\. Leave"),
        (nn.CrossEntropyLoss(reduction="sum"), "a loss that doubles when every image counts twice, as a sum does"),
        (lambda *a: F.cross_entropy(*a, reduction="sum") / 64, "a loss that doubles"),
        (lambda *a: F.cross_entropy(*a)[None], r"shape \[1\]\. Leave"),
        (lambda *a: F.cross_entropy(*a).item(), "a float"),
    ],
)
def test_a_loss_that_is_no_mean_is_refused(
    tiny: tuple[Tensor, Tensor], call: Callable, loss_function: Callable, found: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^the loss must be .*the mean over the batch; found {found}"):
        call(tiny_model(), *tiny, loss_function=loss_function)


def test_a_class_weighted_mean_is_accepted(tiny: tuple[Tensor, Tensor]) -> None:
    fit(tiny_model(), *tiny, epochs=1, loss_function=nn.CrossEntropyLoss(torch.tensor([1.0, 5.0, 0.2])))


@pytest.mark.parametrize("call", [fit_once, evaluate])
def test_a_model_without_weights_is_refused(tiny: tuple[Tensor, Tensor], call: Callable) -> None:
    with pytest.raises(ConfigurationError, match=r"^the model must have weights; found a MLP on the meta device"):
        call(tiny_model().to("meta"), *tiny)


@pytest.mark.parametrize("call", [fit_once, evaluate])
@pytest.mark.parametrize("name", ["images", "labels"])
def test_tensors_without_values_are_refused(tiny: tuple[Tensor, Tensor], call: Callable, name: str) -> None:
    values = dict(zip(("images", "labels"), tiny, strict=True))
    values[name] = values[name].to("meta")
    with pytest.raises(ConfigurationError, match=rf"^{name} must have values; found a tensor on the meta device"):
        call(tiny_model(), **values)


def test_advice_fits_a_default_dtype_of_float64() -> None:
    sample = load_sample()
    model = MLP().double()
    with pytest.raises(ConfigurationError, match=r"Pass images\.to\(torch\.float64\), or convert the model"):
        fit(model, normalize(sample.images), sample.labels, epochs=1)
    with pytest.raises(ConfigurationError, match=r"Pass normalize\(split\.images\)\.to\(torch\.float64\)\.$"):
        fit(model, sample.images, sample.labels, epochs=1)
    fit(model, normalize(sample.images).to(torch.float64), sample.labels, epochs=1)


def test_the_default_device_plays_no_part(tiny: tuple[Tensor, Tensor]) -> None:
    one, other = tiny_model(), tiny_model()
    expected = fit(one, *tiny, epochs=2, batch_size=8), evaluate(one, *tiny)
    with torch.device("meta"):  # stands for an accelerator
        history, score = fit(other, *tiny, epochs=2, batch_size=8), evaluate(other, *tiny)
    assert same_bits(one, other)
    assert (history.running_loss, score) == (expected[0].running_loss, expected[1])


def test_the_model_stays_on_its_device(tiny: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model()
    monkeypatch.setattr(model, "to", lambda *_: pytest.fail("the model was moved"))
    fit(model, *tiny, epochs=1)


class CachesAtFirst(SoftmaxRegression):
    """A model that keeps a tensor of its first forward pass, as some keep a table of positions."""

    table: Tensor | None = None

    def forward(self, images: Tensor) -> Tensor:
        if self.table is None:
            self.table = torch.ones(6) * 2
        return super().forward(images * self.table)


def test_a_model_that_caches_can_be_trained_after_evaluation(tiny: tuple[Tensor, Tensor]) -> None:
    model = CachesAtFirst(6, 3)
    evaluate(model, *tiny)
    images = tiny[0].clone().requires_grad_()
    F.cross_entropy(model(images), tiny[1]).backward()  # saves the table for the backward pass
    fit(model, *tiny, epochs=1)


class WritesIntoItsInput(SoftmaxRegression):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.mul_(2))


@pytest.mark.parametrize("call", [fit_once, evaluate])
def test_the_callers_images_stay_as_they_are(tiny: tuple[Tensor, Tensor], call: Callable) -> None:
    before = tiny[0].clone()
    call(WritesIntoItsInput(6, 3), *tiny)
    assert torch.equal(tiny[0], before)


def test_images_may_carry_a_graph(tiny: tuple[Tensor, Tensor]) -> None:
    one, other = tiny_model(), tiny_model()
    factor = torch.ones(6, requires_grad=True)
    fit(one, tiny[0] * factor, tiny[1], epochs=2, batch_size=8)
    fit(other, *tiny, epochs=2, batch_size=8)
    assert same_bits(one, other)
    assert factor.grad is None
