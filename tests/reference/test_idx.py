"""The IDX reader: what it reads back, what it refuses in which words, and that no bytes do anything else."""

import gzip
import random
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fmnist_ref._idx import describe_shape, parse, read_capped, unpack
from fmnist_ref.errors import DataError, FmnistRefError

LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 4, 9, 0, 0, 3])
GZIPPED_LABELS = gzip.compress(LABELS, mtime=0)


def write_idx(values: np.ndarray) -> bytes:
    """Write the format byte by byte, apart from the reader's `struct`."""
    header = [0, 0, 8, values.ndim]
    for length in values.shape:
        header += list(int(length).to_bytes(4, "big"))
    return bytes(header + values.flatten(order="C").tolist())


@given(arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=6)), st.booleans())
def test_what_is_written_is_read_back(values: np.ndarray, compressed: bool) -> None:
    written = write_idx(values)
    content = gzip.compress(written) if compressed else written
    payload = unpack(content, "values", len(written))
    assert payload == written
    found = parse(payload, "values")
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, values)


def test_gzip_members_are_joined() -> None:
    assert unpack(gzip.compress(LABELS[:5]) + gzip.compress(LABELS[5:]), "labels", len(LABELS)) == LABELS


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "an empty file"),
        (b"\0\0\x08", "a file that begins with the bytes 00 00 08"),
        (b"  \n<!DOCTYPE HTML><title>404</title>", "an HTML page, as a failed download leaves it"),
        (b"<html><body>moved</body></html>", "an HTML page, as a failed download leaves it"),
        (b"PK\x03\x04 and so on", "a file that begins with the bytes 50 4b 03 04"),
        (b"\0\0\x0d\x01" + LABELS[4:], "a file that begins with the bytes 00 00 0d 01"),
        (b"\0\0\x08\0" + LABELS[4:], "a file that begins with the bytes 00 00 08 00"),
        (b"\0\0\x08\x04" + LABELS[4:], "a file that begins with the bytes 00 00 08 04"),
    ],
    ids=["empty", "short", "html-doctype", "html", "zip", "floats", "no-dimension", "four-dimensions"],
)
def test_what_is_not_idx_is_named(payload: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(payload, "labels")
    assert str(caught.value) == (
        "labels must be an IDX file of unsigned bytes with 1 to 3 dimensions; "
        f"found {message}. Replace the file with a whole copy."
    )


@pytest.mark.parametrize(
    ("payload", "expected", "found"),
    [
        (LABELS[:6], "labels must have an IDX header of 8 bytes", "6 bytes in all"),
        (LABELS[:-1], "labels must hold the 4 values that its header promises", "3"),
        (LABELS + b"\0", "labels must hold the 4 values that its header promises", "5"),
        (LABELS[:7] + b"\0", "labels must hold at least one value", "0"),
        (
            bytes([0, 0, 8, 2]) + b"\xff" * 8 + b"\0",
            "labels must hold the 4,294,967,295 × 4,294,967,295 values that its header promises",
            "1",
        ),
    ],
    ids=["cut-header", "cut-values", "too-long", "no-values", "overflow"],
)
def test_a_header_must_fit_what_follows(payload: bytes, expected: str, found: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(payload, "labels")
    assert str(caught.value) == f"{expected}; found {found}. Replace the file with a whole copy."


@pytest.mark.parametrize(
    ("content", "expected", "found"),
    [
        (GZIPPED_LABELS[:-9], "must be whole", "gzip data that ends early"),
        (GZIPPED_LABELS[:1] + b"\x8b", "must be whole", "gzip data that ends early"),
        (GZIPPED_LABELS[:-8] + bytes(8), "must be whole", "damaged gzip data"),
        (GZIPPED_LABELS[:10] + b"\xff" * 20, "must be whole", "damaged gzip data"),
        (GZIPPED_LABELS + b"tail", "must be whole", "damaged gzip data"),
        (gzip.compress(LABELS + b"\0", mtime=0), "must hold at most 12 bytes", "more than 12"),
        (LABELS + b"\0", "must hold at most 12 bytes", "more than 12"),
    ],
    ids=["cut", "cut-header", "wrong-sum", "no-deflate", "tail", "too-long-gzip", "too-long-raw"],
)
def test_what_cannot_be_unpacked_is_named(content: bytes, expected: str, found: str) -> None:
    with pytest.raises(DataError) as caught:
        unpack(content, "labels.gz", len(LABELS))
    assert str(caught.value) == f"labels.gz {expected}; found {found}. Replace the file with a whole copy."


def test_a_gzip_bomb_is_not_expanded() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="must hold at most 1,000 bytes; found more"):
            unpack(bomb, "images.gz", 1_000)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1_000_000


def test_a_file_is_read_whole_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_bytes(LABELS)
    assert read_capped(path, len(LABELS)) == LABELS


def test_a_file_beyond_the_limit_stays_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    with path.open("wb") as file:
        file.truncate(10**9)  # sparse: it takes no room
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            read_capped(path, 1_000)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(caught.value) == (
        "labels must hold at most 1,000 bytes; found more than 1,000. Replace the file with a whole copy."
    )
    assert peak_bytes < 1_000_000


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_capped(tmp_path / "labels", 12)
    assert str(caught.value) == (
        "labels must be a readable file; found No such file or directory. Check the file and its permissions."
    )


def test_shapes_are_written_as_products() -> None:
    assert describe_shape((60_000, 28, 28)) == "60,000 × 28 × 28"
    assert describe_shape((10_000,)) == "10,000"


def read(content: bytes) -> np.ndarray | FmnistRefError:
    try:
        return parse(unpack(content, "fuzzed", 4_096), "fuzzed")
    except FmnistRefError as error:
        return error


@given(
    st.binary(max_size=64),
    st.sampled_from([b"", b"\x1f\x8b\x08", b"\0\0\x08", LABELS, GZIPPED_LABELS]),
)
def test_any_bytes_give_a_value_or_our_error(content: bytes, start: bytes) -> None:
    assert isinstance(read(start + content), np.ndarray | FmnistRefError)


def mutate(content: bytes, generator: random.Random) -> bytes:
    """Damage content as disks, networks and editors do: bits, bytes, cuts, repeats."""
    mutated = bytearray(content)
    for _ in range(generator.randint(1, 4)):
        start = generator.randrange(len(mutated) + 1)
        stop = min(len(mutated), start + generator.randint(1, 8))
        match generator.randrange(5):
            case 0 if start < len(mutated):
                mutated[start] ^= 1 << generator.randrange(8)
            case 1:
                mutated[start:stop] = generator.choice([b"\0", b"\xff"]) * (stop - start)
            case 2:
                del mutated[start:stop]
            case 3:
                mutated[start:start] = mutated[start:stop] or b"\x1f"
            case _:
                del mutated[generator.randrange(len(mutated) + 1) :]
    return bytes(mutated)


def test_twenty_thousand_damaged_files_give_a_value_or_our_error() -> None:
    generator = random.Random(1708)
    images = write_idx(np.arange(2 * 5 * 7, dtype=np.uint8).reshape(2, 5, 7))
    originals = [images, gzip.compress(images, mtime=0), LABELS, GZIPPED_LABELS]
    outcomes = [read(mutate(generator.choice(originals), generator)) for _ in range(20_000)]
    num_values = sum(isinstance(outcome, np.ndarray) for outcome in outcomes)
    assert 1_000 < num_values < 19_000  # else the damage is too light or too heavy to test anything
    errors = [str(outcome) for outcome in outcomes if isinstance(outcome, FmnistRefError)]
    assert all("\n" not in message and message.endswith(".") for message in errors)
