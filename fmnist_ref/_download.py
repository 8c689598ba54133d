"""
Fetching Fashion-MNIST over the network, by torchvision or by apt.

Each function puts the files somewhere below a folder that the caller discards afterwards, and judges only
whether something arrived. That it is Fashion-MNIST is for `fmnist_ref._sources` to check, by checksum.
"""

import contextlib
import http.client
import io
import os
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from fmnist_ref.errors import DataError

__all__ = ["fetch_with_apt", "fetch_with_torchvision"]

ANSWER_SECONDS = 5.0
"""How long a mirror may take to answer at all, in seconds."""

STALL_SECONDS = 30.0
"""How long a download may stand still, in seconds."""

APT_UPDATE_SECONDS = 180.0
APT_DOWNLOAD_SECONDS = 600.0
APT_EXTRACT_SECONDS = 60.0

DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("usr/share/datasets/fashion-mnist")
REMEDY = "Check the network, or name a folder that holds the data."


def fetch_with_torchvision(folder: Path) -> Path:
    """
    Download Fashion-MNIST with torchvision, without its progress bars.

    Parameters
    ----------
    folder : Path
        Existing folder to download into.

    Returns
    -------
    Path
        Folder that torchvision calls the root of the data set.

    Raises
    ------
    DataError
        If the mirror does not answer within five seconds, stalls for thirty, or sends something else.
    """
    # Imported when needed: it takes a second, and most programs find the data on their own machine.
    from torchvision.datasets import FashionMNIST

    if not any(_answers(mirror) for mirror in FashionMNIST.mirrors):
        raise DataError("torchvision's mirror must answer", "no answer from its mirror", REMEDY)
    silence = io.StringIO()
    try:
        with (
            _socket_timeout(STALL_SECONDS),
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
        ):
            FashionMNIST(folder, download=True)
    except (OSError, RuntimeError, ValueError, EOFError, http.client.HTTPException, zlib.error) as error:
        raise DataError("torchvision must download Fashion-MNIST", _one_line(str(error)), REMEDY) from error
    return folder


def fetch_with_apt(folder: Path) -> Path:
    """
    Download Debian's package of Fashion-MNIST and unpack it, without installing it.

    Parameters
    ----------
    folder : Path
        Existing folder to work in. The lists of packages go there too.

    Returns
    -------
    Path
        Folder that holds the gzipped files.

    Raises
    ------
    DataError
        If the machine has no apt, or a command fails or exceeds its time.
    """
    apt, dpkg_deb = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if apt is None or dpkg_deb is None:
        raise DataError("apt-get and dpkg-deb must be installed", "no apt on this machine", REMEDY)
    apt_get = [apt, "-q", *_private_options(folder)]
    # One unreachable source among many, or a hook meant for root, fails an update that serves our purpose.
    # When the download fails after it, the update's failure is the cause to name.
    update_error = None
    try:
        _run([*apt_get, "update"], folder, APT_UPDATE_SECONDS)
    except DataError as error:
        update_error = error
    try:
        _run([*apt_get, "download", DEBIAN_PACKAGE], folder, APT_DOWNLOAD_SECONDS)
    except DataError as error:
        raise update_error or error from None
    archive = next(folder.glob(f"{DEBIAN_PACKAGE}_*.deb"), None)
    if archive is None:
        raise DataError(f"apt-get must download {DEBIAN_PACKAGE}", "no archive", REMEDY)
    _run([dpkg_deb, "-x", str(archive), str(folder / "extracted")], folder, APT_EXTRACT_SECONDS)
    return folder / "extracted" / DEBIAN_FOLDER


def _private_options(folder: Path) -> list[str]:
    """Return the options with which apt-get keeps to a folder, so that it needs no right to the system's."""
    state, cache = folder / "state", folder / "cache"
    for partial in (state / "lists" / "partial", cache / "archives" / "partial"):
        partial.mkdir(parents=True)
    options = [
        f"Dir::State={state}",
        f"Dir::Cache={cache}",
        "Acquire::Languages=none",
        "Acquire::Retries=1",
        "Acquire::http::Timeout=20",
        "Acquire::https::Timeout=20",
        "APT::Update::Error-Mode=any",  # else an update that reached nothing ends well
        "APT::Sandbox::User=root",  # root's apt would use an account that may not enter this folder
    ]
    return [word for option in options for word in ("-o", option)]


def _answers(url: str) -> bool:
    """Say whether a server answers in time; in a thread, as looking up its name cannot be interrupted."""
    answered = threading.Event()

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - torchvision's own address
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            try:
                urllib.request.urlopen(request, timeout=ANSWER_SECONDS).close()  # noqa: S310 - the same
            except urllib.error.HTTPError as error:  # a refusal is an answer too
                error.close()
            answered.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    return answered.is_set()


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Limit how long a socket may wait: torchvision opens its connections without a limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _run(command: Sequence[str], folder: Path, seconds: float) -> None:
    """Run a command quietly in a folder; when it fails, its first line of error says why."""
    name = Path(command[0]).name
    log = folder / "log"
    try:
        # Into a file, since a pipe would be kept open by grandchildren that outlive a killed apt-get.
        with log.open("wb") as output:
            status = subprocess.run(  # noqa: S603 - a fixed command, found on the PATH
                command,
                cwd=folder,
                env=os.environ | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
            ).returncode
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{name} must end in time", f"no end after {seconds:g} seconds", REMEDY) from error
    except OSError as error:
        raise DataError(f"{name} must run", error.strerror or type(error).__name__, REMEDY) from error
    if status != 0:
        lines = log.read_text(errors="replace").splitlines()
        reasons = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
        reason = reasons[0] if reasons else f"exit status {status} of {name}"
        raise DataError(f"{name} must succeed", _one_line(reason), REMEDY)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
