"""What question 6 takes for granted about devices, and what PyTorch does."""

import pytest
import torch
from torch import nn
from torchvision import models

from fmnist_ref import DeviceError, fit, load_sample, normalize, resnet18, resolve_device


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
