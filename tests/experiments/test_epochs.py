"""The experiment on a hundred epochs: its arms, and its inspection of predictions, by another route."""

import msgspec
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from fmnist_ref import MLP, PublishedNN, evaluate, fit, load_sample, predict
from report.answers.curves import up_to
from report.experiments import epochs
from report.experiments.training import hold_out
from report.experiments.tuning import TuningResult
from report.plan import Profile


def run_of(arm, seed=1, **parameters):
    run = next(run for run in epochs.plan(Profile()) if (run.arm, run.seed) == (arm, seed))
    return msgspec.structs.replace(run, parameters=run.parameters | parameters)


def trained(build, train, *, epochs=2, rate=0.01, seed=1):
    torch.manual_seed(seed)
    model = build()
    fit(model, train.images, train.labels, epochs=epochs, batch_size=64, learning_rate=rate, seed=seed)
    return model


def plan_of(profile):
    """Return the epochs of each run, by arm and seed."""
    return {(run.arm, run.seed): run.parameters["epochs"] for run in epochs.plan(profile)}


def test_every_seed_trains_for_the_printed_epochs_and_the_first_for_a_hundred():
    planned = plan_of(Profile())
    for arm, long in (("as_published", 10), ("from_logits", 5)):
        assert {seed: n for (of, seed), n in planned.items() if of == arm} == dict.fromkeys(range(long), 100)
        short = {seed: n for (of, seed), n in planned.items() if of == f"{arm}_short"}
        assert short == dict.fromkeys(range(long, 25), 26)
    for arm in ("tuned_published", "tuned_logits"):
        assert {seed: n for (of, seed), n in planned.items() if of == arm} == dict.fromkeys(range(15), 10)


def test_a_small_or_quick_report_has_the_same_arms_where_it_has_the_seeds():
    assert {arm for arm, _ in plan_of(Profile(seeds=1, first_seed=100))} == {arm for arm, _ in plan_of(Profile())}
    quick = plan_of(Profile(name="quick", seeds=2))
    assert [key for key, n in quick.items() if n == 3] == [
        (arm, seed) for arm in ("as_published", "from_logits") for seed in (0, 1)
    ]


@pytest.mark.parametrize(("arm", "build"), [("as_published", PublishedNN), ("from_logits", MLP)])
def test_an_arm_is_its_network_on_all_training_images(arm, build, dataset):
    results = epochs.measure(run_of(arm, epochs=2), dataset, {})
    model = trained(build, dataset.train)
    score = evaluate(model, dataset.test_images, dataset.test_labels)
    assert (results.curve.test_loss[1], results.curve.test_accuracy[1]) == (score.loss, score.accuracy)
    assert results.num_parameters == 784 * 128 + 128 + 128 * 10 + 10
    assert results.inspection == epochs.inspect(model, dataset)


def test_a_longer_run_begins_as_a_shorter_one_of_its_seed(dataset):
    long = epochs.measure(run_of("as_published", seed=7, epochs=12), dataset, {}).curve
    short_run = run_of("as_published_short", seed=11, epochs=10)
    short = epochs.measure(msgspec.structs.replace(short_run, seed=7), dataset, {}).curve
    cut = msgspec.structs.replace(up_to(long, 10), seconds={})
    assert cut == msgspec.structs.replace(short, seconds={})


@pytest.mark.parametrize(("arm", "rate"), [("tuned_published", 0.3), ("tuned_logits", 0.03)])
def test_a_tuned_arm_takes_the_rate_that_did_best_on_the_images_held_out(arm, rate, dataset):
    run = run_of(arm, epochs=1)
    assert rate in [trial.parameters["learning_rate"] for trial in run.depends_on]
    inputs = {
        trial.id: msgspec.to_builtins(
            TuningResult(
                learning_rate=trial.parameters["learning_rate"],
                validation_loss=1.0,
                validation_accuracy=0.8 if trial.parameters["learning_rate"] == rate else 0.7,
            )
        )
        for trial in run.depends_on
    }
    results = epochs.measure(run, dataset, inputs)
    build = PublishedNN if arm == "tuned_published" else MLP
    model = trained(build, dataset.train, epochs=1, rate=rate)
    assert results.learning_rate == rate
    assert results.curve.test_loss == [evaluate(model, dataset.test_images, dataset.test_labels).loss]


def test_a_trial_of_the_published_network_is_scored_on_the_images_held_out(dataset):
    trial = run_of("tuned_published").depends_on[0]
    trial = msgspec.structs.replace(trial, parameters=trial.parameters | {"epochs": 2})
    found = epochs.measure(trial, dataset._replace(test_images=None, test_labels=None), {})
    train, validation = hold_out(dataset.train)
    rate = trial.parameters["learning_rate"]
    model = trained(PublishedNN, train, rate=rate, seed=0)
    score = evaluate(model, validation.images, validation.labels)
    assert (found.validation_loss, found.validation_accuracy) == (score.loss, score.accuracy)


def probabilities_by_numpy(model, dataset):
    outputs = predict(model, dataset.test_images).double().numpy()
    if isinstance(model, PublishedNN):
        return outputs
    exponentials = np.exp(outputs - outputs.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


@pytest.mark.parametrize("build", [PublishedNN, MLP])
def test_the_inspection_counts_confusions_losses_and_calibration(build, dataset):
    model = trained(build, dataset.train, epochs=8, rate=0.3)
    found = epochs.inspect(model, dataset)
    probabilities, labels = probabilities_by_numpy(model, dataset), dataset.test_labels.numpy()
    predicted, confidence = probabilities.argmax(1), probabilities.max(1)
    confusion = np.zeros((10, 10), dtype=int)
    np.add.at(confusion, (labels, predicted), 1)
    assert confusion.trace() < confusion.sum()
    losses = -np.log(probabilities[np.arange(len(labels)), labels])
    assert found.true_class_log_loss == pytest.approx(losses.mean(), rel=1e-5)
    assert sum(found.calibration.count) == len(labels)
    assert np.average(found.calibration.accuracy, weights=found.calibration.count) == pytest.approx(
        confusion.trace() / len(labels)
    )
    assert np.average(found.calibration.confidence, weights=found.calibration.count) == pytest.approx(
        confidence.mean(), rel=1e-5
    )


def test_mistakes_are_the_most_confident_ones_with_the_pixels_of_the_files(dataset):
    model = trained(MLP, dataset.train, epochs=8, rate=0.3)
    found = epochs.inspect(model, dataset, num_mistakes=5).mistakes
    probabilities, labels = probabilities_by_numpy(model, dataset), dataset.test_labels.numpy()
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    worst = wrong[np.argsort(-probabilities[wrong].max(1), kind="stable")][:5]
    assert [mistake.index for mistake in found] == worst.tolist()
    assert [mistake.label for mistake in found] == labels[worst].tolist()
    assert [mistake.predicted for mistake in found] == probabilities[worst].argmax(1).tolist()
    assert [mistake.probability for mistake in found] == pytest.approx(probabilities[worst].max(1), rel=1e-5)
    assert [mistake.probability for mistake in found] == sorted((m.probability for m in found), reverse=True)
    files = load_sample("test").images
    assert [mistake.pixels for mistake in found] == [files[place].flatten().tolist() for place in worst.tolist()]


def test_a_probability_of_zero_has_a_finite_loss(dataset):
    class Certain(PublishedNN):
        def forward(self, images):
            return F.one_hot(torch.zeros(len(images), dtype=torch.int64), 10).float()

    assert epochs.inspect(Certain(), dataset).true_class_log_loss == pytest.approx(
        -np.log(1e-45) * float((dataset.test_labels != 0).float().mean()), rel=0.01
    )
