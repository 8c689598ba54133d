"""Each page of the site in Chromium, wide and narrow, light and dark: axe, console, requests, width."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import axe_core_python
import pytest
from playwright.sync_api import Browser, Page

from tests.site.conftest import SIZES

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = "rules => axe.run(document, {resultTypes: ['violations'], ...(rules && {runOnly: rules})})"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Visit(NamedTuple):
    """What was seen on one page at one size."""

    name: str
    violations: list[str]
    """Accessibility rules broken, with the element and the theme."""
    complaints: list[str]
    """Errors and warnings on the console, uncaught exceptions, and failed requests."""
    requests: list[str]
    overflow: int
    """Pixels that the page is wider than the window."""


def visit(page: Page, name: str) -> Visit:
    """Open a page in both themes: all of axe's rules in one, those about colours in the other."""
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.emulate_media(color_scheme="light")
    page.goto(f"{name}.html")
    page.evaluate("document.fonts.ready")
    overflow: int = page.evaluate(OVERFLOW)
    page.evaluate(AXE)
    violations = _violations(page.evaluate(RUN_AXE), "light")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    violations += _violations(page.evaluate(RUN_AXE, ["color-contrast", "link-in-text-block"]), "dark")
    return Visit(name, violations, complaints, requests, overflow)


def _violations(result: dict[str, Any], theme: str) -> list[str]:
    return [
        f"{found['id']} ({theme}): {node['html'][:160]}" for found in result["violations"] for node in found["nodes"]
    ]


@pytest.fixture(scope="module", params=SIZES)
def visits(request: pytest.FixtureRequest, browser: Browser, address: str, page_names: list[str]) -> list[Visit]:
    """Visit every page of the site at one size of window."""
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=f"{address}/", reduced_motion="reduce"
    )
    seen = []
    for name in page_names:
        page = context.new_page()
        seen.append(visit(page, name))
        page.close()
    context.close()
    return seen


def test_axe_finds_no_violation(visits: list[Visit]) -> None:
    assert {one.name: one.violations for one in visits if one.violations} == {}


def test_console_stays_silent(visits: list[Visit]) -> None:
    assert {one.name: one.complaints for one in visits if one.complaints} == {}


def test_nothing_is_asked_of_another_host(visits: list[Visit], address: str) -> None:
    foreign = {url for one in visits for url in one.requests if not url.startswith((address, "data:"))}
    assert foreign == set()


def test_no_page_scrolls_sideways(visits: list[Visit]) -> None:
    assert {one.name: one.overflow for one in visits if one.overflow > 0} == {}
