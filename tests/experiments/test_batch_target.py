import math

import msgspec
import pytest
import torch

from fmnist_ref import MLP, evaluate, load_sample, normalize
from report.experiments import batch_target, training
from report.experiments.batch_target import TargetResults, fastest_of, train_to_target
from report.plan import Dataset, Images, Profile, Run

FULL = Profile()


def results(rate, *, reached, num_updates, accuracy=0.5):
    return TargetResults(
        learning_rate=rate,
        target_error=0.15,
        reached=reached,
        num_updates=num_updates,
        epochs=1.0,
        validation_accuracy=[accuracy],
        seconds=1.0,
    )


def train(target_error, *, rate=0.05, max_epochs=8, max_updates=math.inf):
    sample = load_sample()
    images = normalize(sample.images)
    torch.manual_seed(0)
    model = MLP()
    parameters = {"batch_size": 16, "target_error": target_error, "max_epochs": max_epochs, "evaluations_per_epoch": 10}
    run = Run(experiment="batch_target", arm="relu1-16", seed=0, parameters=parameters)
    held = Images(images[:100], sample.labels[:100])
    return train_to_target(run, model, Images(images[100:], sample.labels[100:]), held, rate, max_updates), model, held


def test_training_stops_at_the_first_evaluation_at_or_below_the_target():
    found, model, held = train(0.5)
    assert found.reached
    assert 1 - found.validation_accuracy[-1] <= 0.5
    assert all(1 - accuracy > 0.5 for accuracy in found.validation_accuracy[:-1])
    assert found.validation_accuracy[-1] == evaluate(model, held.images, held.labels).accuracy
    assert found.epochs < 8
    assert found.seconds > 0


def test_a_run_that_does_not_get_there_says_so_and_how_far_it_went():
    found, _, _ = train(0.0, max_epochs=2)
    assert not found.reached
    assert found.epochs == pytest.approx(2)
    sample = load_sample()
    batches_in_ten_chunks = sum(-(-n // 16) for n in _chunk_lengths(len(sample.labels) - 100))
    assert found.num_updates == 2 * batches_in_ten_chunks


def _chunk_lengths(n):
    length = max(1, round(n // 10 / 16)) * 16
    return [min(length, n - start) for start in range(0, n, length)]


def test_a_trial_ends_when_it_has_taken_as_many_updates_as_another_needed():
    reached, _, _ = train(0.5)
    last, _, _ = train(0.5, max_updates=reached.num_updates)
    assert last.reached
    assert last.num_updates == reached.num_updates
    cut, _, _ = train(0.5, max_updates=reached.num_updates - 1)
    assert not cut.reached
    assert cut.validation_accuracy == reached.validation_accuracy[:-1]


def test_each_trial_is_held_to_the_best_of_those_before_it(monkeypatch):
    limits = []
    monkeypatch.setattr(batch_target, "train_to_target", lambda *arguments: limits.append(arguments[-1]))
    monkeypatch.setattr(batch_target, "hold_out", lambda train: (train, train))
    empty = torch.zeros(1, 28, 28)
    last = next(run for run in batch_target.plan(FULL) if run.arm == "relu1-64").depends_on[-1]
    found = [results(0.1, reached=True, num_updates=50), results(0.03, reached=True, num_updates=40)]
    for tried in ([], found, [results(0.1, reached=False, num_updates=9)]):
        inputs = {str(place): msgspec.to_builtins(one) for place, one in enumerate(tried)}
        batch_target.measure(last, Dataset(empty, torch.zeros(1), empty, torch.zeros(1)), inputs)
    assert limits == [math.inf, 40, math.inf]


def test_divergence_is_not_reaching_the_target():
    found, _, _ = train(0.01, rate=1e20)
    assert not found.reached


def test_the_rate_with_the_fewest_updates_is_taken_whatever_its_order():
    slow, fast = results(0.1, reached=True, num_updates=50), results(0.3, reached=True, num_updates=40)
    quit_early = results(1.0, reached=False, num_updates=5, accuracy=0.9)
    assert fastest_of([slow, fast, quit_early]).learning_rate == 0.3
    assert fastest_of([quit_early, fast, slow]).learning_rate == 0.3


def test_a_tie_goes_to_the_lower_rate_and_without_a_winner_to_the_closest():
    tie = [results(0.3, reached=True, num_updates=40), results(0.1, reached=True, num_updates=40)]
    assert fastest_of(tie).learning_rate == 0.1
    far, near = (results(r, reached=False, num_updates=9, accuracy=a) for r, a in ((0.1, 0.6), (0.3, 0.7)))
    assert fastest_of([far, near]).learning_rate == 0.3


def test_the_seed_of_the_trials_is_not_trained_again_and_another_is(monkeypatch):
    monkeypatch.setattr(batch_target, "TARGET_ERROR", {"relu1": {"quick": 0.7}, "none": {"quick": 0.7}})
    monkeypatch.setattr(training, "VALIDATION_SIZE", 80)
    sample = load_sample()
    images = normalize(sample.images)
    dataset = Dataset(images, sample.labels, images, sample.labels)
    first, second = (run for run in batch_target.plan(Profile(name="quick", seeds=2)) if run.arm == "none-16")
    tried = {}
    for trial in first.depends_on:
        tried[trial.id] = msgspec.to_builtins(batch_target.measure(trial, dataset, tried))
    taken = batch_target.measure(first, dataset, tried)
    (winner,) = (trial for trial in first.depends_on if trial.parameters["learning_rate"] == taken.learning_rate)
    trained = batch_target.measure(msgspec.structs.replace(winner, depends_on=()), dataset, {})
    assert msgspec.structs.replace(trained, seconds=0.0) == msgspec.structs.replace(taken, seconds=0.0)
    other = batch_target.measure(second, dataset, tried)
    assert other.learning_rate == taken.learning_rate
    assert other.validation_accuracy != taken.validation_accuracy


def test_plan_tunes_each_model_and_batch_size_for_itself():
    runs = list(batch_target.plan(FULL))
    assert {run.arm for run in runs} == {
        f"{model}-{size}" for model in ("relu1", "none") for size in (16, 64, 256, 1024, 4096)
    }
    for run in runs:
        assert run.parameters["hidden"] == ([128] if "relu1" in run.arm else [])
        for place, trial in enumerate(run.depends_on):
            assert (trial.role, trial.seed) == ("trial", 0)
            assert trial.parameters | {"learning_rate": None} == run.parameters
            assert trial.depends_on == run.depends_on[:place]
