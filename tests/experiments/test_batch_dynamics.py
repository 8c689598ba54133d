import copy
from types import SimpleNamespace

import msgspec
import pytest
import torch

from fmnist_ref import MLP, evaluate, fit, load_sample, normalize
from report.experiments import batch_dynamics
from report.experiments.batch_dynamics import study_continuation, study_rises, study_spread, train_until_level
from report.experiments.tuning import TuningResult
from report.plan import Dataset, Images, Profile

FULL = Profile()


@pytest.fixture
def train():
    sample = load_sample()
    return Images(normalize(sample.images), sample.labels)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MLP()


@pytest.fixture
def small_sizes(monkeypatch):
    """Let the batch sizes fit a few hundred images."""
    for name, size in (("SMALL", 4), ("MIDDLE", 64), ("LARGE", 128)):
        monkeypatch.setattr(batch_dynamics, name, size)


def test_small_batches_spread_in_proportion_to_the_batch_at_one_rate_and_alike_at_scaled_rates(
    model, train, small_sizes
):
    before = [weight.clone() for weight in model.parameters()]
    spread = study_spread(model, train, 0.02, 0.1, num_orders=12, num_updates=2)
    assert 8 < spread.small / spread.large < 32  # 64 / 4 = 16, from a dozen orders
    assert 0.4 < spread.small_scaled / spread.large < 2.5
    assert spread.large_tuned == spread.large  # its own rate is that of `large`
    assert 5 < spread.small_tuned / spread.small_scaled < 20  # at 3.2 times the rate
    assert (spread.small_learning_rate, spread.large_learning_rate) == (0.02, 0.1)
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_full_batches_do_not_spread_at_all(model, train, monkeypatch):
    monkeypatch.setattr(batch_dynamics, "SMALL", len(train.images))
    monkeypatch.setattr(batch_dynamics, "MIDDLE", len(train.images))
    spread = study_spread(model, train, 0.1, 0.1, num_orders=3, num_updates=2)
    assert spread.large < 1e-9


def test_both_continuations_start_from_the_same_end_point(model, train, small_sizes):
    """With updates too small to matter, both come down to the same loss, lower than that at the end point."""
    found = study_continuation(model, train, 1e-9, 0, num_updates=5, max_epochs=40)
    assert found.loss_after_small == pytest.approx(found.loss_after_large, abs=1e-5)
    assert found.loss_after_small < found.loss_at_end_point
    assert found.loss_before_levelling == pytest.approx(evaluate(model, train.images, train.labels).loss, abs=1e-5)


def test_continuations_differ_in_the_batch_size_alone(model, train, small_sizes, monkeypatch):
    fitted = []

    def noting(model, *images, **settings):
        history = fit(model, *images, **settings)
        fitted.append((settings["batch_size"], settings["learning_rate"], history.num_steps))
        return history

    monkeypatch.setattr(batch_dynamics, "fit", noting)
    study_continuation(model, train, 0.02, 0, num_updates=7, max_epochs=20)
    updates = 20 * -(-len(train) // 128)
    assert fitted == [(128, 0.1, updates), (4, 0.02, 7), (128, 0.02, 7), (128, 0.1, updates), (128, 0.1, updates)]


def scripted(monkeypatch, *curves):
    """Let `fit` return these losses, one block of 20 epochs after another."""
    blocks = iter(curves)
    monkeypatch.setattr(batch_dynamics, "fit", lambda *_, **__: SimpleNamespace(running_loss=[next(blocks)] * 20))


def test_a_loss_is_level_when_two_blocks_running_bring_less_than_a_hundredth(monkeypatch, model, train):
    scripted(monkeypatch, 1.0, 0.995, 0.9, 0.892, 0.8835, 0.1)
    found = train_until_level([model], train, seed=0, max_epochs=400)
    assert (found.epochs, found.is_level) == (100, True)  # the first pause was one block long
    assert found.losses == [pytest.approx(0.8835)]


def test_of_two_models_both_train_until_the_slower_one_is_level(monkeypatch, model, train):
    scripted(monkeypatch, 1.0, 1.0, 1.0, 0.9, 1.0, 0.8, 1.0, 0.8, 1.0, 0.8)
    found = train_until_level([model, model], train, seed=0, max_epochs=400)
    assert (found.losses, found.epochs) == ([pytest.approx(1.0), pytest.approx(0.8)], 100)


def test_training_that_does_not_level_off_ends_and_says_so(monkeypatch, model, train):
    scripted(monkeypatch, 1.0, 0.9, 0.8)
    found = train_until_level([model], train, seed=0, max_epochs=60)
    assert (found.epochs, found.is_level) == (60, False)


def test_models_that_train_side_by_side_get_the_same_batches(model, train, small_sizes):
    twin = copy.deepcopy(model)
    found = train_until_level([model, twin], train, seed=0, max_epochs=40)
    assert found.losses[0] == found.losses[1]


def test_rises_are_slopes_along_the_way(model, train, small_sizes):
    """For a tiny full-batch step the slope is minus the length of the gradient."""
    whole = Images(train.images[:128], train.labels[:128])
    found = study_rises(model, whole, 1e-3, 1e-3, 0, num_updates=3, num_images=128)
    loss = torch.nn.functional.cross_entropy(model(whole.images), whole.labels)
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    length = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    assert found.large[0] == pytest.approx(-length, rel=0.02)
    assert len(found.small) == len(found.large) == 3


def test_too_long_steps_go_uphill(model, train, small_sizes):
    found = study_rises(model, train, 1e-3, 3.0, 0, num_updates=8, num_images=200)
    assert max(found.large) > 0 > max(found.small[:2])


def test_each_batch_size_goes_on_at_the_rate_chosen_for_it(train, monkeypatch):
    monkeypatch.setattr("report.experiments.training.VALIDATION_SIZE", 40)
    run = next(run for run in batch_dynamics.plan(FULL) if run.arm == "rise")
    inputs = {
        needed.id: msgspec.to_builtins(
            TuningResult(
                learning_rate=needed.parameters["learning_rate"],
                validation_loss=1.0,
                # the small batch prefers its lowest rate, the large one its highest
                validation_accuracy=0.5
                + needed.parameters["learning_rate"] * (-0.1 if needed.parameters["batch_size"] == 16 else 0.1),
            )
        )
        for needed in run.depends_on
    }
    run = msgspec.structs.replace(run, parameters={"num_updates": 1, "num_images": 20})
    found = batch_dynamics.measure(run, Dataset(train.images, train.labels, None, None), inputs)
    rates = {
        size: [n.parameters["learning_rate"] for n in run.depends_on if n.parameters["batch_size"] == size]
        for size in (16, 4096)
    }
    assert (found.small_learning_rate, found.large_learning_rate) == (min(rates[16]), max(rates[4096]))
