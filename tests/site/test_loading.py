"""While a page comes in nothing moves, whatever of it is late: pictures, fonts, scripts, or the end of the page."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import Page, Route

LIMIT = 0.05
"""Of the sum of layout shifts, each the share of the window that moved times how far; up to 0.1 counts as good [1]_.

One line that breaks elsewhere moves a page by 0.02. Fallback fonts without the metrics of ours move these by 0.05 to 0.14.

.. [1] https://web.dev/articles/cls
"""
OBSERVE = """
const place = ({x, y, width, height}) => [x, y, width, height].map(Math.round).join(" ");
const describe = ({node, previousRect, currentRect}) => {
  const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  const name = element ? element.cloneNode(false).outerHTML.slice(0, 120) : "a removed element";
  return `${name} from ${place(previousRect)} to ${place(currentRect)}`;
};
window.shifts = [];
const observer = new PerformanceObserver((list) => note(list.getEntries()));
const note = (entries) => entries.forEach(({value, sources}) => shifts.push([value, sources.map(describe)]));
observer.observe({type: "layout-shift", buffered: true});
window.allShifts = async () => {
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  note(observer.takeRecords());
  return shifts;
};
"""
"""Two frames after a change it is laid out and drawn, and its shift is known to the observer at the third."""
FORGET = "async () => { await allShifts(); shifts.length = 0; }"
DRAWN = "performance.getEntriesByName('first-contentful-paint').length > 0"
NO_FALLBACK = """async () => {
  await Promise.allSettled(["Serif", "Sans"].map((name) => document.fonts.load(`1em "Paper ${name} Fallback"`)));
  return [...document.fonts].some(({family, status}) => family.includes("Fallback") && status === "error");
}"""


class Latecomers:
    """Requests that are kept waiting until `arrive`; later ones aren't."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.names: list[str] = []
        self._waiting: list[Route] = []
        self._have_arrived = False
        page.route(pattern, self._keep)

    def _keep(self, route: Route) -> None:
        self.names.append(route.request.url.rpartition("/")[2].partition("?")[0])
        if self._have_arrived:
            route.continue_()
        else:
            self._waiting.append(route)

    def arrive(self) -> None:
        """Let everything through."""
        self._have_arrived = True
        while self._waiting:
            self._waiting.pop().continue_()


@pytest.fixture
def watched(desktop: Page) -> Page:
    """Return a tab that notes what moves."""
    desktop.add_init_script(OBSERVE)
    return desktop


def moved(page: Page) -> list[str]:
    """Return what has moved since the page was opened, with its places; empty where that is hardly visible."""
    shifts: list[tuple[float, list[str]]] = page.evaluate("allShifts()")
    if sum(value for value, _ in shifts) < LIMIT:
        return []
    return [f"{value:.5f}: {element}" for value, elements in shifts for element in elements or ["unknown"]]


def see_first(page: Page, name: str, last: str) -> None:
    """Open a page and wait until it is drawn as far as an element, though not all may have been loaded."""
    page.goto(name, wait_until="commit")
    page.locator(last).first.wait_for(state="attached")
    page.wait_for_function(DRAWN)


def test_figures_keep_their_place_while_they_load(watched: Page) -> None:
    pictures = Latecomers(watched, "**/_images/*.svg")
    watched.goto("answers/q4.html")
    watched.evaluate("document.fonts.ready")
    shown = watched.locator("figure.result img.wide.only-light")
    shown.evaluate("image => image.closest('figure').scrollIntoView()")
    watched.evaluate(FORGET)  # what fonts do is another test's matter
    assert not shown.evaluate("image => image.complete")
    pictures.arrive()
    shown.evaluate("image => image.decode()")
    assert moved(watched) == []
    assert pictures.names == ["q4-accuracy-light.svg"]


@pytest.mark.parametrize("name", ["index", "answers/q4", "audit"])
def test_text_keeps_its_place_while_fonts_load(watched: Page, name: str) -> None:
    fonts = Latecomers(watched, "**/*.woff2")
    see_first(watched, f"{name}.html", ".bd-footer")
    if watched.evaluate(NO_FALLBACK):
        pytest.skip("no font on this machine has the metrics of Times New Roman or Arial; `fonts-liberation` does")
    assert {"serif-400.woff2", "serif-600.woff2", "sans-400.woff2", "sans-600.woff2"} <= set(fonts.names)
    fonts.arrive()
    watched.wait_for_load_state()
    watched.evaluate("document.fonts.ready")
    assert watched.evaluate("document.fonts.check('1em \"Paper Serif\"')")
    assert moved(watched) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_is_there_before_its_script(watched: Page, scheme: str) -> None:
    watched.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    scripts = Latecomers(watched, "**/_static/scripts/*.js*")
    see_first(watched, "index.html", ".bd-footer")
    assert "pydata-sphinx-theme.js" in scripts.names
    logo = watched.locator(".logo__image:visible")
    assert [image.get_attribute("src") for image in logo.all()] == [
        "_static/logo-dark.svg" if scheme == "dark" else "_static/logo.svg"
    ]
    scripts.arrive()
    watched.wait_for_load_state()
    assert moved(watched) == []


@pytest.mark.parametrize("name", ["answers/q4", "audit"])
def test_beginning_keeps_its_place_when_the_end_arrives(watched: Page, name: str, go_on: threading.Event) -> None:
    see_first(watched, f"{name}.html?halting", ".claims tbody tr")
    assert watched.locator(".claims tbody tr").count() == 1
    assert watched.locator(".bd-footer").count() == 0
    watched.evaluate("document.fonts.ready")
    watched.evaluate(FORGET)
    go_on.set()
    watched.wait_for_load_state()
    assert moved(watched) == []
