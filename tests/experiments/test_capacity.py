"""The capacity experiment: architectures, parameters, and scores by another route."""

import msgspec
import pytest
import torch
from torch import nn

from fmnist_ref import MLP, evaluate, fit
from report.experiments import capacity, epochs
from report.experiments.training import RECOGNITION_EPOCHS, hold_out
from report.experiments.tuning import TuningResult
from report.plan import Profile

LAYERS = {
    "none": [nn.Linear(784, 10)],
    "linear1": [nn.Linear(784, 128), nn.Linear(128, 10)],
    "relu2": [nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)],
    "width16": [nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 10)],
}
SIZES = {"none": 7_850, "linear1": 101_770, "relu2": 118_282, "relu3": 134_794, "width16": 12_730}


def run_of(arm, seed=0, **parameters):
    run = next(run for run in capacity.plan(Profile()) if (run.arm, run.seed) == (arm, seed))
    return msgspec.structs.replace(run, parameters=run.parameters | parameters)


@pytest.mark.parametrize("profile", [Profile(), Profile(seeds=2, first_seed=7), Profile(name="quick", seeds=2)])
def test_every_architecture_is_trained_equally_long_once_on_every_seed(profile):
    """One ReLU layer is trained by both experiments: the seeds of either have no gap and no overlap."""
    both = [*capacity.plan(profile), *epochs.plan(profile)]
    (length,) = {run.parameters["epochs"] for run in both if run.arm == "none"}
    seeds = {}
    for run in both:
        if run.role == "main" and run.parameters["epochs"] == length:
            seeds.setdefault(run.arm, []).append(run.seed)
    assert length == profile.pick(full=100, quick=3)
    assert sorted(seeds["from_logits"] + seeds.get("relu1", [])) == list(profile.seeds_of(capacity.SEEDS))
    for arm in ("none", "linear1", "relu2", "relu3"):
        assert seeds[arm] == list(profile.seeds_of(capacity.SEEDS))


@pytest.mark.parametrize("name", ["full", "quick"])
def test_the_widths_end_where_one_relu_layer_keeps_the_images_that_it_recognises(name):
    planned = list(capacity.plan(Profile(name=name)))
    widths = {run.parameters["epochs"] for run in planned if run.arm.startswith("width")}
    (longest,) = {run.parameters["epochs"] for run in planned if run.arm == "none"}
    assert len(widths) == 1
    assert widths <= {*RECOGNITION_EPOCHS, longest}


def test_one_relu_layer_is_the_network_that_epochs_trains(dataset):
    (run,) = (run for run in epochs.plan(Profile()) if (run.arm, run.seed) == ("from_logits", 3))
    run = msgspec.structs.replace(run, parameters=run.parameters | {"epochs": 2})
    here = capacity.measure(run_of("relu1", seed=8, epochs=2), dataset, {})
    same_seed = msgspec.structs.replace(run_of("relu1", seed=8, epochs=2), seed=3)
    there = epochs.measure(run, dataset, {})
    assert capacity.measure(same_seed, dataset, {}).curve.test_loss == there.curve.test_loss != here.curve.test_loss


def test_the_images_recognised_at_the_end_are_kept(dataset):
    curve = capacity.measure(run_of("none", epochs=11), dataset, {}).curve
    at_the_end = curve.recognition[-1].shares()
    assert len(at_the_end) == len(dataset.test_labels)
    assert at_the_end.mean() == pytest.approx(sum(curve.test_accuracy[-10:]) / 10)


@pytest.mark.parametrize("arm", ["tuned_none", "tuned_linear1"])
def test_the_tuned_models_are_offered_the_same_rates_on_three_seeds(arm):
    tried = {(trial.parameters["learning_rate"], trial.seed) for trial in run_of(arm).depends_on}
    assert tried == {(rate, seed) for rate in capacity.RATES for seed in range(3)}


@pytest.mark.parametrize("arm", LAYERS)
def test_an_architecture_is_the_network_that_its_layers_make(arm, dataset):
    results = capacity.measure(run_of(arm, seed=2, epochs=3), dataset, {})
    torch.manual_seed(2)
    trained = MLP(tuple(run_of(arm).parameters["hidden"]))  # draws the initial weights, whatever the activation
    model = nn.Sequential(nn.Flatten(), *LAYERS[arm])
    for parameter, initial in zip(model.parameters(), trained.parameters(), strict=True):
        parameter.data = initial.detach().clone()
    fit(model, *dataset[:2], epochs=3, batch_size=64, learning_rate=0.01, seed=2)
    score = evaluate(model, dataset.test_images, dataset.test_labels)
    assert results.curve.test_loss[-1] == pytest.approx(score.loss, rel=1e-6)
    assert results.curve.test_accuracy[-1] == score.accuracy
    assert len(results.curve.test_loss) == 3
    assert results.learning_rate == 0.01


@pytest.mark.parametrize(("arm", "size"), SIZES.items())
def test_parameters_are_counted(arm, size, dataset):
    assert capacity.measure(run_of(arm, epochs=1), dataset, {}).num_parameters == size


def test_a_tuned_run_takes_the_rate_that_its_trials_choose(dataset):
    run = run_of("tuned_none", epochs=2)
    inputs = {
        trial.id: msgspec.to_builtins(
            TuningResult(
                learning_rate=trial.parameters["learning_rate"],
                validation_loss=1.0,
                validation_accuracy=0.8 if trial.parameters["learning_rate"] == 0.03 else 0.7,
            )
        )
        for trial in run.depends_on
    }
    tuned = capacity.measure(run, dataset, inputs)
    fixed = capacity.measure(run_of("none", epochs=2, learning_rate=0.03), dataset, {})
    assert tuned.learning_rate == 0.03
    assert tuned.curve.test_loss == fixed.curve.test_loss


def test_a_trial_is_scored_on_the_images_held_out_and_sees_no_test_image(dataset):
    trials = run_of("tuned_linear1").depends_on
    (trial,) = (t for t in trials if (t.parameters["learning_rate"], t.seed) == (0.03, 1))
    trial = msgspec.structs.replace(trial, parameters=trial.parameters | {"epochs": 2})
    found = capacity.measure(trial, dataset._replace(test_images=None, test_labels=None), {})
    train, validation = hold_out(dataset.train)
    torch.manual_seed(1)
    model = MLP((128,), None)
    fit(model, train.images, train.labels, epochs=2, batch_size=64, learning_rate=0.03, seed=1)
    score = evaluate(model, validation.images, validation.labels)
    assert (found.validation_loss, found.validation_accuracy) == (score.loss, score.accuracy)
