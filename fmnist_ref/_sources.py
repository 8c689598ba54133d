"""
Where the files of Fashion-MNIST come from, and the proof that they are the published ones.

Five sources are tried in order: a folder that the caller names, the system's copy, the user's cache,
torchvision's download and apt's. Whatever the source, a file is believed only when its uncompressed content
has the published SHA-256 sum.
"""

import hashlib
import math
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import platformdirs
from jaxtyping import UInt8

from fmnist_ref._download import fetch_with_apt, fetch_with_torchvision
from fmnist_ref._idx import describe_shape, parse, read_capped, unpack
from fmnist_ref.errors import DataError

__all__ = ["DATA_SHA256", "Source", "locate", "read"]

DATA_SHA256: Final[Mapping[str, str]] = MappingProxyType(
    {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    }
)
"""SHA-256 sum of each file's uncompressed content, by file name."""

SHAPES: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "train-images-idx3-ubyte": (60_000, 28, 28),
        "train-labels-idx1-ubyte": (60_000,),
        "t10k-images-idx3-ubyte": (10_000, 28, 28),
        "t10k-labels-idx1-ubyte": (10_000,),
    }
)

ENVIRONMENT_VARIABLE = "FMNIST_REF_DATA"
SYSTEM_FOLDER = Path("/usr/share/datasets/fashion-mnist")
TORCHVISION_FOLDER = Path("FashionMNIST", "raw")
NAME_ANOTHER_FOLDER = f"name a folder that holds the data (root, --data or {ENVIRONMENT_VARIABLE})"

Kind = Literal["given", "system", "cache", "torchvision", "apt"]

REPAIRS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "given": "Put Fashion-MNIST's own file in its place (digit MNIST uses the same names)",
        "system": "Reinstall Debian's package dataset-fashion-mnist",
        "cache": "Delete fmnist-ref's folder in the user's cache to have the data fetched again",
        "torchvision": "Try again later",
        "apt": "Try again later",
    }
)


@dataclass(frozen=True)
class Source:
    """
    A place where the four files of Fashion-MNIST were found.

    Attributes
    ----------
    kind : {"given", "system", "cache", "torchvision", "apt"}
        How the place was found: named by the caller or by ``FMNIST_REF_DATA``, the system's copy, the user's
        cache, or downloaded into that cache just now by torchvision or by apt.
    folder : Path
        Folder with the files, raw or gzipped, bare or in ``FashionMNIST/raw``. `load` accepts it as its
        `root`.

    See Also
    --------
    locate : Find the source that `load` reads.

    Examples
    --------
    >>> from pathlib import Path
    >>> from fmnist_ref import Source
    >>> Source("system", Path("/usr/share/datasets/fashion-mnist")).kind
    'system'
    """

    kind: Kind
    folder: Path


def locate(root: str | os.PathLike[str] | None = None, *, fallback: str | os.PathLike[str] | None = None) -> Source:
    """
    Find the files of Fashion-MNIST, and download them when the machine has none.

    Parameters
    ----------
    root : str or os.PathLike, optional
        Folder with the four files, raw or gzipped, bare or in ``FashionMNIST/raw``. Without it, the folder
        that the environment variable ``FMNIST_REF_DATA`` names.
    fallback : str or os.PathLike, optional
        Folder to use where the user's cache can't be read or written. Data that are there already are found.

    Returns
    -------
    Source
        The first of: the folder so named; the copy that Debian's package ``dataset-fashion-mnist`` installs;
        the user's cache; `fallback`; torchvision's download and apt's, which go to the cache or to `fallback`.

    Raises
    ------
    DataError
        If the named folder lacks a file or can't be read, in which case no other place is tried; or if no folder is
        named and every place fails.

    See Also
    --------
    load : Read and check the images and labels of one split.

    Notes
    -----
    A folder counts as found when it has all four files. Their content is checked when `load`
    reads them, and before a download enters the cache. The cache is laid out so that torchvision's
    ``FashionMNIST`` can read it too. apt works as an ordinary user here: it keeps its state in a folder of
    its own and installs nothing.

    The data are those of Xiao, Rasul and Vollgraf [1]_.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
       learning algorithms", 2017. https://arxiv.org/abs/1708.07747

    Examples
    --------
    >>> from fmnist_ref import locate
    >>> locate("no/such/folder")
    Traceback (most recent call last):
    fmnist_ref.errors.DataError: Folder 'no/such/folder' must hold ...
    """
    named = root if root is not None else os.environ.get(ENVIRONMENT_VARIABLE) or None
    if named is not None:
        return _given(Path(os.path.expanduser(named)))  # noqa: PTH111 - leaves "~stranger" as it is, for the message
    caches = [Path(folder) for folder in (_user_cache(), fallback) if folder is not None]
    for source in (Source("system", SYSTEM_FOLDER), *(Source("cache", folder) for folder in caches)):
        try:
            if not _lacking(source.folder):
                return source
        except DataError:
            if fallback is None:
                raise
    return _fetch_into(next(filter(_is_writable, caches), next(iter(caches), None)))


def read(source: Source, name: str) -> UInt8[np.ndarray, "..."]:
    """
    Read one of the four files, and check that it is the published one.

    Parameters
    ----------
    source : Source
        Place that holds the file.
    name : str
        Name of the file, a key of `DATA_SHA256`.

    Returns
    -------
    numpy.ndarray
        Images or labels, uint8, read-only.

    Raises
    ------
    DataError
        If the file is absent, unreadable, damaged, or not the published one.
    """
    return parse(_verified(source, name), name)


def _given(folder: Path) -> Source:
    lacking = _lacking(folder)
    if lacking:
        raise DataError(
            f"Folder {folder.as_posix()!r} must hold Fashion-MNIST's four files, raw or gzipped, bare or in "
            f"{TORCHVISION_FOLDER.as_posix()}",
            f"no {' and no '.join(lacking)}" if folder.is_dir() else "no such folder",
            f"Complete it, or {NAME_ANOTHER_FOLDER}.",
        )
    return Source("given", folder)


def _user_cache() -> Path | None:
    """Return this package's folder in the user's cache; None for an account without a home folder."""
    try:
        cache = platformdirs.user_cache_path("fmnist-ref", appauthor=False)
    except RuntimeError:
        return None
    return None if cache.parts[0] == "~" else cache  # older versions of platformdirs leave the tilde there


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _fetch_into(cache: Path | None) -> Source:
    """Download into a private folder, and move into the cache only files that have been checked."""
    if cache is None:
        raise DataError(
            "Fashion-MNIST must be on this machine, or this account must have a home folder to download it to",
            "no copy of the system's and no home folder",
            f"Set HOME, or {NAME_ANOTHER_FOLDER}.",
        )
    fetchers: list[tuple[Kind, Callable[[Path], Path]]] = [
        ("torchvision", fetch_with_torchvision),
        ("apt", fetch_with_apt),
    ]
    failures = []
    for kind, fetch in fetchers:
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as staging:
                _keep(Source(kind, fetch(Path(staging))), Path(staging), cache / TORCHVISION_FOLDER)
        except DataError as error:
            failures.append(f"{kind} failed ({error.found})")
        except OSError as error:
            failures.append(f"{kind} could not write to the cache ({error.strerror or type(error).__name__})")
        else:
            return Source(kind, cache)
    raise DataError(
        "Fashion-MNIST must be on this machine or within reach of its network",
        f"no copy of the system's, none in the cache; {'; '.join(failures)}",
        f"Install Debian's package dataset-fashion-mnist, or {NAME_ANOTHER_FOLDER}.",
    )


def _keep(source: Source, staging: Path, destination: Path) -> None:
    """Check all four files, then rename each into place: no reader ever sees a part of one."""
    for name in DATA_SHA256:
        (staging / name).write_bytes(_verified(source, name))
    destination.mkdir(parents=True, exist_ok=True)
    for name in DATA_SHA256:
        (staging / name).replace(destination / name)


def _verified(source: Source, name: str) -> bytes:
    """Read the uncompressed content of a file, and check its form, its shape and its sum."""
    repair = f"{REPAIRS[source.kind]}, or {NAME_ANOTHER_FOLDER}."
    path = _find(source.folder, name)
    if path is None:
        raise DataError(f"{name} must be there", "no such file", repair)
    shape = SHAPES[name]
    size_bytes = 4 + 4 * len(shape) + math.prod(shape)
    try:
        # Gzip never makes a file this much larger, and a mistaken one stays out of memory.
        payload = unpack(read_capped(path, 2 * size_bytes + 1024), path.name, size_bytes)
        found_shape = parse(payload, path.name).shape
    except DataError as error:
        raise DataError(error.expected, error.found, repair) from error
    if found_shape != shape:
        expected = f"{path.name} must hold {describe_shape(shape)} values"
        raise DataError(expected, describe_shape(found_shape), repair)
    found_sum = hashlib.sha256(payload).hexdigest()
    if found_sum != DATA_SHA256[name]:
        expected = f"{path.name} must have the SHA-256 sum {DATA_SHA256[name]} when uncompressed"
        raise DataError(expected, f"the sum {found_sum}", repair)
    return payload


def _find(folder: Path, name: str) -> Path | None:
    for place in (folder, folder / TORCHVISION_FOLDER):
        for path in (place / name, place / f"{name}.gz"):
            if _is_file(path, folder):
                return path
    return None


def _is_file(path: Path, folder: Path) -> bool:
    """Say whether a file is there; a folder that can't be searched is an error, whichever Python runs."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a null character in the name
        return False
    except OSError as error:
        raise DataError(
            f"Folder {folder.as_posix()!r} must be readable",
            error.strerror or type(error).__name__,
            f"Correct its permissions, or {NAME_ANOTHER_FOLDER}.",
        ) from error


def _lacking(folder: Path) -> list[str]:
    return [name for name in DATA_SHA256 if _find(folder, name) is None]
