"""The fixture site, built once, served locally, and seen in a real browser where there is one."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.site.fixture import SIZES, build, write_source

if TYPE_CHECKING:
    from _typeshed import SupportsRead, SupportsWrite

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def source_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the fixture's Sphinx source."""
    folder = tmp_path_factory.mktemp("site") / "source"
    write_source(folder)
    return folder


@pytest.fixture(scope="session")
def site(source_folder: Path) -> Path:
    """Return the folder of the built site."""
    output = source_folder.with_name("site")
    build(source_folder, output, FMNIST_REF_SITE_URL="https://example.org/fmnist-ref/")
    return output


@pytest.fixture(scope="session")
def page_names(site: Path) -> list[str]:
    """Return the site's pages, as paths without their suffix."""
    return [path.relative_to(site).with_suffix("").as_posix() for path in sorted(site.rglob("*.html"))]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """
    Serves the site below the path of its base URL, as the 404 page needs it.

    A page asked for with ``?halting`` stops after the second row of its first table until `go_on` is set.
    """

    go_on = threading.Event()

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/fmnist-ref"))

    def copyfile(self, source: SupportsRead[bytes], outputfile: SupportsWrite[bytes]) -> None:  # type: ignore[override]
        """Send a file, all at once or halting."""
        content = source.read()
        if self.path.endswith("?halting"):
            row = b"</tr>"
            beginning = content.index(row, content.index(row) + 1) + len(row)
            outputfile.write(content[:beginning])
            self.go_on.wait(timeout=30)
            content = content[beginning:]
        outputfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Return the address at which the site is served."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
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
