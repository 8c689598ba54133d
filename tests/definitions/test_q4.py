"""Question 4: what the notebook's comparison can and can't measure."""

import torch

from fmnist_ref import MLP, PublishedNN, SoftmaxRegression, fit, load_sample, normalize
from report.answers.printed import printed


def test_q4_3_both_published_models_are_the_same():
    """Both classes of the notebook are Linear(784, 128), ReLU, Linear(128, 10), Softmax: here built from its listing."""
    listing = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10), torch.nn.Softmax(1)
    )
    published = PublishedNN()
    assert [p.shape for p in published.parameters()] == [p.shape for p in listing.parameters()]
    for mine, listed in zip(published.parameters(), listing.parameters(), strict=True):
        mine.data.copy_(listed.data)
    images = normalize(load_sample("test").images)
    torch.testing.assert_close(published(images), listing(images))


def test_q4_3_its_printed_runs_differ_as_two_seeds_do():
    one = {p.epoch: p.value for p in printed("part1_epoch")}
    two = {p.epoch: p.value for p in printed("q4_epoch")}
    gaps = [abs(one[epoch] - two[epoch]) for epoch in two]
    assert max(gaps[2:]) < 0.015  # nothing like the change that a layer makes
    assert gaps[-1] < 0.001


def test_q4_4_the_loss_falls_without_a_hidden_layer_too():
    sample = load_sample()
    images = normalize(sample.images)
    for model in (SoftmaxRegression(), MLP(())):
        losses = fit(model, images, sample.labels, epochs=3).mean_of_batch_means
        assert losses[0] > losses[1] > losses[2]
