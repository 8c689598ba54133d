"""Trying learning rates: every one gets its three epochs, and one that breaks the network gets no more."""

import pytest
import torch

from fmnist_ref import MLP, evaluate, fit, load_sample, normalize
from report.experiments import tuning
from report.experiments.batch_target import train_to_target
from report.experiments.tuning import try_rate
from report.plan import Images, Run

BREAKING = 30.0
"""A learning rate at which every hidden unit is dead after an epoch."""


@pytest.fixture
def parts():
    sample = load_sample()
    images = normalize(sample.images)
    return Images(images[100:], sample.labels[100:]), Images(images[:100], sample.labels[:100])


def model():
    torch.manual_seed(0)
    return MLP()


def trained(parts, rate, epochs):
    train, held = parts
    reference = model()
    fit(reference, train.images, train.labels, epochs=epochs, batch_size=16, learning_rate=rate, seed=4)
    return evaluate(reference, held.images, held.labels)


@pytest.mark.parametrize(("rate", "epochs"), [(0.05, 6), (BREAKING, tuning.MIN_EPOCHS)])
def test_a_rate_is_tried_to_the_end_unless_the_network_has_collapsed_after_three_epochs(parts, rate, epochs):
    tried = try_rate(model(), *parts, learning_rate=rate, seed=4, epochs=6, batch_size=16)
    expected = trained(parts, rate, epochs)
    assert (tried.validation_loss, tried.validation_accuracy) == (expected.loss, expected.accuracy)
    assert (expected.accuracy < tuning.COLLAPSED) == (rate == BREAKING)


def test_what_is_below_half_before_its_three_epochs_are_over_goes_on(parts):
    assert trained(parts, 0.003, 1).accuracy < tuning.COLLAPSED
    tried = try_rate(model(), *parts, learning_rate=0.003, seed=4, epochs=2, batch_size=16)
    assert tried.validation_accuracy == trained(parts, 0.003, 2).accuracy


def test_the_way_to_a_target_ends_where_the_network_collapses(parts):
    parameters = {"batch_size": 16, "target": 0.1, "max_epochs": 8}
    run = Run(experiment="batch_target", arm="relu1-16", seed=0, parameters=parameters)
    found = train_to_target(run, model(), *parts, BREAKING)
    assert found.updates_to_target is None
    assert found.epochs[-1] == tuning.MIN_EPOCHS
    assert found.train_accuracy[-1] < tuning.COLLAPSED


def test_the_rate_with_the_best_mean_over_seeds_is_chosen_and_never_one_that_diverged():
    tried = {0.1: (0.8, 0.8), 0.3: (0.9, 0.6), 1.0: (0.99, None), 0.03: (0.7, 0.9)}
    results = [
        {"learning_rate": rate, "validation_loss": 1.0, "validation_accuracy": accuracy}
        for rate, accuracies in tried.items()
        for accuracy in accuracies
    ]
    assert tuning.chosen_rate({str(i): result for i, result in enumerate(results)}) == 0.03  # ties with 0.1
