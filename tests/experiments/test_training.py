"""Training curves: each of their numbers by another route."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from fmnist_ref import MLP, evaluate, fit
from report.experiments.training import SCORED_EPOCHS, epochs_at_the_end, hold_out, record_curve
from report.plan import Images

EPOCHS, BATCH_SIZE, RATE, SEED = 7, 64, 0.05, 3


def fresh_model():
    torch.manual_seed(SEED)
    return MLP()


def trained_for(epochs, train):
    """Train by `fit` alone, and return the model and its history."""
    model = fresh_model()
    history = fit(
        model, train.images, train.labels, epochs=epochs, batch_size=BATCH_SIZE, learning_rate=RATE, seed=SEED
    )
    return model, history


def scores_by_numpy(model, part):
    """Return loss and accuracy of a model, from its logits in NumPy and float64."""
    with torch.no_grad():
        logits = model(part.images).double().numpy()
    labels = part.labels.numpy()
    log_sums = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1)) + logits.max(1)
    return (log_sums - logits[np.arange(len(labels)), labels]).mean(), (logits.argmax(1) == labels).mean()


def predicted_by(model, part):
    with torch.no_grad():
        return model(part.images).numpy().argmax(1)


@pytest.fixture
def curve_and_parts(dataset):
    curve = record_curve(
        fresh_model(), dataset.train, dataset.test,
        epochs=EPOCHS, batch_size=BATCH_SIZE, learning_rate=RATE, seed=SEED, device="cpu",
    )  # fmt: skip
    return curve, {"train": dataset.train, "test": dataset.test}


@pytest.mark.parametrize("epoch", [1, 4, EPOCHS])
def test_every_epoch_has_the_scores_of_the_weights_at_its_end(curve_and_parts, epoch):
    curve, parts = curve_and_parts
    model, _ = trained_for(epoch, parts["train"])
    loss, accuracy = scores_by_numpy(model, parts["test"])
    assert curve.test_loss[epoch - 1] == pytest.approx(loss, rel=1e-5)
    assert curve.test_accuracy[epoch - 1] == pytest.approx(accuracy)
    assert curve.predicted[epoch - 1] == np.bincount(predicted_by(model, parts["test"]), minlength=10).tolist()
    assert len(curve.test_loss) == len(curve.test_accuracy) == len(curve.predicted) == EPOCHS


@pytest.mark.parametrize(("epochs", "expected"), [(100, 10), (26, 10), (11, 10), (10, 3), (3, 3), (2, 2), (1, 1)])
def test_the_end_of_training_is_its_last_ten_epochs_or_three_of_ten(epochs, expected):
    assert epochs_at_the_end(epochs) == expected


def test_the_images_recognised_at_the_end_are_counted_over_its_epochs(dataset):
    epochs, train, labels = 12, dataset.train, dataset.test_labels.numpy()
    curve = record_curve(
        fresh_model(), train, dataset.test, epochs=epochs, batch_size=BATCH_SIZE, learning_rate=RATE, seed=SEED, device="cpu"
    )  # fmt: skip
    predicted = {n: predicted_by(trained_for(n, train)[0], dataset.test) for n in range(3, epochs + 1)}
    assert [(found.last_epoch, found.num_epochs) for found in curve.recognition] == [(10, 3), (12, 10)]
    for found in curve.recognition:
        last = range(found.last_epoch - found.num_epochs + 1, found.last_epoch + 1)
        shares = np.mean([predicted[epoch] == labels for epoch in last], axis=0)
        assert (shares % 1 > 0).sum() > 0  # some images are recognised after some of these epochs only
        assert found.shares() == pytest.approx(shares)
        assert found.shares().mean() == pytest.approx(np.mean([curve.test_accuracy[epoch - 1] for epoch in last]))
        confusion = np.zeros((10, 10), dtype=int)
        np.add.at(confusion, (labels, predicted[found.last_epoch]), 1)
        assert found.confusion == confusion.tolist()


def test_the_training_set_is_scored_at_the_chosen_epochs_and_the_last(curve_and_parts):
    curve, parts = curve_and_parts
    assert curve.scored_epochs == [*(epoch for epoch in SCORED_EPOCHS if epoch < EPOCHS), EPOCHS]
    for place, epoch in enumerate(curve.scored_epochs):
        loss, accuracy = scores_by_numpy(trained_for(epoch, parts["train"])[0], parts["train"])
        assert curve.train_loss[place] == pytest.approx(loss, rel=1e-5)
        assert curve.train_accuracy[place] == pytest.approx(accuracy)


def test_losses_of_training_are_those_of_fit_and_its_first_epoch_is_right_by_hand(curve_and_parts):
    curve, parts = curve_and_parts
    train = parts["train"]
    _, history = trained_for(EPOCHS, train)
    assert curve.running_loss == history.running_loss
    assert curve.mean_of_batch_means == history.mean_of_batch_means
    assert len(curve.seconds["train"]) == EPOCHS

    model, batch_losses = fresh_model(), []
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(SEED))
    batches = order.split(BATCH_SIZE)
    for places in batches:
        loss = F.cross_entropy(model(train.images[places]), train.labels[places])
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        batch_losses.append(loss.item())
        with torch.no_grad():
            for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                parameter -= RATE * gradient
    sizes = [len(places) for places in batches]
    assert len(set(sizes)) == 2  # the last batch is short, or both means would be the same
    assert curve.running_loss[0] == pytest.approx(np.average(batch_losses, weights=sizes), rel=1e-5)
    assert curve.mean_of_batch_means[0] == pytest.approx(np.mean(batch_losses), rel=1e-5)


def test_the_loss_is_logged_for_every_hundred_batches_of_the_first_ten_epochs(dataset):
    train = dataset.train[:205]
    curve = record_curve(fresh_model(), train, dataset.test, epochs=11, batch_size=1, seed=0, device="cpu")
    assert [len(logged) for logged in curve.logged_loss] == [2] * 10  # the last five batches are no hundred


def test_images_held_out_are_the_same_for_all_runs_and_not_trained_on(dataset):
    numbered = Images(torch.arange(300.0)[:, None, None].expand(-1, 28, 28), dataset.train_labels)
    kept, held = hold_out(numbered)
    torch.manual_seed(7)
    again, _ = hold_out(numbered)
    assert (len(kept), len(held)) == (220, 80)
    assert torch.equal(kept.images, again.images)
    numbers = torch.cat([kept.images, held.images])[:, 0, 0].long()
    assert numbers.sort().values.tolist() == list(range(300))
    assert torch.equal(torch.cat([kept.labels, held.labels]), dataset.train_labels[numbers])


def test_the_scores_are_those_of_evaluate(curve_and_parts):
    curve, parts = curve_and_parts
    score = evaluate(trained_for(EPOCHS, parts["train"])[0], parts["test"].images, parts["test"].labels)
    assert (curve.test_loss[-1], curve.test_accuracy[-1]) == (score.loss, score.accuracy)
