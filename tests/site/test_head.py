"""The head and the footer of every page, and the page for addresses that do not exist."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.fixture import TITLES

BASE = "https://example.org/fmnist-ref/"
META = re.compile(r"<meta\b[^>]*>")
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def meta_tags(path: Path) -> list[tuple[str, str]]:
    """Return the names or properties of a page's meta tags, with their contents."""
    attributes = [dict(ATTRIBUTE.findall(tag)) for tag in META.findall(path.read_text(encoding="utf-8"))]
    return [(tag.get("name") or tag.get("property", ""), unescape(tag.get("content", ""))) for tag in attributes]


def test_every_page_describes_itself_once(site: Path, page_names: list[str]) -> None:
    for name in page_names:
        tags = meta_tags(site / f"{name}.html")
        names = [tag for tag, _ in tags]
        for once in ("viewport", "description", "og:title", "og:description"):
            assert names.count(once) == 1, (name, once)
        description = dict(tags)["description"]
        assert 15 < len(description) <= 200, (name, description)
        assert description == dict(tags)["og:description"]


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("answers/q4", "It adds +3.9 pp; a linear one adds −0.1 pp. It has seen 60,000 images."),
        ("api/fmnist_ref.fit", "Train a model on batches drawn without replacement"),
        ("api/fmnist_ref.MLP", "Multilayer perceptron"),
        ("source/fmnist_ref/training", "Source code of fmnist_ref/training.py"),
    ],
)
def test_description_is_the_pages_own(site: Path, name: str, beginning: str) -> None:
    assert dict(meta_tags(site / f"{name}.html"))["description"].startswith(beginning)


def test_preview_has_absolute_addresses_or_none(site: Path, site_without_address: Path) -> None:
    tags = dict(meta_tags(site / "answers/q4.html"))
    assert tags["og:title"] == TITLES["q4"]
    assert tags["og:url"] == f"{BASE}answers/q4.html"
    assert (site / tags["og:image"].removeprefix(BASE)).is_file()
    assert {"og:url", "og:image"}.isdisjoint(dict(meta_tags(site_without_address / "answers/q4.html")))


def test_every_footer_has_version_commit_and_date(site: Path, page_names: list[str]) -> None:
    edition = '<p class="edition">fmnist-ref 0.1.0 · commit 0123456789 · report of 2 January 2026</p>'
    assert [name for name in page_names if edition not in (site / f"{name}.html").read_text(encoding="utf-8")] == []


def test_published_site_has_the_version_switcher(desktop: Page, site_without_address: Path) -> None:
    desktop.goto("answers/q4.html")
    switcher = desktop.locator(".version-switcher__button:visible")
    expect(switcher).to_have_text(re.compile(r"^\s*0\.1\.0\s*$"))
    switcher.click()
    target = desktop.locator(".version-switcher__menu a:visible").get_attribute("href")
    assert target == f"{BASE}0.1.0/answers/q4.html"
    assert "version-switcher" not in (site_without_address / "index.html").read_text(encoding="utf-8")


def not_found(page: Page, url: str) -> None:
    """Open an address that does not exist, and use the page that comes instead."""
    page.goto(url)
    assert page.locator("h1").inner_text().startswith("Page not found")
    assert page.evaluate("[...document.querySelectorAll('link[rel=stylesheet]')].every(link => link.sheet)")
    assert page.evaluate("typeof Documentation === 'object' && typeof Scorer === 'undefined'")
    image = page.locator(".answer-cards img:visible").first.element_handle()
    page.wait_for_function("image => image.naturalWidth > 0", arg=image)  # it loads when it comes into view
    assert page.locator(".skip-link a").evaluate("link => link.href").endswith("#main-content")
    assert page.locator(".skip-link a").evaluate("link => link.pathname === location.pathname")
    page.get_by_role("link", name=TITLES["q4"]).click()
    expect(page.locator("h1")).to_contain_text(TITLES["q4"])
    page.go_back()
    page.get_by_role("searchbox", name="Search the site").fill("hidden layer")
    page.get_by_role("button", name="Search", exact=True).last.click()
    page.wait_for_url("**/search.html?q=hidden+layer")


@pytest.mark.parametrize("path", ["nothing.html", "answers/no/such/page.html", "404.html"])
def test_not_found_page_works_below_the_base_address(desktop: Page, path: str) -> None:
    not_found(desktop, path)


@pytest.mark.parametrize("path", ["nothing.html", "answers/no/such/page.html", "404.html"])
def test_not_found_page_finds_an_unknown_root(browser: Browser, unknown_address: str, path: str) -> None:
    page = browser.new_page()
    not_found(page, f"{unknown_address}/{path}")
    page.close()


def test_not_found_page_works_from_a_folder(browser: Browser, site: Path, site_without_address: Path) -> None:
    for folder in (site, site_without_address):
        page = browser.new_page()
        not_found(page, (folder / "404.html").as_uri())
        page.close()
