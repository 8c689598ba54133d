"""The experiment on a hundred epochs: its arms, and its inspection of predictions, by another route."""

import msgspec
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from fmnist_ref import MLP, PublishedNN, evaluate, fit, load_sample, predict
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


@pytest.mark.parametrize(
    ("arm", "build", "held_out"),
    [("as_published", PublishedNN, False), ("from_logits", MLP, False), ("held_out", MLP, True)],
)
def test_an_arm_is_its_network_on_its_images(arm, build, held_out, dataset):
    results = epochs.measure(run_of(arm, epochs=2), dataset, {})
    train, validation = hold_out(dataset.train) if held_out else (dataset.train, None)
    model = trained(build, train)
    for part, name in ((dataset.test, "test"), (validation, "validation")):
        scores = [evaluate(model, part.images, part.labels)] if part else []
        assert getattr(results.curve, f"{name}_loss")[1:] == [score.loss for score in scores]
        assert getattr(results.curve, f"{name}_accuracy")[1:] == [score.accuracy for score in scores]
    assert results.num_parameters == 784 * 128 + 128 + 128 * 10 + 10
    assert results.inspection == epochs.inspect(model, dataset)


def test_a_longer_run_begins_as_a_shorter_one(dataset):
    short, long = (epochs.measure(run_of("from_logits", epochs=n), dataset, {}).curve for n in (2, 5))
    for name in ("running_loss", "mean_of_batch_means", "test_loss", "test_accuracy"):
        assert getattr(long, name)[:2] == getattr(short, name)
    assert long.train_loss[:2] == short.train_loss  # after epochs 1 and 2


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
    assert found.confusion == confusion.tolist()
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
