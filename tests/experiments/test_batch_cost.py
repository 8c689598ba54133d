import msgspec
import pytest
import torch
from torch import nn

from fmnist_ref import MLP, SoftmaxRegression, load_sample, normalize
from report.experiments import batch_cost
from report.experiments.batch_cost import bytes_saved_for_backward
from report.plan import Dataset, Profile


@pytest.fixture
def sample():
    found = load_sample()
    return normalize(found.images), found.labels


@pytest.mark.parametrize("batch_size", [1, 16, 64, 1000])
def test_saved_bytes_are_inputs_activations_log_probabilities_and_labels(sample, batch_size):
    floats = 784 + 128 + 10
    expected = batch_size * (4 * floats + 8) + 4  # the mean's own denominator is one float
    assert bytes_saved_for_backward(MLP(), *sample, batch_size) == expected


def test_a_model_without_hidden_layer_saves_less_and_a_deeper_one_more(sample):
    none, one, two = (
        bytes_saved_for_backward(model, *sample, 32) for model in (SoftmaxRegression(), MLP(), MLP((128, 128)))
    )
    assert one - none == two - one == 32 * 4 * 128


def test_a_tensor_that_two_operations_save_is_counted_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Linear(6, 3), nn.Linear(6, 3)

        def forward(self, images):
            return self.left(images) + self.right(images)

    images, labels = torch.randn(8, 6), torch.zeros(8, dtype=torch.int64)
    assert bytes_saved_for_backward(Twice(), images, labels, 8) == 8 * (4 * (6 + 3) + 8) + 4


def test_every_repetition_is_kept_round_by_round(sample, monkeypatch):
    monkeypatch.setattr(batch_cost, "BATCH_SIZES", (1, 8))
    order = []
    timed = batch_cost.time_training_step

    def noting(*arguments, **settings):
        order.append(settings["batch_size"])
        return timed(*arguments, **settings)

    monkeypatch.setattr(batch_cost, "time_training_step", noting)
    (run,) = batch_cost.plan(Profile(name="quick"))
    run = msgspec.structs.replace(run, parameters={"rounds": 3, "seconds_per_arm": 0.005})
    found = batch_cost.measure(run, Dataset(*sample, *sample), {})
    assert order[-6:] == [1, 8, 8, 1, 1, 8]  # up and down, after the search for repetitions
    assert [step.batch_size for step in found.steps] == [1, 8]
    for step in found.steps:
        assert len(step.seconds) == 3
        assert all(len(seconds) >= 2 and min(seconds) > 0 for seconds in step.seconds)
        assert step.peak_memory_bytes is None
    assert (found.device.kind, found.device.threads) == ("cpu", torch.get_num_threads())
    assert found.parameter_bytes == 4 * 101_770
    assert found.images_bytes == 4 * sample[0].numel()


def test_it_is_one_run_that_has_the_machine_to_itself():
    assert batch_cost.EXPERIMENT.exclusive
    (run,) = batch_cost.plan(Profile())
    assert run.parameters["rounds"] >= 12
