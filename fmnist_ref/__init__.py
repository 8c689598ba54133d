"""
A plain-PyTorch reference for a beginner's questions about training, on Fashion-MNIST.

Everything a reader needs is importable from here:

- data: :func:`load`, :func:`load_sample`, :func:`normalize`, :func:`denormalize`, :func:`locate`,
  :class:`Split`, :class:`Source`, :data:`CLASS_NAMES`, :data:`DATA_SHA256`;
- models: :class:`SoftmaxRegression`, :class:`LinearRegression`, :class:`MLP`, :func:`resnet18`;
- training: :func:`fit`, :class:`PlainSGD`, :func:`cross_entropy`;
- evaluation: :func:`evaluate`, :func:`predict`;
- metrics: :func:`accuracy`, :func:`balanced_accuracy`, :func:`brier_score`, :func:`confusion_matrix`,
  :func:`expected_calibration_error`, :func:`reliability`;
- gradients: :func:`gradient_noise_scale`, :func:`gradient_variance`;
- devices and their timing: :func:`resolve_device`, :func:`describe_device`, :func:`synchronize`,
  :func:`time_training_step`;
- the notebook's mistake: :class:`PublishedNN`, :func:`double_softmax_bounds`;
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
>>> score = evaluate(model, images, sample.labels)
>>> score.accuracy > 0.1  # better than chance
True
"""

from importlib import metadata

from fmnist_ref.data import (
    CLASS_NAMES,
    DATA_SHA256,
    Source,
    Split,
    denormalize,
    load,
    load_sample,
    locate,
    normalize,
)
from fmnist_ref.devices import DeviceDescription, describe_device, resolve_device, synchronize
from fmnist_ref.errors import ConfigurationError, DataError, DeviceError, DivergenceError, FmnistRefError
from fmnist_ref.evaluation import Score, evaluate, predict
from fmnist_ref.gradients import GradientNoise, gradient_noise_scale, gradient_variance
from fmnist_ref.linear import LinearRegression, SoftmaxRegression
from fmnist_ref.losses import cross_entropy
from fmnist_ref.metrics import (
    Reliability,
    accuracy,
    balanced_accuracy,
    brier_score,
    confusion_matrix,
    expected_calibration_error,
    reliability,
)
from fmnist_ref.models import MLP, resnet18
from fmnist_ref.notebook import DoubleSoftmaxBounds, PublishedNN, double_softmax_bounds
from fmnist_ref.optimizers import PlainSGD
from fmnist_ref.timing import StepTiming, time_training_step
from fmnist_ref.training import History, fit

__all__ = [
    "CLASS_NAMES",
    "DATA_SHA256",
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
    "PlainSGD",
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
    "denormalize",
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
    "predict",
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
