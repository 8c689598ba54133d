"""Question 4: what the notebook's comparison can and can't measure."""

import torch
from torch import nn

from fmnist_ref import PublishedNN, load_sample, normalize

LAYERS = {
    "Part 1": ((nn.Linear, 784, 128), (nn.ReLU,), (nn.Linear, 128, 10), (nn.Softmax, 1)),
    "Q4": ((nn.Linear, 784, 128), (nn.ReLU,), (nn.Linear, 128, 10), (nn.Softmax, 1)),
}
"""What the notebook's class applies to the pixels of an image, in the code of each place."""


def built(place):
    """Return a network with the layers of one place, its weights drawn from one seed."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), *(layer(*settings) for layer, *settings in LAYERS[place]))


def test_q4_3_both_published_models_are_the_same():
    """Both classes apply the same layers in the same order, start alike under one seed, and are our `PublishedNN`."""
    part_one, question_four = built("Part 1"), built("Q4")
    assert repr(question_four) == repr(part_one)
    torch.manual_seed(0)
    published = PublishedNN()
    images = normalize(load_sample("test").images)
    assert torch.equal(question_four(images), part_one(images))
    torch.testing.assert_close(published(images), part_one(images))
