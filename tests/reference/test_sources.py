"""Where the data come from: the order of sources, what each failure says, what may enter the cache."""

import gc
import gzip
import hashlib
import os
import runpy
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets

from fmnist_ref import _download, _sources
from fmnist_ref._sources import Source, locate, read
from fmnist_ref.data import load
from fmnist_ref.errors import DataError

write_idx = runpy.run_path(str(Path(__file__).parents[1] / "make_sample.py"))["write_idx"]
needs_shell = pytest.mark.skipif(os.name != "posix", reason="the fake apt is a shell script")

NAME_ANOTHER = "or name a folder that holds the data (root, --data or FMNIST_REF_DATA)."
GIVEN_REPAIR = f"Put Fashion-MNIST's own file in its place (digit MNIST uses the same names), {NAME_ANOTHER}"
SHAPES = {
    "train-images-idx3-ubyte": (20, 28, 28),
    "train-labels-idx1-ubyte": (20,),
    "t10k-images-idx3-ubyte": (10, 28, 28),
    "t10k-labels-idx1-ubyte": (10,),
}
IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


def make_files(seed: int) -> dict[str, bytes]:
    generator = np.random.default_rng(seed)
    return {name: write_idx(generator.integers(0, 10, shape, np.uint8)) for name, shape in SHAPES.items()}


GENUINE = make_files(seed=0)
DIGITS = make_files(seed=1)
"""Files of the same names and shapes as the genuine ones, but of another data set."""


def write_files(folder: Path, files: dict[str, bytes], *, compressed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder


def fetch_nothing(folder: Path) -> Path:
    raise DataError("a source must answer", "nobody there", "Try again.")


@pytest.fixture(autouse=True)
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a data set of thirty images in place of the published one, on a machine without data or network."""
    monkeypatch.setattr(_sources, "SHAPES", SHAPES)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in GENUINE.items()}
    monkeypatch.setattr(_sources, "DATA_SHA256", sums)
    monkeypatch.setattr(_sources, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setattr(_sources.platformdirs, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    monkeypatch.setattr(_sources, "fetch_with_torchvision", fetch_nothing)
    monkeypatch.setattr(_sources, "fetch_with_apt", fetch_nothing)
    monkeypatch.delenv("FMNIST_REF_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def assert_genuine(source: Source) -> None:
    for name in SHAPES:
        assert write_idx(read(source, name)) == GENUINE[name]


# Order


def test_the_first_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sources, "fetch_with_apt", partial(write_files, files=GENUINE))
    assert locate().kind == "apt"
    assert locate() == Source("cache", tmp_path / "cache")
    write_files(tmp_path / "system", GENUINE)
    assert locate() == Source("system", tmp_path / "system")
    monkeypatch.setenv("FMNIST_REF_DATA", str(write_files(tmp_path / "environment", GENUINE)))
    assert locate() == Source("given", tmp_path / "environment")
    root = write_files(tmp_path / "argument", GENUINE)
    assert locate(root) == locate(str(root)) == Source("given", root)


def test_torchvision_is_asked_before_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sources, "fetch_with_torchvision", partial(write_files, files=GENUINE))
    monkeypatch.setattr(_sources, "fetch_with_apt", lambda _: pytest.fail("apt was asked"))
    assert locate().kind == "torchvision"


def test_an_empty_environment_variable_names_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMNIST_REF_DATA", "")
    write_files(tmp_path / "system", GENUINE)
    assert locate().kind == "system"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_files(tmp_path / "fashion", GENUINE)
    assert locate("~/fashion") == Source("given", tmp_path / "fashion")


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("below", ["", "FashionMNIST/raw"])
def test_raw_and_gzipped_files_are_found_in_both_layouts(tmp_path: Path, below: str, compressed: bool) -> None:
    write_files(tmp_path / "data" / below, GENUINE, compressed=compressed)
    source = locate(tmp_path / "data")
    assert source == Source("given", tmp_path / "data")
    assert_genuine(source)


# Named folders


@pytest.mark.parametrize("by", ["argument", "environment"])
@pytest.mark.parametrize(
    ("absent", "found"),
    [
        ([LABELS], f"no {LABELS}"),
        ([IMAGES, "t10k-labels-idx1-ubyte"], f"no {IMAGES} and no t10k-labels-idx1-ubyte"),
        (None, "no such folder"),
    ],
)
def test_an_incomplete_named_folder_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str, absent: list[str] | None, found: str
) -> None:
    write_files(tmp_path / "system", GENUINE)
    folder = tmp_path / "named"
    if absent is not None:
        write_files(folder, {name: content for name, content in GENUINE.items() if name not in absent})
    if by == "environment":
        monkeypatch.setenv("FMNIST_REF_DATA", str(folder))
    with pytest.raises(DataError) as caught:
        load("train", folder if by == "argument" else None)
    assert str(caught.value) == (
        f"Folder {folder.as_posix()!r} must hold Fashion-MNIST's four files, raw or gzipped, bare or in "
        f"FashionMNIST/raw; found {found}. Complete it, {NAME_ANOTHER}"
    )


def test_a_message_stays_one_line_whatever_the_folder_is_called(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        locate(tmp_path / "two\nlines")
    assert "\n" not in str(caught.value)
    assert r"two\nlines" in str(caught.value)


@pytest.fixture
def unreadable() -> Iterator[Path]:
    """A folder with the data that this account may not search; root becomes nobody."""
    if not hasattr(os, "seteuid"):
        pytest.skip("needs POSIX permissions")
    before = os.geteuid()
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        folder = write_files(Path(parent) / "data", GENUINE)
        write_files(Path(parent) / "fallback", GENUINE)
        folder.chmod(0)
        os.seteuid(before or 65_534)
        try:
            yield folder
        finally:
            os.seteuid(before)
            folder.chmod(0o755)


@pytest.mark.parametrize("place", ["given", "system", "cache"])
def test_a_folder_that_cannot_be_read_is_named(unreadable: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    elsewhere = unreadable.parent / "elsewhere"
    monkeypatch.setattr(_sources, "SYSTEM_FOLDER", unreadable if place == "system" else elsewhere)
    monkeypatch.setattr(_sources.platformdirs, "user_cache_path", lambda *_, **__: unreadable)
    with pytest.raises(DataError) as caught:
        load("train", unreadable if place == "given" else None)
    assert str(caught.value) == (
        f"Folder {unreadable.as_posix()!r} must be readable; found Permission denied. "
        f"Correct its permissions, {NAME_ANOTHER}"
    )
    if place != "given":
        fallback = unreadable.parent / "fallback"
        assert locate(fallback=fallback) == Source("cache", fallback)


# Content


def sum_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("spelling", "content", "expected", "found"),
    [
        (
            IMAGES,
            DIGITS[IMAGES],
            f"must have the SHA-256 sum {sum_of(GENUINE[IMAGES])} when uncompressed",
            f"the sum {sum_of(DIGITS[IMAGES])}",
        ),
        (
            IMAGES,
            GENUINE[IMAGES][:-7] + b"changed",
            f"must have the SHA-256 sum {sum_of(GENUINE[IMAGES])} when uncompressed",
            f"the sum {sum_of(GENUINE[IMAGES][:-7] + b'changed')}",
        ),
        (IMAGES, GENUINE["t10k-images-idx3-ubyte"], "must hold 20 × 28 × 28 values", "10 × 28 × 28"),
        (IMAGES, GENUINE[LABELS], "must hold 20 × 28 × 28 values", "20"),
        (
            IMAGES,
            GENUINE[IMAGES][:-1],
            "must hold the 20 × 28 × 28 values that its header promises",
            "15,679",
        ),
        (IMAGES, GENUINE[IMAGES] + b"\0", "must hold at most 15,696 bytes", "more than 15,696"),
        (f"{IMAGES}.gz", gzip.compress(GENUINE[IMAGES])[:-30], "must be whole", "gzip data that ends early"),
        (
            f"{IMAGES}.gz",
            gzip.compress(GENUINE[IMAGES])[:-8] + bytes(8),
            "must be whole",
            "damaged gzip data",
        ),
        (f"{IMAGES}.gz", gzip.compress(bytes(10**7)), "must hold at most 15,696 bytes", "more than 15,696"),
        (
            f"{IMAGES}.gz",
            b"",
            "must be an IDX file of unsigned bytes with 1 to 3 dimensions",
            "an empty file",
        ),
        (
            f"{IMAGES}.gz",
            b"<!doctype html><title>Sign in</title>",
            "must be an IDX file of unsigned bytes with 1 to 3 dimensions",
            "an HTML page, as a failed download leaves it",
        ),
    ],
    ids=[
        "other-data-set",
        "one-byte-changed",
        "other-split",
        "labels-for-images",
        "truncated",
        "too-long",
        "truncated-gzip",
        "damaged-gzip",
        "gzip-bomb",
        "empty",
        "html",
    ],
)
def test_a_file_that_is_not_the_published_one_is_refused(
    tmp_path: Path, spelling: str, content: bytes, expected: str, found: str
) -> None:
    folder = write_files(tmp_path / "data", {name: GENUINE[name] for name in SHAPES if name != IMAGES})
    (folder / spelling).write_bytes(content)
    with pytest.raises(DataError) as caught:
        load("train", folder)
    assert str(caught.value) == f"{spelling} {expected}; found {found}. {GIVEN_REPAIR}"
    load("test", folder)  # the other split does not depend on it


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("system", "Reinstall Debian's package dataset-fashion-mnist"),
        ("cache", "Delete fmnist-ref's folder in the user's cache to have the data fetched again"),
    ],
)
def test_damage_is_reported_and_not_stepped_over(tmp_path: Path, kind: str, remedy: str) -> None:
    write_files(tmp_path / kind, GENUINE | {LABELS: b""})
    with pytest.raises(DataError) as caught:
        load("train")
    assert str(caught.value) == (
        f"{LABELS} must be an IDX file of unsigned bytes with 1 to 3 dimensions; "
        f"found an empty file. {remedy}, {NAME_ANOTHER}"
    )


def test_a_file_that_vanishes_is_named(tmp_path: Path) -> None:
    source = locate(write_files(tmp_path / "data", GENUINE))
    (tmp_path / "data" / LABELS).unlink()
    with pytest.raises(DataError) as caught:
        read(source, LABELS)
    assert str(caught.value) == f"{LABELS} must be there; found no such file. {GIVEN_REPAIR}"


def test_every_load_checks_anew(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "data", GENUINE)
    load("train", folder)
    (folder / LABELS).write_bytes(DIGITS[LABELS])
    with pytest.raises(DataError, match="must have the SHA-256 sum"):
        load("train", folder)


# The cache


def test_the_cache_is_laid_out_for_torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sources, "fetch_with_apt", partial(write_files, files=GENUINE, compressed=True))
    assert_genuine(locate())
    assert files_below(tmp_path / "cache") == sorted(f"FashionMNIST/raw/{name}" for name in SHAPES)
    dataset = torchvision.datasets.FashionMNIST(tmp_path / "cache", train=True, download=False)
    assert write_idx(dataset.data.numpy()) == GENUINE[IMAGES]


@pytest.mark.parametrize("wrong", [{LABELS: DIGITS[LABELS]}, {"t10k-labels-idx1-ubyte": b""}])
def test_only_checked_files_enter_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, bytes]
) -> None:
    monkeypatch.setattr(_sources, "fetch_with_torchvision", partial(write_files, files=GENUINE | wrong))
    with pytest.raises(DataError):
        locate()
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_incomplete_cache_is_filled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "cache" / "FashionMNIST" / "raw", {IMAGES: b"left by another program"})
    monkeypatch.setattr(_sources, "fetch_with_apt", partial(write_files, files=GENUINE))
    assert_genuine(locate())
    assert_genuine(locate())


def test_when_every_source_fails_each_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load("train")
    assert str(caught.value) == (
        "Fashion-MNIST must be on this machine or within reach of its network; "
        "found no copy of the system's, none in the cache; torchvision failed (nobody there); apt failed (nobody there). "
        f"Install Debian's package dataset-fashion-mnist, {NAME_ANOTHER}"
    )
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(DataError, match=r"torchvision could not write to the cache \(File exists\); apt could not"):
        locate()


def test_where_the_cache_cannot_be_written_the_fallback_takes_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sources, "fetch_with_apt", partial(write_files, files=GENUINE))
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert locate(fallback=tmp_path / "data") == Source("apt", tmp_path / "data")
    assert locate(fallback=tmp_path / "data") == Source("cache", tmp_path / "data")
    (tmp_path / "cache").unlink()
    assert locate(fallback=tmp_path / "unused") == Source("apt", tmp_path / "cache")
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize("answer", ["raises", "~/.cache/fmnist-ref"])
def test_an_account_without_a_home_folder_finds_the_data_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    def user_cache_path(*_: object, **__: object) -> Path:
        if answer == "raises":
            raise RuntimeError("could not determine the home directory")
        return Path(answer)

    monkeypatch.setattr(_sources.platformdirs, "user_cache_path", user_cache_path)
    monkeypatch.setattr(_sources, "fetch_with_apt", partial(write_files, files=GENUINE))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"no home folder\. Set HOME, or name a folder that holds the data"):
        locate()
    assert locate(fallback=tmp_path / "data") == Source("apt", tmp_path / "data")
    write_files(tmp_path / "system", GENUINE)
    assert locate().kind == "system"
    assert not (tmp_path / "~").exists()


# torchvision's download, from a server on this machine


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a folder, and have torchvision take it for its mirror."""
    folder = write_files(tmp_path / "mirror", GENUINE, compressed=True)

    class QuietHandler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    use_mirror(monkeypatch, server.server_port)
    monkeypatch.setattr(_download, "ANSWER_SECONDS", 60)
    resources = [(p.name, hashlib.md5(p.read_bytes()).hexdigest()) for p in folder.iterdir()]  # noqa: S324
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", resources)
    yield folder
    server.shutdown()
    server.server_close()


def use_mirror(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(_sources, "fetch_with_torchvision", _download.fetch_with_torchvision)
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [f"http://127.0.0.1:{port}/"])


def test_torchvision_downloads_without_a_word(mirror: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = socket.getdefaulttimeout()
    source = locate()
    assert source == Source("torchvision", tmp_path / "cache")
    assert_genuine(source)
    assert locate().kind == "cache"
    assert capfd.readouterr() == ("", "")
    assert socket.getdefaulttimeout() == before


def test_a_page_from_the_mirror_is_not_kept(mirror: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (mirror / f"{LABELS}.gz").write_text("<html>sign in first</html>")
    said = r"torchvision failed \((Error downloading train-labels-idx1-ubyte.gz: |File not found or corrupted)"
    with pytest.raises(DataError, match=said):  # the second words are those of older versions
        locate()
    assert list((tmp_path / "cache").iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # torchvision leaves the refused connection open
def test_a_file_that_the_mirror_lacks_is_named(mirror: Path) -> None:
    (mirror / f"{LABELS}.gz").unlink()
    with pytest.raises(DataError, match=r"torchvision failed .*HTTP Error 404"):
        locate()
    gc.collect()  # the warning comes now, not in some later test


def test_a_mirror_that_says_no_to_the_question_is_still_asked(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimpleHTTPRequestHandler, "do_HEAD", lambda self: self.send_error(403))
    assert locate().kind == "torchvision"


def test_a_mirror_out_of_reach_is_given_up_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        use_mirror(monkeypatch, unused.getsockname()[1])  # bound, but nobody listens
        with pytest.raises(DataError, match=r"torchvision failed \(no answer from its mirror\)"):
            locate()
    assert capfd.readouterr() == ("", "")


def test_a_silent_mirror_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_download, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and never answers
        use_mirror(monkeypatch, silent.getsockname()[1])
        start = time.monotonic()
        with pytest.raises(DataError, match=r"torchvision failed \(no answer from its mirror\)"):
            locate()
        assert time.monotonic() - start < 60


# apt, played by two shell scripts


@pytest.fixture
def fake_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that puts a fake apt-get and dpkg-deb on an otherwise ordinary PATH."""
    monkeypatch.setattr(_sources, "fetch_with_apt", _download.fetch_with_apt)
    write_files(tmp_path / "package" / "usr/share/datasets/fashion-mnist", GENUINE, compressed=True)

    def install(update: str = "", download: str = "touch dataset-fashion-mnist_0_all.deb") -> Path:
        scripts = tmp_path / "scripts"
        scripts.mkdir()
        log = tmp_path / "apt.log"
        apt_get = f"""
pwd >> "{log}"; echo "$@" >> "{log}"
case "$*" in *update) {update or ":"} ;; *) {download} ;; esac
"""
        dpkg_deb = f'test -f "$2" && mkdir "$3" && cp -R "{tmp_path}/package/." "$3"\n'
        for name, body in {"apt-get": apt_get, "dpkg-deb": dpkg_deb}.items():
            (scripts / name).write_text(f"#!/bin/sh\n{body}")
            (scripts / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{os.environ['PATH']}")
        return log

    return install


@needs_shell
def test_apt_downloads_as_an_ordinary_user(
    fake_apt: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = fake_apt(update="echo noise; echo noise >&2")
    source = locate()
    assert source == Source("apt", tmp_path / "cache")
    assert_genuine(source)
    assert locate().kind == "cache"
    assert capfd.readouterr() == ("", "")
    folder, update, _, download = log.read_text().splitlines()
    assert Path(folder).parent == tmp_path / "cache"
    for command in (update, download):
        for option in (f"Dir::State={folder}/state", f"Dir::Cache={folder}/cache"):
            assert f"-o {option} " in command
    assert update.endswith(" update")
    assert download.endswith(" download dataset-fashion-mnist")


@needs_shell
def test_a_failed_update_does_not_matter_when_the_download_works(fake_apt: Callable[..., Path]) -> None:
    fake_apt(update="exit 100")
    assert locate().kind == "apt"


@needs_shell
@pytest.mark.parametrize(
    ("scripts", "reason"),
    [
        ({"download": "echo 'E: Unable to locate package' >&2; exit 100"}, "Unable to locate package"),
        (
            {
                "update": "printf 'W: slow\\nE: No network\\nE: Some files failed\\n'; exit 100",
                "download": "exit 100",
            },
            "No network",
        ),
        ({"download": "exit 3"}, "exit status 3 of apt-get"),
        ({"download": ":"}, "no archive"),
        ({"download": "mkdir dataset-fashion-mnist_0_all.deb"}, "exit status 1 of dpkg-deb"),
    ],
    ids=["no-package", "no-network", "silent-failure", "no-archive", "bad-archive"],
)
def test_a_failure_of_apt_is_named(
    fake_apt: Callable[..., Path], tmp_path: Path, scripts: dict[str, str], reason: str
) -> None:
    fake_apt(**scripts)
    with pytest.raises(DataError) as caught:
        locate()
    assert f"; apt failed ({reason}). Install" in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


@needs_shell
def test_a_hanging_apt_is_stopped(fake_apt: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_download, "APT_DOWNLOAD_SECONDS", 0.2)
    fake_apt(download="exec sleep 600")
    start = time.monotonic()
    with pytest.raises(DataError, match=r"apt failed \(no end after 0.2 seconds\)"):
        locate()
    assert time.monotonic() - start < 300


@needs_shell
def test_an_apt_that_cannot_be_run_is_named(fake_apt: Callable[..., Path], tmp_path: Path) -> None:
    fake_apt()
    (tmp_path / "scripts" / "apt-get").write_text("#!/no/such/shell\n")
    with pytest.raises(DataError, match=r"apt failed \(No such file or directory\)"):
        locate()


def test_a_machine_without_apt_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sources, "fetch_with_apt", _download.fetch_with_apt)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match=r"apt failed \(no apt on this machine\)"):
        locate()
