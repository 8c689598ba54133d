import math
from itertools import pairwise

import msgspec
import pytest
import torch

from fmnist_ref import MLP, evaluate
from report.experiments import batch_target
from report.experiments.batch_target import TargetResults, fastest_rate, is_scored, recent_mean, train_to_target
from report.plan import Profile, Run

FULL = Profile()


def results(rate, *, updates_to_target=None, lowest=0.5, target=0.15):
    return TargetResults(
        learning_rate=rate,
        target=target,
        updates_to_target=updates_to_target,
        updates=[10],
        epochs=[1.0],
        train_loss=[lowest],
        train_accuracy=[0.8],
        test_loss=[0.6],
        test_accuracy=[0.8],
    )


def train(dataset, target, *, rate=0.05, max_epochs=8, max_updates=math.inf):
    torch.manual_seed(0)
    model = MLP()
    parameters = {"batch_size": 16, "target": target, "max_epochs": max_epochs}
    run = Run(experiment="batch_target", arm="relu1-16", seed=0, parameters=parameters)
    return train_to_target(run, model, dataset.train, dataset.test, rate, max_updates), model


def test_training_stops_where_the_recent_loss_is_first_at_or_below_the_target(dataset):
    found, model = train(dataset, 1.0)
    recent = recent_mean(found, found.train_loss)
    assert found.updates_to_target == found.updates[-1]
    assert recent[-1] <= 1.0
    assert min(recent[:-1]) > 1.0
    assert found.epochs[-1] < 8
    assert found.train_loss[-1] == evaluate(model, dataset.train_images, dataset.train_labels).loss
    assert found.test_accuracy[-1] == evaluate(model, dataset.test_images, dataset.test_labels).accuracy


def test_a_run_that_does_not_get_there_says_so_and_how_far_it_went(dataset):
    found, _ = train(dataset, 0.0, max_epochs=2)
    assert found.updates_to_target is None
    n = len(dataset.train_images)
    half = math.ceil(n / 2 / 16) * 16
    assert found.epochs == pytest.approx([half / n, 1, 1 + half / n, 2])
    assert found.updates[-1] == 2 * (half // 16 + math.ceil((n - half) / 16))


def test_a_trial_ends_when_it_has_taken_as_many_updates_as_another_needed(dataset):
    reached, _ = train(dataset, 1.0)
    last, _ = train(dataset, 1.0, max_updates=reached.updates_to_target)
    assert last == reached
    cut, _ = train(dataset, 1.0, max_updates=reached.updates[-2])
    assert cut.updates_to_target is None
    assert cut.train_loss == reached.train_loss[:-1]


def test_each_trial_is_held_to_the_best_of_those_before_it_on_its_seed(monkeypatch, dataset):
    limits = []
    monkeypatch.setattr(batch_target, "train_to_target", lambda *arguments: limits.append(arguments[-1]))
    last = next(run for run in batch_target.plan(FULL) if run.arm == "relu1-64").depends_on[-1]
    assert {before.seed for before in last.depends_on} == {last.seed}
    for found in ((None, None, None), (50, 40, None), (None, None, 30)):
        tried = (results(0.1, updates_to_target=updates) for updates in found)
        inputs = {trial.id: msgspec.to_builtins(result) for trial, result in zip(last.depends_on, tried, strict=True)}
        batch_target.measure(last, dataset, inputs)
    assert limits == [math.inf, 40, 30]


def test_divergence_is_not_reaching_the_target(dataset):
    found, _ = train(dataset, 0.01, rate=1e20)
    assert found.updates_to_target is None


def test_the_rate_that_wins_on_most_seeds_is_taken_whatever_the_order():
    slow, fast = results(0.1, updates_to_target=50), results(0.3, updates_to_target=40)
    quick_once = results(0.1, updates_to_target=10)
    given_up = results(1.0, lowest=0.1)
    trials = [(0, slow), (0, fast), (1, fast), (1, given_up), (2, quick_once), (2, fast)]
    assert fastest_rate(trials) == 0.3
    assert fastest_rate(reversed(trials)) == 0.3


def test_a_tie_goes_to_the_lower_rate_and_without_a_winner_to_the_closest():
    tie = [(0, results(0.3, updates_to_target=40)), (0, results(0.1, updates_to_target=40))]
    assert fastest_rate(tie) == 0.1
    one_seed_each = [(0, results(0.3, updates_to_target=40)), (1, results(0.1, updates_to_target=90))]
    assert fastest_rate(one_seed_each) == 0.1
    assert fastest_rate([(0, results(0.1, lowest=0.6)), (0, results(0.3, lowest=0.4))]) == 0.3


def test_scores_come_every_half_epoch_and_then_in_steps_of_at_most_a_32nd():
    scored = [half_epochs for half_epochs in range(1, 1001) if is_scored(half_epochs)]
    assert scored[:66] == [*range(1, 65), 66, 68]
    steps = [(after - before) / before for before, after in pairwise(scored[63:])]
    assert min(steps) >= 1 / 64
    assert max(steps) <= 1 / 32


def test_the_recent_mean_is_over_the_last_eighth_of_the_training():
    run = msgspec.structs.replace(results(0.1), epochs=[0.5 * place for place in range(1, 33)])
    means = recent_mean(run, [float(place) for place in range(1, 33)])
    assert means[:8] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert means[15] == 15.5  # after 8 epochs: those at 7.5 and 8, not that at 7
    assert means[31] == 30.5  # after 16: from 14.5 on


@pytest.mark.parametrize("target", [0.3, 0.15])
def test_a_trial_is_taken_over_only_if_it_went_to_the_same_target(monkeypatch, dataset, target):
    monkeypatch.setattr(batch_target, "train_to_target", lambda *arguments: "trained")
    run = next(run for run in batch_target.plan(FULL) if run.arm == "relu1-16")
    trials = {t.id: results(t.parameters["learning_rate"], updates_to_target=9, target=0.3) for t in run.depends_on}
    chosen = min(trial.learning_rate for trial in trials.values())
    inputs = {id: msgspec.to_builtins(trial) for id, trial in trials.items()}
    found = batch_target.measure(
        msgspec.structs.replace(run, parameters=run.parameters | {"target": target}), dataset, inputs
    )
    assert found == (results(chosen, updates_to_target=9, target=0.3) if target == 0.3 else "trained")
    other = msgspec.structs.replace(run, seed=4, parameters=run.parameters | {"target": target})
    assert batch_target.measure(other, dataset, inputs) == "trained"


def test_a_run_repeats_the_trial_with_its_rate_and_seed(monkeypatch, dataset):
    monkeypatch.setattr(batch_target, "QUICK_TARGET", 1.0)
    first, second = (run for run in batch_target.plan(Profile(name="quick", seeds=2)) if run.arm == "relu1-16")
    tried = {}
    for trial in first.depends_on:
        tried[trial.id] = msgspec.to_builtins(batch_target.measure(trial, dataset, tried))
    taken = batch_target.measure(first, dataset, tried)
    other = batch_target.measure(second, dataset, tried)
    assert other.learning_rate == taken.learning_rate
    assert other.train_loss != taken.train_loss
    (winner,) = (trial for trial in first.depends_on if trial.parameters["learning_rate"] == taken.learning_rate)
    assert batch_target.measure(msgspec.structs.replace(winner, depends_on=()), dataset, {}) == taken


def test_plan_tunes_each_model_and_batch_size_for_itself_on_three_seeds():
    runs = list(batch_target.plan(FULL))
    assert {run.arm for run in runs} == {
        f"{model}-{size}" for model in ("relu1", "none") for size in (16, 64, 256, 1024, 4096)
    }
    for run in runs:
        assert run.parameters["hidden"] == ([128] if "relu1" in run.arm else [])
        rates = {trial.parameters["learning_rate"] for trial in run.depends_on}
        tried = [(trial.seed, trial.parameters["learning_rate"]) for trial in run.depends_on]
        assert sorted(tried) == sorted((seed, rate) for seed in FULL.trial_seeds for rate in rates)
        assert len(rates) >= 3
        for trial in run.depends_on:
            assert trial.role == "trial"
            assert trial.parameters["target"] >= run.parameters["target"]
            assert trial.parameters["max_epochs"] <= run.parameters["max_epochs"]
            end = {name: run.parameters[name] for name in ("target", "max_epochs")}
            assert trial.parameters | {"learning_rate": None, **end} == run.parameters
