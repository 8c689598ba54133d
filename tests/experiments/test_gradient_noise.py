import copy
from types import SimpleNamespace

import msgspec
import pytest
import torch

from fmnist_ref import MLP, fit, gradient_noise_scale, gradient_variance
from report.experiments import gradient_noise
from report.experiments.partial_epochs import train_in_chunks
from report.plan import Profile


def small_run(**parameters):
    run = next(iter(gradient_noise.plan(Profile(name="quick"))))
    settings = {"variance_at": [0, 2], "noise_scale_at": [0, 1, 2], "num_checkpoints": 2}
    settings |= {"num_images": 200, "batch_sizes": [2, 32]}
    return msgspec.structs.replace(run, parameters=run.parameters | settings | parameters)


def test_each_snapshot_is_taken_at_the_weights_that_training_then_has(dataset):
    found = gradient_noise.measure(small_run(), dataset, {})
    assert [snapshot.epoch for snapshot in found.snapshots] == [0, 1, 2]
    torch.manual_seed(0)
    model = MLP()
    fit(model, dataset.train_images, dataset.train_labels, epochs=2)
    expected = gradient_noise_scale(model, dataset.train_images, dataset.train_labels, num_images=200)
    last = found.snapshots[-1]
    assert last.trace_covariance[0] == pytest.approx(expected.trace_covariance)
    assert last.squared_gradient_norm[0] == pytest.approx(expected.squared_gradient_norm)
    variance = gradient_variance(
        model, dataset.train_images, dataset.train_labels, batch_size=32, num_batches=256, seed=0
    )
    assert last.variance[1] == pytest.approx(variance)


def test_the_variance_falls_as_the_batch_grows_and_is_left_out_where_not_asked_for(dataset):
    found = gradient_noise.measure(small_run(), dataset, {})
    assert found.snapshots[1].variance == []
    for snapshot in (found.snapshots[0], found.snapshots[2]):
        assert snapshot.variance[0] / snapshot.variance[1] == pytest.approx(16, rel=0.3)


def test_checkpoints_are_an_update_apart_at_first_and_a_tenth_of_an_epoch_later(dataset, monkeypatch):
    """And the run itself does not notice that a copy trained on."""
    seen = []

    def noting(model, *images, **settings):
        seen.append([weight.detach().clone() for weight in model.parameters()])
        return gradient_noise_scale(model, *images, **settings)

    monkeypatch.setattr(gradient_noise, "gradient_noise_scale", noting)
    run = small_run(variance_at=[], noise_scale_at=[0, 1], num_checkpoints=3, batch_size=8)
    gradient_noise.measure(run, dataset, {})
    torch.manual_seed(0)
    model = MLP()
    for first, epoch, images_apart in ((0, 0, 8), (3, 1, len(dataset.train_labels) // 10)):
        if epoch:
            fit(model, dataset.train_images, dataset.train_labels, epochs=1, batch_size=8)
        later = copy.deepcopy(model)
        settings = {"batch_size": 8, "learning_rate": 0.01, "seed": 1_000, "images_per_chunk": images_apart}
        chunks = train_in_chunks(later, dataset.train, **settings)
        assert all(map(torch.equal, seen[first], model.parameters()))
        for place in (first + 1, first + 2):
            next(chunks)
            assert all(map(torch.equal, seen[place], later.parameters()))


def noise_of(monkeypatch, *squared_norms):
    """Let the checkpoints have these squared lengths, and variances that are 1, 2, 3 and so on."""
    estimates = (
        SimpleNamespace(trace_covariance=float(number), squared_gradient_norm=norm)
        for number, norm in enumerate(squared_norms, 1)
    )
    monkeypatch.setattr(gradient_noise, "gradient_noise_scale", lambda *_, **__: next(estimates))


def test_variance_and_signal_are_averaged_before_they_are_divided(dataset, monkeypatch):
    noise_of(monkeypatch, 0.5, -0.1, 0.2, 1.0, 1.0, 1.0)
    found = gradient_noise.measure(small_run(variance_at=[], noise_scale_at=[0, 1], num_checkpoints=3), dataset, {})
    snapshot = found.snapshots[0]
    assert snapshot.noise_scale == pytest.approx((1 + 2 + 3) / (0.5 - 0.1 + 0.2))
    assert snapshot.squared_gradient_norm == [0.5, -0.1, 0.2]


def test_a_signal_that_cannot_be_told_from_zero_has_no_noise_scale(dataset, monkeypatch):
    noise_of(monkeypatch, 0.1, -0.2, -0.1, -0.1)
    found = gradient_noise.measure(small_run(variance_at=[], noise_scale_at=[0, 1]), dataset, {})
    assert all(snapshot.noise_scale is None for snapshot in found.snapshots)
    assert b"null" in msgspec.json.encode(found)  # JSON has no infinity


def test_variances_are_planned_where_noise_scales_are():
    for profile in (Profile(), Profile(name="quick")):
        parameters = next(iter(gradient_noise.plan(profile))).parameters
        assert set(parameters["variance_at"]) <= set(parameters["noise_scale_at"])
        assert 0 in parameters["noise_scale_at"]
