"""What question 6 takes for granted about devices and loaders, and what PyTorch does."""

import inspect

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models

from fmnist_ref import MLP, DeviceError, fit, load_sample, normalize, resnet18, resolve_device
from report.experiments.data_loading import time_pass
from report.experiments.loader import TransformedImages, image_loader


def test_q6_1_nothing_is_trained_between_the_clock_readings():
    sample = load_sample()
    loader = image_loader(TransformedImages(sample.images, sample.labels), num_batches=2)
    model, device = models.resnet18(num_classes=10), torch.device("cpu")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for data, target in loader:  # the notebook's loop, whole: between here and its end the clock runs
        data, target = data.to(device), target.to(device)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    with pytest.raises(RuntimeError, match="channels"):
        model(data)  # nor could it have been trained

    empty, trained = (time_pass(loader, device, network) for network in (None, MLP()))
    assert trained.keys() - empty.keys() == {"forward", "backward", "update"}


@pytest.mark.parametrize("workers", [0, 1])
def test_q6_4_the_loader_works_on_the_cpu_whatever_the_device(workers):
    sample = load_sample()
    loader = image_loader(TransformedImages(sample.images, sample.labels), num_batches=1, workers=workers)
    images, labels = next(iter(loader))
    assert (images.device.type, labels.device.type) == ("cpu", "cpu")
    assert "device" not in inspect.signature(DataLoader).parameters


def test_q6_6_nothing_moves_by_itself():
    images, layer = torch.zeros(2, 784), nn.Linear(784, 10)
    assert {images.device.type, layer.weight.device.type, layer.bias.device.type} == {"cpu"}
    elsewhere = images.to("meta")
    assert (images.device.type, elsewhere.device.type) == ("cpu", "meta")
    with pytest.raises(RuntimeError):
        layer(elsewhere)
    assert layer.to("meta")(elsewhere).device.type == "meta"


def test_q6_7_there_are_more_devices_and_absent_ones_are_errors(monkeypatch):
    for name in ("cpu", "cuda", "cuda:1", "mps", "xpu"):
        assert str(torch.device(name)) == name
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)
    assert resolve_device("auto").type == "cpu"
    for absent in ("cuda", "cuda:1", "mps", "xpu"):
        with pytest.raises(DeviceError, match=absent):
            resolve_device(absent)


def test_q6_8_resnet_needs_a_one_channel_stem():
    sample = load_sample()
    images, labels = normalize(sample.images[:32]).unsqueeze(1), sample.labels[:32]
    with pytest.raises(RuntimeError, match="channels"):
        models.resnet18(num_classes=10)(images)
    torch.manual_seed(0)
    history = fit(resnet18(in_channels=1), images, labels, epochs=4, batch_size=16)
    assert history.running_loss[-1] < history.running_loss[0]
