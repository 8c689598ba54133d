"""
Reading of IDX, the file format of MNIST and Fashion-MNIST.

An IDX file is two zero bytes, a type code (8: unsigned bytes, the only one read here), the number of
dimensions, each dimension as a big-endian 32-bit number, then the values in row-major order. The files may be
gzipped. Whatever the bytes are, these functions return a value or raise `DataError`, and hold no more than a
stated number of bytes.
"""

import gzip
import io
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from fmnist_ref.errors import DataError

__all__ = ["describe_shape", "parse", "read_capped", "unpack"]

UNSIGNED_BYTE = 8
MAX_DIMENSIONS = 3
GZIP_MAGIC = b"\x1f\x8b"
REMEDY = "Replace the file with a whole copy."


def read_capped(path: Path, max_bytes: int) -> bytes:
    """
    Read a file of limited size.

    Parameters
    ----------
    path : Path
        File to read.
    max_bytes : int
        Largest size accepted, in bytes. No more than one byte beyond it is ever read.

    Returns
    -------
    bytes
        The whole content.

    Raises
    ------
    DataError
        If the file cannot be read or is larger than `max_bytes`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise DataError(
            f"{path.name} must be a readable file",
            error.strerror or type(error).__name__,
            "Check the file and its permissions.",
        ) from error
    return _capped(content, max_bytes, path.name)


def unpack(content: bytes, name: str, max_bytes: int) -> bytes:
    """
    Decompress gzipped content, and return any other content as it is.

    Parameters
    ----------
    content : bytes
        Content of a file, raw or gzipped. The first bytes decide which, not the name.
    name : str
        Name of the file, for messages.
    max_bytes : int
        Largest size accepted after decompression, in bytes. Decompression stops one byte beyond it.

    Returns
    -------
    bytes
        The uncompressed content.

    Raises
    ------
    DataError
        If the gzip stream is damaged or ends early, or holds more than `max_bytes`.
    """
    if not content.startswith(GZIP_MAGIC):
        return _capped(content, max_bytes, name)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            return _capped(stream.read(max_bytes + 1), max_bytes, name)
    except EOFError as error:
        raise DataError(f"{name} must be whole", "gzip data that ends early", REMEDY) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name} must be whole", "damaged gzip data", REMEDY) from error


def parse(payload: bytes, name: str) -> UInt8[np.ndarray, "..."]:
    """
    Turn the uncompressed content of an IDX file into an array.

    Parameters
    ----------
    payload : bytes
        Header and values.
    name : str
        Name of the file, for messages.

    Returns
    -------
    numpy.ndarray
        The values, uint8, one to three dimensions; a read-only view of `payload`.

    Raises
    ------
    DataError
        If the content is not IDX with unsigned bytes, or the header promises another number of values than
        follow.

    Examples
    --------
    >>> from fmnist_ref._idx import parse
    >>> parse(
    ...     bytes([0, 0, 8, 1]) + bytes([0, 0, 0, 3]) + bytes([9, 0, 2]),
    ...     "labels",
    ... )
    array([9, 0, 2], dtype=uint8)
    """
    num_dimensions = payload[3] if len(payload) > 3 else 0
    header_bytes = 4 + 4 * num_dimensions
    if payload[:3] != bytes([0, 0, UNSIGNED_BYTE]) or not 1 <= num_dimensions <= MAX_DIMENSIONS:
        raise DataError(
            f"{name} must be an IDX file of unsigned bytes with 1 to {MAX_DIMENSIONS} dimensions",
            _describe_start(payload),
            REMEDY,
        )
    if len(payload) < header_bytes:
        raise DataError(
            f"{name} must have an IDX header of {header_bytes} bytes", f"{len(payload)} bytes in all", REMEDY
        )
    shape = struct.unpack_from(f">{num_dimensions}I", payload, 4)
    if 0 in shape:
        raise DataError(f"{name} must hold at least one value", describe_shape(shape), REMEDY)
    num_values = math.prod(shape)  # a Python integer: three 32-bit dimensions overflow 64 bits
    num_found = len(payload) - header_bytes
    if num_values != num_found:
        raise DataError(
            f"{name} must hold the {describe_shape(shape)} values that its header promises",
            f"{num_found:,}",
            REMEDY,
        )
    return np.frombuffer(payload, np.uint8, offset=header_bytes).reshape(shape)


def describe_shape(shape: tuple[int, ...]) -> str:
    """
    Write a shape as a product, for messages.

    Parameters
    ----------
    shape : tuple of int
        Length of each dimension.

    Returns
    -------
    str
        The lengths, joined by multiplication signs.

    Examples
    --------
    >>> from fmnist_ref._idx import describe_shape
    >>> describe_shape((60_000, 28, 28))
    '60,000 × 28 × 28'
    """
    return " × ".join(f"{length:,}" for length in shape)


def _capped(content: bytes, max_bytes: int, name: str) -> bytes:
    if len(content) > max_bytes:
        raise DataError(f"{name} must hold at most {max_bytes:,} bytes", f"more than {max_bytes:,}", REMEDY)
    return content


def _describe_start(payload: bytes) -> str:
    if not payload:
        return "an empty file"
    if payload[:512].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "an HTML page, as a failed download leaves it"
    return f"a file that begins with the bytes {payload[:4].hex(' ')}"
