"""Steps in the variants that an accelerator gains from, as far as a CPU and stand-ins can tell."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch

from fmnist_ref import MLP, cross_entropy, load_sample, normalize
from report.experiments import step_variants
from report.experiments.step_variants import (
    Block,
    captured,
    first_images,
    step_of_networks,
    tensor_float32,
    time_in_turn,
)
from report.plan import Dataset

CPU = torch.device("cpu")
SAMPLE = load_sample()


def test_a_step_of_networks_is_a_step_of_each_on_its_own_images():
    networks = [MLP((4,)) for _ in range(3)]
    images = normalize(SAMPLE.images[:24]).flatten(1).unflatten(0, (3, 8))
    labels = SAMPLE.labels[:24].unflatten(0, (3, 8))
    stacks = [torch.stack(stack).detach() for stack in zip(*(n.parameters() for n in networks), strict=True)]
    step_of_networks(stacks, images, labels)
    for place, network in enumerate(networks):
        gradients = torch.autograd.grad(
            cross_entropy(network(images[place]), labels[place]), list(network.parameters())
        )
        for stack, before, gradient in zip(stacks, network.parameters(), gradients, strict=True):
            torch.testing.assert_close(stack[place], before.detach() - 0.01 * gradient)


def test_images_begin_again_where_there_are_too_few():
    dataset = Dataset(normalize(SAMPLE.images), SAMPLE.labels, normalize(SAMPLE.images), SAMPLE.labels)
    images, labels = first_images(dataset, 307, CPU)
    assert torch.equal(images[300:], normalize(SAMPLE.images[:7]))
    assert torch.equal(labels[:300], SAMPLE.labels)


def test_blocks_take_turns_and_one_that_does_not_fit_is_left_out():
    calls = []

    def does_not_fit():
        raise torch.OutOfMemoryError("too large")

    blocks = [
        Block(device=CPU, prepare=lambda: lambda: calls.append("a")),
        Block(device=CPU, prepare=lambda: does_not_fit),
        Block(device=CPU, prepare=lambda: lambda: calls.append("b")),
    ]
    first, none, last = time_in_turn(blocks, rounds=3)
    assert (len(first), none, len(last)) == (3, [], 3)
    assert min(first + last) > 0
    warm = ["a", "a", "b", "b"]
    assert calls == warm + (["a"] * step_variants.MOST_STEPS + ["b"] * step_variants.MOST_STEPS) * 3


def test_products_are_rounded_where_that_is_wanted_and_only_there():
    seen = []

    def look():
        seen.append((torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32))

    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    time_in_turn(
        [Block(device=CPU, prepare=lambda: look, rounds_inputs=allowed) for allowed in (False, True)], rounds=1
    )
    assert set(seen[:2]) == {("highest", False)}
    assert set(seen[2:4]) == {("high", True)}
    assert set(seen[-step_variants.MOST_STEPS :]) == {("high", True)}
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == before
    with pytest.raises(ZeroDivisionError), tensor_float32(is_allowed=True):
        raise ZeroDivisionError
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == before


def test_a_graph_is_captured_once_after_warming_up_and_then_replayed(monkeypatch):
    told = []

    @contextmanager
    def within(name):
        told.append(f"{name} begins")
        yield
        told.append(f"{name} ends")

    class Stream:
        def wait_stream(self, other):
            told.append("wait")

    stand_in = SimpleNamespace(
        Stream=Stream,
        current_stream=Stream,
        stream=lambda stream: within("stream"),
        CUDAGraph=lambda: SimpleNamespace(replay=lambda: told.append("replay")),
        graph=lambda graph: within("capture"),
    )
    monkeypatch.setattr(torch, "cuda", stand_in)
    launch = captured(lambda: told.append("step"))
    assert told == [
        *("wait", "stream begins", "step", "step", "step", "stream ends", "wait"),
        *("capture begins", "step", "capture ends"),
    ]
    launch()
    assert told[-2:] == ["capture ends", "replay"]
