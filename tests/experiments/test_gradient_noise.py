import msgspec
import pytest
import torch

from fmnist_ref import MLP, fit, gradient_noise_scale, gradient_variance
from report.experiments import gradient_noise
from report.plan import Profile


def small_run(**parameters):
    run = next(iter(gradient_noise.plan(Profile(name="quick"))))
    settings = {"variance_at": [0, 2], "noise_scale_at": [0, 1, 2], "num_images": 200, "batch_sizes": [2, 32]}
    return msgspec.structs.replace(run, parameters=run.parameters | settings | parameters)


def test_each_snapshot_is_taken_at_the_weights_that_training_then_has(dataset):
    found = gradient_noise.measure(small_run(), dataset, {})
    assert [snapshot.epoch for snapshot in found.snapshots] == [0, 1, 2]
    torch.manual_seed(0)
    model = MLP()
    fit(model, dataset.train_images, dataset.train_labels, epochs=2)
    expected = gradient_noise_scale(model, dataset.train_images, dataset.train_labels, num_images=200)
    last = found.snapshots[-1]
    assert last.trace_covariance == pytest.approx(expected.trace_covariance)
    assert last.squared_gradient_norm == pytest.approx(expected.squared_gradient_norm)
    variance = gradient_variance(
        model, dataset.train_images, dataset.train_labels, batch_size=32, num_batches=256, seed=0
    )
    assert last.variance[1] == pytest.approx(variance)


def test_the_variance_falls_as_the_batch_grows_and_is_left_out_where_not_asked_for(dataset):
    found = gradient_noise.measure(small_run(), dataset, {})
    assert found.snapshots[1].variance == []
    for snapshot in (found.snapshots[0], found.snapshots[2]):
        assert snapshot.variance[0] / snapshot.variance[1] == pytest.approx(16, rel=0.3)


def test_a_signal_that_cannot_be_told_from_zero_has_no_noise_scale(dataset, monkeypatch):
    noise = type("Noise", (), {"noise_scale": float("inf"), "trace_covariance": 1.0, "squared_gradient_norm": -0.1})
    monkeypatch.setattr(gradient_noise, "gradient_noise_scale", lambda *_, **__: noise)
    run = small_run(variance_at=[], noise_scale_at=[0, 1])
    found = gradient_noise.measure(run, dataset, {})
    assert all(snapshot.noise_scale is None for snapshot in found.snapshots)
    assert b"null" in msgspec.json.encode(found)  # JSON has no infinity


def test_variances_are_planned_where_noise_scales_are():
    for profile in (Profile(), Profile(name="quick")):
        parameters = next(iter(gradient_noise.plan(profile))).parameters
        assert set(parameters["variance_at"]) <= set(parameters["noise_scale_at"])
        assert 0 in parameters["noise_scale_at"]
