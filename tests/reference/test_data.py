"""Loading and normalising: the packaged sample, and the published data where the machine has them."""

import gzip
import runpy
import socket
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision import transforms
from torchvision.datasets import FashionMNIST

import fmnist_ref.data
from fmnist_ref import CLASS_NAMES, DATA_SHA256, Split, denormalize, load, load_sample, normalize
from fmnist_ref.errors import ConfigurationError, DataError

make_sample = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "make_sample.py")))
SAMPLE_FOLDER = Path(fmnist_ref.data.__file__).with_name("sample")


@pytest.fixture(scope="module")
def published(published_folder: Path) -> dict[str, Split]:
    return {"train": load("train", published_folder), "test": load("test", published_folder)}


@pytest.mark.parametrize(("split", "num_images"), [("train", 60_000), ("test", 10_000)])
def test_the_published_splits_are_balanced(published: dict[str, Split], split: str, num_images: int) -> None:
    images, labels = published[split].images, published[split].labels
    assert (images.dtype, images.shape) == (torch.uint8, (num_images, 28, 28))
    assert (labels.dtype, labels.shape) == (torch.int64, (num_images,))
    assert labels.bincount().tolist() == [num_images // 10] * 10


def test_the_first_training_images_are_the_known_ones(published: dict[str, Split]) -> None:
    assert [CLASS_NAMES[label] for label in published["train"].labels[:4]] == [
        "Ankle boot",
        "T-shirt/top",
        "T-shirt/top",
        "Dress",
    ]
    pixels = normalize(published["train"].images)
    # The mean and standard deviation that are widely used to standardise Fashion-MNIST, after this scaling.
    assert pixels.mean().item() == pytest.approx((0.2860 - 0.5) / 0.5, abs=2e-4)
    assert pixels.std().item() == pytest.approx(0.3530 / 0.5, abs=2e-4)


def test_the_sums_are_the_published_ones() -> None:
    assert {name: digest[:8] for name, digest in DATA_SHA256.items()} == {
        "train-images-idx3-ubyte": "c59f468a",
        "train-labels-idx1-ubyte": "bad3541b",
        "t10k-images-idx3-ubyte": "5b4141f0",
        "t10k-labels-idx1-ubyte": "0402a96d",
    }


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_sample_is_the_first_of_each_class(published: dict[str, Split], split: str) -> None:
    for name, content in make_sample.sample_files(split, published[split]).items():
        assert gzip.decompress((SAMPLE_FOLDER / name).read_bytes()) == content


@pytest.mark.parametrize(("split", "per_class"), [("train", 30), ("test", 10)])
def test_the_sample_is_stratified(split: str, per_class: int) -> None:
    sample = load_sample(split)
    images, labels = sample.images, sample.labels
    assert labels.bincount().tolist() == [per_class] * 10
    assert (images.dtype, images.shape) == (torch.uint8, (10 * per_class, 28, 28))
    assert labels.dtype == torch.int64
    assert len(images.flatten(1).unique(dim=0)) == len(images)


def test_the_two_samples_share_no_image() -> None:
    images = torch.cat([load_sample("train").images, load_sample("test").images])
    assert len(images.flatten(1).unique(dim=0)) == 400


def test_the_sample_is_small_and_carries_no_time() -> None:
    archives = sorted(SAMPLE_FOLDER.glob("*.gz"))
    assert len(archives) == 4
    assert sum(path.stat().st_size for path in archives) < 250_000
    assert all(path.read_bytes()[4:8] == bytes(4) for path in archives)
    notice = (SAMPLE_FOLDER / "NOTICE").read_text()
    assert "Zalando SE" in notice
    assert "arXiv:1708.07747" in notice


def test_the_sample_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    load_sample()


def test_what_is_loaded_can_be_changed_without_harm() -> None:
    load_sample().images.zero_()
    load_sample().labels.zero_()
    assert load_sample().images.any()
    assert load_sample().labels.any()


@pytest.mark.parametrize("function", [load, load_sample])
@pytest.mark.parametrize("split", ["validation", "Train", "t10k", ""])
def test_an_unknown_split_is_refused(function, split: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        function(split)
    assert str(caught.value) == f'split must be "train" or "test"; found {split!r}. Pass one of the two.'


def test_a_damaged_installation_is_a_data_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "train-images-idx3-ubyte.gz").write_bytes(b"")
    monkeypatch.setattr(fmnist_ref.data, "files", lambda _: tmp_path)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz must be an IDX file .* found an empty file"):
        load_sample()


def test_the_class_names_are_those_of_torchvision() -> None:
    assert list(CLASS_NAMES) == FashionMNIST.classes


def test_normalize_equals_the_notebooks_transform_bit_for_bit() -> None:
    images = load_sample().images
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    expected = torch.cat([transform(image.numpy()) for image in images])
    assert torch.equal(normalize(images), expected)


def test_normalize_follows_its_formula_at_every_grey_level() -> None:
    levels = np.arange(256)
    found = normalize(torch.arange(256, dtype=torch.uint8))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), (levels / 255 - 0.5) / 0.5, atol=1e-7)


@pytest.mark.parametrize("shape", [(), (0, 28, 28), (2, 1, 28, 28)])
def test_normalize_keeps_the_shape_and_the_input(shape: tuple[int, ...]) -> None:
    images = torch.full(shape, 200, dtype=torch.uint8)
    assert normalize(images).shape == shape
    assert (images == 200).all()


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (torch.zeros(2, 28, 28), "Tensor of torch.float32"),
        (torch.zeros(2, 28, 28, dtype=torch.int64), "Tensor of torch.int64"),
        (np.zeros((2, 28, 28), np.uint8), "ndarray of uint8"),
        ([0, 255], "list of no dtype"),
    ],
)
def test_normalize_takes_only_uint8_tensors(images, found: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        normalize(images)
    assert str(caught.value) == (
        f"images must be a tensor of uint8, from 0 to 255; found {found}. "
        "Pass the images as load returns them, and normalize them once."
    )


def test_denormalize_is_the_inverse_at_every_grey_level() -> None:
    every_level = torch.arange(256, dtype=torch.uint8)
    for dtype in (torch.float32, torch.float64):
        assert torch.equal(denormalize(normalize(every_level).to(dtype)), every_level)
    images = normalize(load_sample().images)
    before = images.clone()
    assert torch.equal(denormalize(images), load_sample().images)
    assert torch.equal(images, before)


@pytest.mark.parametrize("shape", [(), (0, 28, 28), (2, 1, 28, 28)])
def test_denormalize_keeps_the_shape(shape: tuple[int, ...]) -> None:
    assert denormalize(torch.zeros(shape)).shape == shape


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.tensor([0.0, 1.2]), "images must be from -1 to 1; found 0 to 1.2. Pass"),
        (torch.tensor([-1.1, 0.0]), "images must be from -1 to 1; found -1.1 to 0. Pass"),
        (torch.tensor([float("nan"), 0.0]), "images must be from -1 to 1; found nan to nan. Pass"),
        (
            torch.zeros(2, dtype=torch.uint8),
            "images must be a floating-point tensor; found Tensor of torch.uint8. Pass",
        ),
        (np.zeros(2), "images must be a floating-point tensor; found ndarray of float64. Pass"),
    ],
)
def test_denormalize_refuses_what_is_not_normalised(images, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        denormalize(images)
    assert str(caught.value) == f"{message} images as normalize returns them."
