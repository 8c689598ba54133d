"""Citations: their addresses with and without a base URL."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pybtex.database import parse_string

PLACES = {
    "api/fmnist_ref.fit": "api/fmnist_ref.fit.html#fmnist_ref.fit",
    "answers/q4": "answers/q4.html",
    "guide/cite": "",
}


@pytest.mark.parametrize(("name", "place"), PLACES.items())
def test_base_url_gives_a_permanent_address_of_this_version(desktop: Page, name: str, place: str) -> None:
    desktop.goto(f"{name}.html")
    expect_address(desktop, f"https://example.org/fmnist-ref/0.1.0/{place}")


@pytest.mark.parametrize(("name", "place"), PLACES.items())
def test_address_is_that_of_the_page_where_no_other_is_known(
    browser: Browser, unknown_address: str, name: str, place: str
) -> None:
    page = browser.new_page()
    page.goto(f"{unknown_address}/{name}.html?highlight=x#other")
    expect_address(page, f"{unknown_address}/{place}")
    page.close()


def expect_address(page: Page, address: str) -> None:
    """Expect an address in the plain text and in the BibTeX entry of the first citation."""
    citation = page.locator(".cite-this").first
    assert citation.locator(".citation-text").inner_text().endswith(f"]. {address}")
    (entry,) = parse_string(citation.locator("pre").inner_text(), "bibtex").entries.values()
    assert entry.fields["url"] == address
    assert entry.fields["note"] == "Version 0.1.0, commit 0123456789"


@pytest.mark.parametrize("name", PLACES)
def test_no_address_is_given_to_a_page_in_a_folder(browser: Browser, site_without_address: Path, name: str) -> None:
    page = browser.new_page()
    page.goto((site_without_address / f"{name}.html").as_uri())
    assert page.locator(".cite-this .citation-text").first.inner_text().endswith(("[software].", "[measurements]."))
    assert "url" not in page.locator(".cite-this pre").first.inner_text()
    page.close()


def test_figures_tables_numbers_and_claims_can_be_cited(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    for kind in ("figure", "table"):
        result = desktop.locator(f"#{kind}-q4-accuracy")
        result.get_by_text("cite", exact=True).click()
        expect(result.locator(".citation-text")).to_contain_text(f"0.1.0/answers/q4.html#{kind}-q4-accuracy")
        expect(result.locator(".citation-text")).to_be_visible()
    desktop.locator(".measured-number").first.click()
    expect(desktop.locator(".measured-panel:popover-open .citation-text")).to_contain_text(
        "+3.9 pp, 95 % interval +3.5 to +4.3, 5 seeds, in “What does a hidden layer add?”"
    )
    desktop.goto("audit.html")
    desktop.get_by_role("button", name="cite claim Q4.2").click()
    expect(desktop.locator(".measured-panel:popover-open")).to_contain_text("0.1.0/answers/q4.html#Q4.2")
