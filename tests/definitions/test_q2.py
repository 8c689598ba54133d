"""Claims about the batch size that need no measurement."""

import copy
import math
from itertools import product

import pytest
import torch
from torch.nn.utils import parameters_to_vector

from fmnist_ref import MLP, cross_entropy, fit, load_sample, normalize
from report.experiments.batch_cost import bytes_saved_for_backward


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


def test_q2_1_what_a_step_saves_is_in_proportion_to_the_batch(model, sample):
    images, labels = sample[0].double(), sample[1]
    one, *others = (bytes_saved_for_backward(model, images, labels, size) for size in (1, 2, 64, 1024))
    fixed = 8  # the denominator of the mean
    assert [saved - fixed for saved in others] == [size * (one - fixed) for size in (2, 64, 1024)]


def test_q2_3_smaller_batches_make_more_updates(model, sample):
    images, labels = sample
    updates = {
        size: fit(model, images.double(), labels, epochs=2, batch_size=size).num_steps for size in (1, 16, 64, 256)
    }
    assert updates == {size: 2 * math.ceil(len(images) / size) for size in updates}
    assert sorted(updates.values(), reverse=True) == list(updates.values())


def test_q2_4_the_variance_of_a_gradient_is_that_of_one_image_over_the_batch_size(model, sample):
    """Every batch of two, and of three, that can be drawn from five images with replacement."""
    images, labels = sample[0][:5].double(), sample[1][:5]

    def gradient(places):
        loss = cross_entropy(model(images[places]), labels[places])
        return parameters_to_vector(torch.autograd.grad(loss, list(model.parameters())))

    def total_variance(batch_size):
        gradients = torch.stack([gradient(list(batch)) for batch in product(range(5), repeat=batch_size)])
        return gradients.var(dim=0, correction=0).sum().item()

    assert total_variance(2) == pytest.approx(total_variance(1) / 2)
    assert total_variance(3) == pytest.approx(total_variance(1) / 3)


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
    distances = {}
    for batch_size in (16, 1024, 1500):
        one, other = (
            weights_after(model, images, labels, epochs=6, max_steps=6, batch_size=batch_size, seed=seed)
            for seed in (0, 1)
        )
        distances[batch_size] = (one - other).norm().item()
    assert distances[16] > distances[1024] > 1e-6 > 1e-9 > distances[1500]
