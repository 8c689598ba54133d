"""The package as a whole: what it exports, and which version it says it is."""

import importlib
from collections.abc import Iterator
from importlib import metadata

import pytest

import fmnist_ref
from fmnist_ref import (
    data,
    devices,
    errors,
    evaluation,
    gradients,
    linear,
    losses,
    metrics,
    models,
    notebook,
    optimizers,
    timing,
    training,
)

MODULES = [
    data, devices, errors, evaluation, gradients, linear, losses, metrics, models, notebook, optimizers, timing, training,
]  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_importable_from_the_package(module) -> None:
    for name in module.__all__:
        assert getattr(fmnist_ref, name) is getattr(module, name)
        assert name in fmnist_ref.__all__


def test_every_exported_name_exists_and_is_described() -> None:
    assert len(set(fmnist_ref.__all__)) == len(fmnist_ref.__all__)
    for name in fmnist_ref.__all__:
        assert getattr(fmnist_ref, name).__doc__ or name.isupper()  # a constant has its docstring in the source
        assert f"`{name}`" in fmnist_ref.__doc__ or not name[0].islower()


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Patch what the package reads when it is imported, and import it as it was afterwards."""
    yield monkeypatch
    monkeypatch.undo()
    importlib.reload(fmnist_ref)


def test_version_is_that_of_the_installed_package(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(metadata, "version", lambda name: {"fmnist-ref": "1.2.3"}[name])
    assert importlib.reload(fmnist_ref).__version__ == "1.2.3"


def test_version_says_so_where_nothing_is_installed(patch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    patch.setattr(metadata, "version", version)
    assert importlib.reload(fmnist_ref).__version__ == "0+checkout"
