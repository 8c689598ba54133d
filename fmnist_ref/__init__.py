"""
A plain-PyTorch reference for a beginner's questions about training, on Fashion-MNIST.

Everything a reader needs is importable from here:

- data: :func:`load`, :func:`load_sample`, :func:`normalize`, :func:`locate`, :class:`Split`, :class:`Source`,
  :data:`CLASS_NAMES`;
- models: :class:`SoftmaxRegression`, :class:`LinearRegression`, :class:`MLP`, :class:`PublishedNN`,
  :func:`resnet18`;
- losses: :func:`cross_entropy`, :func:`double_softmax_bounds`;
- training: :func:`fit`, :func:`evaluate`, :func:`predict_logits`;
- metrics: :func:`accuracy`, :func:`balanced_accuracy`, :func:`brier_score`, :func:`confusion_matrix`,
  :func:`expected_calibration_error`, :func:`reliability`;
- gradients: :func:`gradient_noise_scale`, :func:`gradient_variance`;
- devices and their timing: :func:`resolve_device`, :func:`describe_device`, :func:`synchronize`,
  :func:`time_training_step`;
- errors, all of them :class:`FmnistRefError`: :class:`ConfigurationError`, :class:`DataError`,
  :class:`DeviceError`, :class:`DivergenceError`.

Examples
--------
>>> import torch
>>> from fmnist_ref import MLP, evaluate, fit, load_sample, normalize
>>> sample = load_sample()
>>> images = normalize(sample.images)
>>> _ = torch.manual_seed(0)  # the initial weights
>>> model = MLP()
>>> history = fit(model, images, sample.labels, epochs=5)
>>> history.running_loss[-1] < history.running_loss[0]
True
>>> evaluate(model, images, sample.labels).accuracy > 0.1  # better than chance
True
"""

from importlib import metadata

from fmnist_ref.data import CLASS_NAMES, Source, Split, load, load_sample, locate, normalize
from fmnist_ref.devices import DeviceDescription, describe_device, resolve_device, synchronize
from fmnist_ref.errors import ConfigurationError, DataError, DeviceError, DivergenceError, FmnistRefError
from fmnist_ref.gradients import GradientNoise, gradient_noise_scale, gradient_variance
from fmnist_ref.losses import DoubleSoftmaxBounds, cross_entropy, double_softmax_bounds
from fmnist_ref.metrics import (
    Reliability,
    accuracy,
    balanced_accuracy,
    brier_score,
    confusion_matrix,
    expected_calibration_error,
    reliability,
)
from fmnist_ref.models import MLP, LinearRegression, PublishedNN, SoftmaxRegression, resnet18
from fmnist_ref.timing import StepTiming, time_training_step
from fmnist_ref.training import History, Score, evaluate, fit, predict_logits

__all__ = [
    "CLASS_NAMES",
    "MLP",
    "ConfigurationError",
    "DataError",
    "DeviceDescription",
    "DeviceError",
    "DivergenceError",
    "DoubleSoftmaxBounds",
    "FmnistRefError",
    "GradientNoise",
    "History",
    "LinearRegression",
    "PublishedNN",
    "Reliability",
    "Score",
    "SoftmaxRegression",
    "Source",
    "Split",
    "StepTiming",
    "accuracy",
    "balanced_accuracy",
    "brier_score",
    "confusion_matrix",
    "cross_entropy",
    "describe_device",
    "double_softmax_bounds",
    "evaluate",
    "expected_calibration_error",
    "fit",
    "gradient_noise_scale",
    "gradient_variance",
    "load",
    "load_sample",
    "locate",
    "normalize",
    "predict_logits",
    "reliability",
    "resnet18",
    "resolve_device",
    "synchronize",
    "time_training_step",
]

try:
    __version__ = metadata.version("fmnist-ref")
except metadata.PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+checkout"
