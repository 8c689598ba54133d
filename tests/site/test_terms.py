"""The glossary and the definitions of its terms, as a reader meets them on the pages."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

HOVER = 600
"""Milliseconds, longer than a panel takes to open or close."""


def definitions(site: Path) -> dict[str, str]:
    """Return the text of every definition of the glossary by the anchor of its first term."""
    text = (site / "guide/glossary.html").read_text(encoding="utf-8")
    entries = re.findall(r'<dt id="(term-[^"]+)">(?:(?!<dd>).)*<dd>(.*?)</dd>', text, flags=re.DOTALL)
    return {anchor: re.sub("<[^>]+>", "", definition).strip() for anchor, definition in entries}


def term_on(page: Page, name: str) -> tuple[Locator, Locator]:
    """Return the first link of a term on a page, and the panel of its definition."""
    term = page.locator(".term", has=page.locator(f'.term-link:text-is("{name}")')).first
    return term.locator(".term-link"), term.locator(".term-panel")


def test_every_term_has_a_definition_of_a_few_sentences(site: Path) -> None:
    found = definitions(site)
    assert len(found) > 80
    assert {anchor: text for anchor, text in found.items() if not 15 < len(text) < 420 or not text.endswith(".")} == {}


@pytest.mark.parametrize("page", ["index", "audit", "answers/q4", "guide/reading"])
def test_pages_show_the_glossarys_own_words_once_in_a_section(site: Path, page: str) -> None:
    text = (site / f"{page}.html").read_text(encoding="utf-8")
    known = definitions(site)
    shown = re.findall(
        r'<a class="term-link" href="[^"#]*#(term-[^"]+)"[^>]*>[^<]+</a><span [^>]*>(.*?)</span></span>', text
    )
    assert shown
    for anchor, panel in shown:
        words = re.sub("<[^>]+>", "", panel.partition("</span>")[2])
        assert words.removesuffix("Glossary").strip() == known[anchor]
    stops = re.findall(r'<a class="term-link" href="[^"#]*#(term-[^"]+)">', text)
    if page != "guide/reading":  # which marks terms by hand too
        assert {anchor: count for anchor, count in Counter(stops).items() if count > 1} == {}


def test_terms_are_marked_in_prose_and_nowhere_else(desktop: Page) -> None:
    for name in ("answers/q4", "audit", "index"):
        desktop.goto(f"{name}.html")
        assert desktop.locator(".term").count() > 0
        for place in (
            "h1, h2, h3",
            "a",
            "button",
            "code, pre",
            ".verdict",
            ".term-panel",
            "thead",
            "caption",
            ".answer-card",
        ):
            assert desktop.locator(f":is({place}) .term").count() == 0, place
    desktop.goto("guide/glossary.html")
    assert desktop.locator(".term").count() == 0


def test_definition_opens_by_keyboard_and_closes_with_escape(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    link, panel = term_on(desktop, "hidden layer")
    expect(panel).to_be_hidden()
    link.focus()
    desktop.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("A layer between the inputs and the outputs.")
    desktop.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
    assert desktop.url.endswith("answers/q4.html")


def test_definition_opens_on_hover_and_on_click(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    link, panel = term_on(desktop, "hidden layer")
    link.hover()
    expect(panel).to_be_visible()
    panel.hover()
    desktop.wait_for_timeout(HOVER)
    expect(panel).to_be_visible()
    desktop.mouse.move(5, 400)
    expect(panel).to_be_hidden()
    link.click()
    expect(panel).to_be_visible()
    panel.get_by_role("link", name="Glossary").click()
    expect(desktop).to_have_url(re.compile(r"guide/glossary\.html#term-hidden-layer$"))
    expect(desktop.locator("#term-hidden-layer")).to_be_in_viewport()


def test_definition_opens_by_tap_within_the_screen(phone: Page) -> None:
    phone.goto("answers/q4.html")
    link, panel = term_on(phone, "hidden layer")
    link.click()
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["y"] + box["height"] <= 740


def test_term_is_a_plain_link_without_scripts(browser_without_scripts: Page) -> None:
    browser_without_scripts.goto("answers/q4.html")
    link, panel = term_on(browser_without_scripts, "hidden layer")
    expect(panel).to_be_hidden()
    link.click()
    expect(browser_without_scripts).to_have_url(re.compile(r"guide/glossary\.html#term-hidden-layer$"))


@pytest.mark.parametrize("page", ["index", "answers", "audit", "guide/index"])
def test_page_on_reading_is_linked_from_where_readers_start(desktop: Page, page: str) -> None:
    desktop.goto(f"{page}.html")
    desktop.get_by_role("main").get_by_role("link", name="How to read this site").first.click()
    expect(desktop.get_by_role("heading", level=1)).to_contain_text("How to read this site")
