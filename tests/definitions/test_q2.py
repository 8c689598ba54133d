"""Claims about the batch size that need no measurement."""

import copy
import math

import pytest
import torch
from torch.nn.utils import parameters_to_vector

from fmnist_ref import MLP, fit, load_sample, normalize


@pytest.fixture
def sample():
    found = load_sample()
    return normalize(found.images), found.labels


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MLP().double()


def weights_after(model, images, labels, **settings):
    trained = copy.deepcopy(model)
    fit(trained, images.double(), labels, learning_rate=0.05, **settings)
    return parameters_to_vector(trained.parameters()).detach()


def test_q2_3_smaller_batches_make_more_updates(model, sample):
    images, labels = sample
    updates = {
        size: fit(model, images.double(), labels, epochs=2, batch_size=size).num_steps for size in (1, 16, 64, 256)
    }
    assert updates == {size: 2 * math.ceil(len(images) / size) for size in updates}
    assert sorted(updates.values(), reverse=True) == list(updates.values())


@pytest.mark.parametrize("batch_size", [1, 16, 100, 10_000])
def test_q2_6_every_batch_size_sees_the_same_images(model, batch_size):
    images = torch.zeros(250, 28, 28, dtype=torch.float64)
    images[:, 0, 0] = torch.arange(250)
    seen = []
    model.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs[0][:, 0, 0].tolist()))
    fit(model, images, torch.zeros(250, dtype=torch.int64), epochs=1, batch_size=batch_size, learning_rate=1e-9)
    assert sorted(seen) == list(range(250))


def test_q2_12_only_the_full_batch_ignores_the_order(model, sample):
    images, labels = (part.repeat_interleave(5, 0)[:1500] for part in sample)  # 1,024 has to be a part of them
    for batch_size, alike in ((1500, True), (1024, False), (16, False)):
        one, other = (
            weights_after(model, images, labels, epochs=3, batch_size=batch_size, seed=seed) for seed in (0, 1)
        )
        assert torch.allclose(one, other, rtol=0, atol=1e-9) == alike
