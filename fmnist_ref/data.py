"""Fashion-MNIST as tensors: load the whole data set or a sample, and scale the images for training."""

import os
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor

from fmnist_ref._idx import parse, unpack
from fmnist_ref._sources import DATA_SHA256, Source, locate, read
from fmnist_ref.errors import ConfigurationError

__all__ = [
    "CLASS_NAMES",
    "DATA_SHA256",
    "Source",
    "Split",
    "denormalize",
    "load",
    "load_sample",
    "locate",
    "normalize",
]

CLASS_NAMES: Final = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""Name of each class, in the order of its label, 0 to 9."""

FILE_PREFIXES: Final = {"train": "train", "test": "t10k"}
MAX_SAMPLE_BYTES = 1_000_000


@dataclass(frozen=True, eq=False)
class Split:
    """
    Images and their labels.

    Attributes
    ----------
    images : UInt8[Tensor, "num_images 28 28"]
        Grey levels from 0 to 255. The garment is light on black.
    labels : Int64[Tensor, "num_images"]
        Class of each image from 0 to 9. `CLASS_NAMES` names the classes.

    See Also
    --------
    load : Read a split of the whole data set.
    load_sample : Read a split of the packaged sample.

    Examples
    --------
    >>> from fmnist_ref import load_sample
    >>> split = load_sample("test")
    >>> split.images.shape, split.labels.shape
    (torch.Size([100, 28, 28]), torch.Size([100]))
    """

    images: UInt8[Tensor, "num_images 28 28"]
    labels: Int64[Tensor, "num_images"]


def load(split: Literal["train", "test"], root: str | os.PathLike[str] | None = None) -> Split:
    """
    Load the 60,000 training or the 10,000 test images of Fashion-MNIST.

    Parameters
    ----------
    split : {"train", "test"}
        Which of the two published splits to load.
    root : str or os.PathLike, optional
        Folder with the four files, raw or gzipped, bare or in ``FashionMNIST/raw``. Without it, `locate`
        searches the machine and downloads the data when it must.

    Returns
    -------
    Split
        Images, uint8 of shape ``(num_images, 28, 28)``, and labels, int64 of shape ``(num_images,)``.

    Raises
    ------
    ConfigurationError
        If `split` is neither "train" nor "test".
    DataError
        If the data can't be found or read, or a file is not the published one.

    See Also
    --------
    load_sample : The same from a few hundred images that come with the package.
    locate : Find the source of the data.
    normalize : Scale the images for training.

    Notes
    -----
    Each file is checked at every call: its uncompressed content must have the SHA-256 sum in
    `DATA_SHA256`. That is the data set of Xiao, Rasul and Vollgraf [1]_ in its corrected release.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
       learning algorithms", 2017. https://arxiv.org/abs/1708.07747

    Examples
    --------
    >>> from fmnist_ref import load
    >>> load("validation")
    Traceback (most recent call last):
    fmnist_ref.errors.ConfigurationError: split must be "train" or "test"...
    """
    prefix = _file_prefix(split)
    source = locate(root)
    return _as_split(read(source, f"{prefix}-images-idx3-ubyte"), read(source, f"{prefix}-labels-idx1-ubyte"))


def load_sample(split: Literal["train", "test"] = "train") -> Split:
    """
    Load the small sample of real images that comes with the package.

    Parameters
    ----------
    split : {"train", "test"}, default "train"
        Which split's sample to load: 300 of the training images, or 100 of the test images.

    Returns
    -------
    Split
        Images, uint8 of shape ``(num_images, 28, 28)``, and labels, int64 of shape ``(num_images,)``.

    Raises
    ------
    ConfigurationError
        If `split` is neither "train" nor "test".
    DataError
        If the installed package is damaged.

    See Also
    --------
    load : The whole data set.

    Notes
    -----
    The sample is stratified: of every class, the first 30 images of the training split and the
    first 10 of the test split [1]_, in their order there. It needs no network. It is meant for examples and
    tests; accuracies measured on it say little.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
       learning algorithms", 2017. https://arxiv.org/abs/1708.07747

    Examples
    --------
    >>> from fmnist_ref import CLASS_NAMES, load_sample
    >>> sample = load_sample()
    >>> sample.labels.bincount()
    tensor([30, 30, 30, 30, 30, 30, 30, 30, 30, 30])
    >>> CLASS_NAMES[sample.labels[0]]
    'Ankle boot'
    """
    prefix = _file_prefix(split)
    images, labels = (
        parse(unpack((files("fmnist_ref") / "sample" / name).read_bytes(), name, MAX_SAMPLE_BYTES), name)
        for name in (f"{prefix}-images-idx3-ubyte.gz", f"{prefix}-labels-idx1-ubyte.gz")
    )
    return _as_split(images, labels)


def normalize(images: UInt8[Tensor, "*shape"]) -> Float32[Tensor, "*shape"]:
    r"""
    Scale grey levels from 0 to 255 onto the interval from -1 to 1.

    Parameters
    ----------
    images : torch.Tensor
        Grey levels, uint8, any shape.

    Returns
    -------
    torch.Tensor
        Scaled values, float32, of the same shape and on the same device.

    Raises
    ------
    ConfigurationError
        If `images` is not a tensor of uint8, for instance because it has been scaled already.

    See Also
    --------
    denormalize : The inverse.
    load : Read the images.

    Notes
    -----
    A grey level :math:`x` becomes

    .. math:: \frac{x / 255 - 0.5}{0.5},

    bit for bit as by torchvision's ``ToTensor`` followed by ``Normalize((0.5,), (0.5,))`` [1]_.

    References
    ----------
    .. [1] torchvision, "Transforming images, videos, boxes and more".
       https://docs.pytorch.org/vision/stable/transforms.html

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import load_sample, normalize
    >>> pixels = normalize(load_sample().images)
    >>> pixels.dtype, pixels.shape
    (torch.float32, torch.Size([300, 28, 28]))
    >>> normalize(torch.tensor([0, 51, 255], dtype=torch.uint8))
    tensor([-1.0000, -0.6000,  1.0000])
    """
    if getattr(images, "dtype", None) is not torch.uint8:
        raise ConfigurationError(
            "images must be a tensor of uint8, from 0 to 255",
            f"{type(images).__name__} of {getattr(images, 'dtype', 'no dtype')}",
            "Pass the images as load returns them, and normalize them once.",
        )
    # In place after the first: the training images take 188 MB as float32.
    return images.to(torch.float32).div_(255).sub_(0.5).div_(0.5)


def denormalize(images: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
    r"""
    Return the grey levels from 0 to 255 of normalised images.

    Parameters
    ----------
    images : torch.Tensor
        Values from -1 to 1, any floating-point dtype and shape.

    Returns
    -------
    torch.Tensor
        The nearest grey levels, uint8, of the same shape and on the same device.

    Raises
    ------
    ConfigurationError
        If `images` is not a floating-point tensor, or a value is NaN or not from -1 to 1.

    See Also
    --------
    normalize : The inverse.

    Notes
    -----
    A value :math:`z` becomes :math:`255 \, (z / 2 + 1 / 2)`, rounded. What `normalize` made of a grey level becomes that
    grey level again.

    Examples
    --------
    >>> import torch
    >>> from fmnist_ref import denormalize
    >>> denormalize(torch.tensor([-1.0, -0.6, 1.0]))
    tensor([  0,  51, 255], dtype=torch.uint8)
    """
    if not isinstance(images, Tensor) or not images.is_floating_point():
        raise ConfigurationError(
            "images must be a floating-point tensor",
            f"{type(images).__name__} of {getattr(images, 'dtype', 'no dtype')}",
            "Pass images as normalize returns them.",
        )
    grey = images.mul(0.5).add_(0.5).mul_(255).round_()  # in place after the first: 188 MB for the training images
    if images.numel() > 0:
        lowest, highest = grey.aminmax()  # NaN if any value is
        if not (lowest >= 0 and highest <= 255):
            raise ConfigurationError(
                "images must be from -1 to 1",
                f"{images.min().item():g} to {images.max().item():g}",
                "Pass images as normalize returns them.",
            )
    return grey.to(torch.uint8)


def _file_prefix(split: str) -> str:
    if split not in FILE_PREFIXES:
        raise ConfigurationError('split must be "train" or "test"', repr(split), "Pass one of the two.")
    return FILE_PREFIXES[split]


def _as_split(images: UInt8[np.ndarray, "num_images 28 28"], labels: UInt8[np.ndarray, "num_images"]) -> Split:
    # Copies: a tensor must not share the reader's read-only bytes.
    return Split(torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(np.int64)))
