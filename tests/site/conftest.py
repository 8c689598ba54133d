"""The fixture site, built once, served locally, and seen in a real browser where there is one."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.site.fixture import SIZES, build, write_source

if TYPE_CHECKING:
    from _typeshed import SupportsRead, SupportsWrite

expect.set_options(timeout=30_000)  # milliseconds: a busy machine may take longer than the default, 5 seconds
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def _built_once(folder: Path, **environment: str) -> Path:
    """Build the fixture's site into a folder, unless another process of this test run has done it; return the folder."""
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            source, begun = folder.with_name(f"{folder.name}-source"), folder.with_suffix(".begun")
            write_source(source)
            build(source, begun, **environment)
            begun.rename(folder)
    return folder


@pytest.fixture(scope="session")
def site(shared_folder: Path) -> Path:
    """Return the folder of the built site."""
    return _built_once(shared_folder / "site", FMNIST_REF_SITE_URL="https://example.org/fmnist-ref/")


@pytest.fixture(scope="session")
def page_names(site: Path) -> list[str]:
    """Return the site's pages, as paths without their suffix."""
    return [path.relative_to(site).with_suffix("").as_posix() for path in sorted(site.rglob("*.html"))]


@pytest.fixture(scope="session")
def site_without_address(shared_folder: Path) -> Path:
    """Return the folder of the same site, built without a base URL."""
    return _built_once(shared_folder / "site-without-address")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """
    Serves the site below the path of its base URL, and the 404 page for any other address.

    A page asked for with ``?halting`` stops after the second row of its first table until `go_on` is set.
    """

    go_on = threading.Event()

    def translate_path(self, path: str) -> str:
        within = path.removeprefix("/fmnist-ref/")
        return super().translate_path(within if within != path else "no such file")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the site's own page."""
        content = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def copyfile(self, source: SupportsRead[bytes], outputfile: SupportsWrite[bytes]) -> None:  # type: ignore[override]
        """Send a file, all at once or halting."""
        content = source.read()
        if self.path.endswith("?halting"):
            row = b"</tr>"
            beginning = content.index(row, content.index(row) + 1) + len(row)
            outputfile.write(content[:beginning])
            self.go_on.wait(timeout=120)
            content = content[beginning:]
        outputfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """Keeps all connections of a browser waiting: each request is a new one."""

    request_queue_size = 128


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Return the address at which the site is served."""
    yield from _serve(site)


@pytest.fixture(scope="session")
def unknown_address(site_without_address: Path) -> Iterator[str]:
    """Return the address at which the site without a base URL is served."""
    yield from _serve(site_without_address)


def _serve(site: Path) -> Iterator[str]:
    handler = functools.partial(QuietHandler, directory=str(site))
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/fmnist-ref"
        server.shutdown()
        thread.join()


@pytest.fixture
def go_on() -> threading.Event:
    """Return what lets a page that was asked for with ``?halting`` go on."""
    QuietHandler.go_on.clear()
    return QuietHandler.go_on


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a running Chromium."""
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        pytest.skip("no Chromium on this machine, which the tests of the site drive; `apt-get install chromium`")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def desktop(browser: Browser, address: str) -> Iterator[Page]:
    """Return an empty tab of a wide window, in which addresses are relative to the site."""
    yield from _tab(browser, address, "desktop")


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """Return an empty tab as narrow as a small phone."""
    yield from _tab(browser, address, "phone")


@pytest.fixture
def browser_without_scripts(browser: Browser, address: str) -> Iterator[Page]:
    """Return an empty tab in which no script runs."""
    yield from _tab(browser, address, "desktop", scripts=False)


def _tab(browser: Browser, address: str, size: str, *, scripts: bool = True) -> Iterator[Page]:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        base_url=f"{address}/",
        java_script_enabled=scripts,
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield context.new_page()
    context.close()
