"""Steps in the variants that an accelerator gains from, as far as a CPU and stand-ins can tell."""

import gc
import weakref
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from fmnist_ref import MLP, cross_entropy, load_sample, normalize
from report.experiments.attempts import graph_step
from report.experiments.step_variants import captured, first_images, step_of_networks
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

    def step():
        told.append("step")

    launch = captured(step)
    assert told == [
        *("wait", "stream begins", "step", "step", "step", "stream ends", "wait"),
        *("capture begins", "step", "capture ends"),
    ]
    launch()
    assert told[-2:] == ["capture ends", "replay"]
    kept = weakref.ref(step)
    del step
    gc.collect()
    assert kept() is not None  # a graph would read memory that is no longer the images'


@pytest.mark.skipif(not torch.cuda.is_available(), reason="graphs are CUDA's")
def test_a_captured_graph_takes_the_steps_that_it_was_captured_from():
    cuda = torch.device("cuda")

    def step_of(model):
        images, labels = normalize(SAMPLE.images).to(cuda), SAMPLE.labels.to(cuda)
        step = graph_step(list(model.parameters()), lambda x, y: F.cross_entropy(model(x), y))
        return partial(step, images, labels)

    torch.manual_seed(0)
    model = MLP().to(cuda)
    twin = MLP().to(cuda)
    twin.load_state_dict(model.state_dict())
    launch, plain = captured(step_of(model)), step_of(twin)  # capturing takes three steps before, and none itself
    for _ in range(4):
        launch()
        torch.rand(300, 784, device=cuda)  # takes the memory of the images, if nothing keeps them
    for _ in range(3 + 4):
        plain()
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
