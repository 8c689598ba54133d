from collections import Counter

import msgspec
import pytest
import torch

from fmnist_ref import MLP, evaluate, fit
from report.experiments import batch_size
from report.experiments.training import hold_out
from report.experiments.tuning import TuningResult
from report.plan import Profile

FULL, QUICK = Profile(), Profile(name="quick", seeds=2)


def run_of(arm, seed=0, **parameters):
    run = next(run for run in batch_size.plan(FULL) if run.arm == arm and run.seed == seed)
    return msgspec.structs.replace(run, parameters=run.parameters | parameters)


def chosen(run, rate):
    """Return inputs in which validation prefers one learning rate."""
    tried = TuningResult(learning_rate=rate, validation_loss=0.5, validation_accuracy=0.8)
    return {run.depends_on[0].id: msgspec.to_builtins(tried)}


@pytest.mark.parametrize("profile", [FULL, QUICK])
def test_plan_has_both_budgets_at_their_batch_sizes_on_every_seed(profile):
    arms = [(run.arm, run.seed) for run in batch_size.plan(profile)]
    sizes = [("epochs", size) for size in (16, 64, 256, 1024, 4096)] + [
        ("updates", size) for size in (16, 64, 256, 1024)
    ]
    expected = [(f"{budget}-{size}", seed) for budget, size in sizes for seed in profile.seeds_of(full=10)]
    assert sorted(arms) == sorted(expected)


def test_equal_updates_are_at_least_an_epoch_with_the_smallest_batch():
    for run in batch_size.plan(FULL):
        if run.parameters["budget"] == "updates":
            assert run.parameters["max_steps"] * 16 >= 50_000


def test_each_arm_needs_the_tuning_of_its_own_batch_size_and_budget():
    for run in batch_size.plan(FULL):
        assert run.role == "main"
        tried = Counter(trial.parameters["learning_rate"] for trial in run.depends_on)
        assert len(tried) >= 3
        assert set(tried.values()) == {len(FULL.trial_seeds)}
        for trial in run.depends_on:
            assert trial.role == "trial"
            assert trial.parameters | {"learning_rate": None} == run.parameters


def test_equal_updates_are_equal_and_end_inside_an_epoch(dataset):
    for size in (16, 64):
        run = run_of(f"updates-{size}", max_steps=7)
        results = batch_size.measure(run, dataset, chosen(run, 0.05))
        assert results.num_updates == 7
        batches_per_epoch = -(-(len(dataset.train_images) - 80) // size)
        assert results.epochs[-1] == pytest.approx(7 / batches_per_epoch)


def test_equal_epochs_give_the_small_batch_more_updates(dataset):
    updates = {}
    for size in (16, 64):
        run = run_of(f"epochs-{size}", epochs=2)
        results = batch_size.measure(run, dataset, chosen(run, 0.05))
        assert results.epochs == [0, 1, 2]
        updates[size] = results.num_updates
    assert updates[16] > 3 * updates[64]


def test_the_scores_are_those_of_the_reference_loop_and_the_chosen_rate(dataset):
    run = run_of("epochs-64", seed=3, epochs=2)
    results = batch_size.measure(run, dataset, chosen(run, 0.05))
    train, validation = hold_out(dataset.train)
    torch.manual_seed(3)
    model = MLP()
    assert results.train_loss[0] == evaluate(model, train.images, train.labels).loss
    fit(model, train.images, train.labels, epochs=2, batch_size=64, learning_rate=0.05, seed=3)
    assert results.learning_rate == 0.05
    assert results.train_loss[-1] == evaluate(model, train.images, train.labels).loss
    assert results.validation_accuracy[-1] == evaluate(model, validation.images, validation.labels).accuracy
    assert results.test_loss[-1] == evaluate(model, dataset.test_images, dataset.test_labels).loss
    assert len(results.seconds) == 2


def test_tuning_looks_at_held_out_images_only_and_survives_divergence(dataset):
    no_test_images = dataset._replace(test_images=None, test_labels=None)
    trial = next(run for run in run_of("epochs-64").depends_on if run.parameters["learning_rate"] == 0.1)

    def with_parameters(**changed):
        return msgspec.structs.replace(trial, parameters=trial.parameters | changed)

    tried = batch_size.measure(with_parameters(epochs=1), no_test_images, {})
    assert tried.learning_rate == 0.1
    assert 0 < tried.validation_accuracy < 1
    diverged = batch_size.measure(with_parameters(epochs=20, learning_rate=1e20), no_test_images, {})
    assert diverged.validation_accuracy is None
