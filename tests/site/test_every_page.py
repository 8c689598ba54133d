"""Each page of the site in Chromium, wide and narrow, light and dark: axe, console, requests, width."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from tests.site.fixture import LAID_OUT, SIZES

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async (rules) => {
  const options = {preload: false, resultTypes: ["violations"], ...(rules && {runOnly: rules})};
  document.querySelectorAll(".source-code pre > span:nth-child(n+40)").forEach((line) => line.remove());
  const {violations} = await axe.run(options);
  return violations.flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
}"""
"""All rules that are on by default, best practices among them. Of a page of source code its first lines speak for the rest.
axe would fetch style sheets again (`preload`), from wrong addresses, for a rule that is off."""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SCROLLING = """(selector) => [...document.querySelectorAll(selector)]
  .filter((box) => !box.closest(".source-code") && box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.scrollWidth - box.clientWidth} pixels: ${box.textContent.trim().slice(0, 60)}`)"""
"""Boxes that are too narrow for what they hold. Pages of source code show whole files, which are not written for a column."""
BROKEN = """() => [...document.querySelectorAll(".bd-article td:first-child code")]
  .map((code) => [code.textContent.trim(), code.getClientRects().length])
  .filter(([name, lines]) => lines > 1 && !name.includes(" ")).map(([name]) => name)"""

pytestmark = pytest.mark.timeout(1800)  # the first test at each size waits for all pages


class Visit(NamedTuple):
    """What was seen on one page at one size."""

    name: str
    violations: list[str]
    """Accessibility rules broken, with the element and the theme."""
    overflow: int
    """Pixels that the page is wider than the window."""
    code: list[str]
    """Blocks of code that scroll sideways."""
    tables: list[str]
    """Tables that scroll sideways."""
    broken: list[str]
    """Names in code at the head of a row that are broken into lines."""


class Tour(NamedTuple):
    """What was seen on all pages at one size."""

    size: str
    pages: list[Visit]
    complaints: list[str]
    """Errors and warnings on the console, uncaught exceptions, and failed requests."""
    requests: list[str]


def visit(page: Page, name: str) -> Visit:
    """Open a page in both themes: all of axe's rules in one, those about colours in the other."""
    page.emulate_media(color_scheme="light")
    page.goto(f"{name}.html")
    page.evaluate(LAID_OUT)
    overflow: int = page.evaluate(OVERFLOW)
    code: list[str] = page.evaluate(SCROLLING, "pre")
    tables: list[str] = page.evaluate(SCROLLING, ".pst-scrollable-table-container")
    broken: list[str] = page.evaluate(BROKEN)
    violations: list[str] = page.evaluate(RUN_AXE)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    violations += [f"dark: {found}" for found in page.evaluate(RUN_AXE, ["color-contrast"])]
    return Visit(name, violations, overflow, code, tables, broken)


@pytest.fixture(scope="module", params=SIZES)
def tour(request: pytest.FixtureRequest, browser: Browser, address: str, page_names: list[str]) -> Tour:
    """Visit every page of the site at one size of window."""
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=f"{address}/", reduced_motion="reduce"
    )
    context.add_init_script(AXE)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    pages = [visit(page, name) for name in page_names]
    context.close()
    return Tour(request.param, pages, complaints, requests)


def test_axe_finds_no_violation(tour: Tour) -> None:
    assert {page.name: page.violations for page in tour.pages if page.violations} == {}


def test_console_stays_silent(tour: Tour) -> None:
    assert tour.complaints == []


def test_nothing_is_asked_of_another_host(tour: Tour, address: str) -> None:
    assert len(tour.requests) > len(tour.pages)
    assert {url for url in tour.requests if not url.startswith((address, "data:"))} == set()


def test_no_page_scrolls_sideways(tour: Tour) -> None:
    assert {page.name: page.overflow for page in tour.pages if page.overflow > 0} == {}


def test_no_table_scrolls_sideways(tour: Tour) -> None:
    assert {page.name: page.tables for page in tour.pages if page.tables} == {}


def test_names_at_the_head_of_a_row_are_whole(tour: Tour) -> None:
    assert {page.name: page.broken for page in tour.pages if page.broken} == {}


def test_code_fits_its_column_on_a_wide_screen(tour: Tour) -> None:
    if tour.size == "phone":
        return  # where 76 characters would be too small to read
    assert {page.name: page.code for page in tour.pages if page.code} == {}
