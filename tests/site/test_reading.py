"""What a reader does: switch the theme, copy, look where a number came from, search, browse on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.site.fixture import CLAIMS, LAID_OUT, TITLES


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_theme_switch_changes_colours_and_figures(desktop: Page) -> None:
    desktop.emulate_media(color_scheme="light")
    desktop.goto("answers/q4.html")
    paper = desktop.evaluate("getComputedStyle(document.body).backgroundColor")
    figure = desktop.locator("figure.result").first
    expect(figure.locator("img:visible")).to_have_attribute("src", "../_images/q4-accuracy-light.svg")
    desktop.locator("#pst-header .theme-switch-button").click()
    desktop.locator("#pst-header").get_by_role("button", name="Dark").click()
    expect(figure.locator("img:visible")).to_have_attribute("src", "../_images/q4-accuracy-dark.svg")
    assert desktop.evaluate("getComputedStyle(document.body).backgroundColor") != paper


def test_code_and_citations_are_copied(desktop: Page) -> None:
    desktop.goto("api/fmnist_ref.fit.html")
    citation = desktop.locator(".cite-this")
    citation.get_by_role("button").nth(0).click()
    expect(citation.get_by_role("button").nth(0)).to_have_attribute("data-tooltip", "Copied!")
    assert "https://example.org/fmnist-ref/0.1.0/api/fmnist_ref.fit.html#fmnist_ref.fit" in clipboard(desktop)
    citation.get_by_role("button").nth(1).click()
    expect(citation.get_by_role("button").nth(1)).to_have_attribute("data-tooltip", "Copied!")
    assert clipboard(desktop).startswith("@misc{fmnist_ref_fit,")
    desktop.locator(".doctest").first.get_by_role("button").click()
    expect(desktop.locator(".doctest button").first).to_have_attribute("data-tooltip", "Copied!")
    assert ">>>" not in clipboard(desktop)


def test_rebuild_command_is_disclosed_and_copied(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    line = desktop.locator("figure .provenance").first
    expect(line).to_contain_text("5 seeds")
    line.locator("summary", has_text="rebuild").click()
    line.get_by_role("button").click()
    expect(line.get_by_role("button")).to_have_attribute("data-tooltip", "Copied!")
    assert clipboard(desktop) == "python -m report --only q4"


def test_number_opens_by_enter_and_closes_with_escape(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    number = desktop.get_by_role("button", name="+3.9 pp, 95 % interval +3.5 to +4.3, 5 seeds").first
    panel = desktop.locator(".measured-panel").first
    desktop.locator(".short-answer").click(position={"x": 5, "y": 5})
    desktop.keyboard.press("Tab")
    expect(number).to_be_focused()
    desktop.wait_for_timeout(400)  # longer than the delay with which hovering opens a panel
    expect(panel).to_be_hidden()
    desktop.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("paired t over seeds")
    desktop.keyboard.press("Tab")
    expect(panel.get_by_role("link", name="5 records of +3.9 pp")).to_be_focused()
    desktop.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(number).to_be_focused()


def test_closed_panels_add_no_tab_stops(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    numbers = desktop.locator(".short-answer .measured-number")
    desktop.locator(".short-answer").click(position={"x": 5, "y": 5})
    for position in range(numbers.count()):
        desktop.keyboard.press("Tab")
        expect(numbers.nth(position)).to_be_focused()
    assert numbers.count() == 3


def test_records_of_a_number_are_one_link_away(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    desktop.locator(".measured-number").first.click()
    desktop.locator(".measured-panel").first.get_by_role("link").click()
    target = desktop.locator(":target")
    expect(target.get_by_role("heading")).to_contain_text("5 records of capacity-relu-1-seed-0")
    expect(target.get_by_role("link")).to_have_count(5)
    target.get_by_role("link").first.click()
    expect(desktop).to_have_url(re.compile(r"/records/capacity-relu-1-seed-0\.json$"))


def test_a_click_keeps_open_what_hovering_would_close(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    panel = desktop.locator(".measured-panel").first
    desktop.locator(".measured-number").first.click()
    desktop.mouse.move(5, 400)
    desktop.wait_for_timeout(400)
    expect(panel).to_be_visible()


def test_punctuation_stays_on_the_line_of_its_number(phone: Page) -> None:
    phone.goto("answers/q4.html")
    number = phone.locator(".measured", has_text="1.4").first
    assert number.evaluate("measured => measured.lastChild.textContent") == "."
    for width in range(160, 320, 2):  # so that the line ends at every place
        lines = number.evaluate(
            """(measured, width) => {
                measured.parentElement.style.width = `${width}px`;
                const stop = document.createRange();
                stop.selectNodeContents(measured.lastChild);
                return [measured.firstChild, stop].map((part) => part.getBoundingClientRect().bottom);
            }""",
            width,
        )
        assert abs(lines[0] - lines[1]) < 12, width


def test_number_opens_on_hover_and_closes_when_left(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    panel = desktop.locator(".measured-panel").first
    desktop.locator(".measured-number").first.hover()
    expect(panel).to_be_visible()
    panel.hover()
    desktop.wait_for_timeout(400)  # longer than the delay after which a panel that was left is closed
    expect(panel).to_be_visible()
    desktop.mouse.move(5, 400)
    expect(panel).to_be_hidden()


def test_number_reads_and_opens_without_scripts(browser_without_scripts: Page) -> None:
    browser_without_scripts.goto("answers/q4.html")
    panel = browser_without_scripts.locator(".measured-panel").first
    browser_without_scripts.locator(".measured-number").first.click()
    expect(panel).to_be_visible()
    expect(browser_without_scripts.locator("figure.result img:visible")).to_have_count(1)


def test_number_opens_by_tap_within_the_screen(phone: Page) -> None:
    phone.goto("answers/q4.html")
    phone.locator(".measured-number").first.click()
    box = phone.locator(".measured-panel").first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["y"] + box["height"] <= 740


def test_phone_is_shown_the_narrow_drawing_and_loads_no_other(phone: Page) -> None:
    loaded: list[str] = []
    phone.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    phone.emulate_media(color_scheme="light")
    phone.goto("answers/q4.html")
    shown = phone.locator("figure.result img:visible")
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_attribute("src", "../_images/q4-accuracy-narrow-light.svg")
    expect(shown).not_to_have_js_property("naturalWidth", 0)  # it has come
    assert [name for name in loaded if name.startswith("q4-accuracy")] == ["q4-accuracy-narrow-light.svg"]


def test_phone_menu_leads_to_the_audit(phone: Page) -> None:
    phone.goto("index.html")
    phone.get_by_role("button", name="Site navigation").click()
    phone.locator("#pst-primary-sidebar-modal").get_by_role("link", name="Verdicts").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Verdicts")


@pytest.mark.parametrize("width", [960, 1059, 1060, 1199, 1200])
def test_header_is_one_row_wherever_it_is_spread_out(desktop: Page, width: int) -> None:
    desktop.set_viewport_size({"width": width, "height": 600})
    desktop.goto("audit.html")
    desktop.evaluate(LAID_OUT)
    desktop.locator("#pst-header .navbar-nav").evaluate(  # the report's pages, of which the fixture has a few only
        """(nav, labels) => nav.replaceChildren(...labels.map(label => {
            const link = nav.firstElementChild.cloneNode(true);
            link.querySelector("a").textContent = label;
            return link;
        }))""",
        [
            "Answers",
            "Verdicts",
            "Reproducibility",
            "Speed",
            "Data",
            "Guide",
            "API",
            "Bibliography",
        ],
    )
    places = desktop.locator("#pst-header .navbar-nav > li, #pst-header .search-button-field:visible").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => Math.round(box.top + box.height / 2))"
    )
    assert len(places) == 9  # eight links and the search
    assert max(places) - min(places) <= 2


def test_whole_card_is_one_link(desktop: Page) -> None:
    desktop.goto("index.html")
    card = desktop.locator(".answer-card", has_text=TITLES["q4"])
    assert card.get_by_role("link").count() == 1
    card.click(position={"x": 8, "y": 8})
    expect(desktop.get_by_role("heading", level=1)).to_contain_text(TITLES["q4"])


def test_audit_bar_leads_to_filtered_claims(desktop: Page) -> None:
    desktop.goto("index.html")
    legend = desktop.locator(".audit-legend")
    assert "depends" in legend.inner_text()
    assert "another row" not in legend.inner_text()  # not counted
    legend.get_by_role("link", name="2 supported").click()
    notebook = desktop.locator(".claims-group:not(#controls) tbody tr:visible")
    expect(notebook).to_have_count(2)
    expect(desktop.locator("#controls tbody tr:visible")).to_have_count(1)
    expect(desktop.locator(".audit-filter [aria-current]")).to_contain_text("2 supported")
    caption = desktop.locator("#claims-q4 caption")
    expect(caption).to_have_text(re.compile(r"^\s*1 of 6 claims: supported"), use_inner_text=True)
    expect(desktop.locator(".audit h2:visible")).to_have_count(3)  # two questions and our own; none of Question 6
    counted = sum(finding.claim.counts for finding in CLAIMS)
    desktop.get_by_role("link", name=f"all {counted}").click()
    expect(caption).to_have_text(re.compile(r"^\s*6 claims, and 1 decided by another row"), use_inner_text=True)
    expect(notebook).to_have_count(counted + 1)  # and one that another row decides
    desktop.goto("index.html")
    desktop.locator(".audit-controls").get_by_role("link", name="controls and remarks of our own").click()
    expect(desktop.locator("#controls")).to_be_in_viewport()


def test_a_row_of_the_audit_shows_who_says_it_and_every_condition_with_its_test(desktop: Page) -> None:
    desktop.goto("audit.html")
    assert "Said by the notebook: Q4" in desktop.locator("#Q4\\.6").inner_text()
    told = " ".join(desktop.locator("#Q4\\.6").inner_text().split())
    assert "depends (supported: training images; refuted: unseen images; undetermined: new shops)" in told
    assert "Training images ✓ supported +3.9 pp (95 % interval +3.5 to +4.3, n = 5 seeds)" in told
    assert "p < 0.0001, which stands after Holm’s correction." in told
    assert "Unseen images ✗ refuted −0.1 pp (95 % interval −0.3 to +0.1, n = 5 seeds)" in told
    assert "New shops ~ undetermined, leaning to supported +3.9 pp" in told
    leaning = " ".join(desktop.locator("#Q4\\.5").inner_text().split())
    assert "undetermined, leaning to refuted" in leaning
    assert "p = 0.031: refuted by its interval alone, but this does not stand after Holm’s correction." in leaning
    assert "60,000 (exact, n = 1 data set)" in desktop.locator("#Q4\\.4").inner_text()
    assert "An illustration, without a verdict of its own" in desktop.locator("#Q4\\.4").inner_text()
    assert "after 1 of 25 seeds" in desktop.locator("#P1\\.2").inner_text()
    assert "Ours" in desktop.locator("#controls #Q4\\.8").inner_text()
    desktop.locator("#Q4\\.7").get_by_role("link", name="see Q4.1").click()
    expect(desktop).to_have_url(re.compile(r"audit\.html#Q4\.1$"))


def test_text_from_outside_stays_text(desktop: Page) -> None:
    for name in ("index", "audit", "answers/q4"):
        desktop.goto(f"{name}.html")
        assert "taken over" not in desktop.title()
    expect(desktop.locator(".measured-number", has_text="<b>&amp;").first).to_be_visible()


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("fit", "api/fmnist_ref.fit.html#fmnist_ref.fit"),
        ("fmnist_ref.load", "api/fmnist_ref.load.html#fmnist_ref.load"),
        ("StepTiming", "api/fmnist_ref.StepTiming.html#fmnist_ref.StepTiming"),
        ("Reliability", "api/fmnist_ref.Reliability_class.html#fmnist_ref.Reliability"),
        ("reliability", "api/fmnist_ref.reliability.html#fmnist_ref.reliability"),
        ("Q4.1", "answers/q4.html#Q4.1"),
        ("P1.3", "answers/part1.html#P1.3"),
        (TITLES["q6"], "answers/q6.html"),
    ],
)
def test_search_finds_names_questions_and_claims_first(desktop: Page, query: str, target: str) -> None:
    desktop.goto("search.html")
    desktop.locator("main input[type=search]").fill(query)
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#search-results .search li a").first).to_have_attribute("href", target)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("softmax", "answers/part1"),
        ("overfitting", "answers/part1"),
        ("early stopping", "answers/part1"),
        ("activation function", "answers/q4"),
        ("seed", "guide/reproduce"),
        ("install", "guide/first-model"),
    ],
)
def test_search_leads_a_topic_to_its_page_from_a_folder_too(desktop: Page, site: Path, query: str, page: str) -> None:
    desktop.goto((site / "search.html").as_uri() + f"?q={query.replace(' ', '+')}")
    hits = desktop.locator("#search-results .search li a")
    expect(desktop.locator("#search-results .search-summary")).to_contain_text("found")
    addresses = [str(hit.get_attribute("href")).partition("#")[0] for hit in hits.all()]
    assert f"{page}.html" in addresses[:3]
    assert len(set(addresses)) == len(addresses)


def test_print_shows_whole_lines_and_intervals(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    desktop.emulate_media(media="print")
    printed = desktop.locator(".short-answer .measured-number").first.evaluate(
        "number => getComputedStyle(number, '::after').content"
    )
    assert "(95 % interval +3.5 to +4.3)" in printed
    desktop.set_viewport_size({"width": 500, "height": 900})
    assert desktop.locator("pre").evaluate_all("all => all.every(pre => pre.scrollWidth <= pre.clientWidth + 1)")
    assert desktop.locator(".audit-filter, .measured-panel, .copybtn").locator("visible=true").count() == 0


def test_no_printed_text_is_in_a_flex_box_over_which_the_footer_would_be_printed(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    desktop.emulate_media(media="print")
    displays: list[str] = desktop.locator(".bd-article").evaluate("""element => {
        const displays = [];
        for (let outer = element; outer; outer = outer.parentElement) displays.push(getComputedStyle(outer).display);
        return displays;
    }""")
    assert set(displays) == {"block"}


def test_copy_button_covers_no_code(phone: Page) -> None:
    phone.goto("answers/q4.html")
    phone.evaluate(LAID_OUT)
    block = phone.locator("div.highlight", has=phone.locator(".copybtn")).first
    button, code = block.locator(".copybtn").bounding_box(), block.locator("pre").bounding_box()
    padding: float = block.locator("pre").evaluate("pre => parseFloat(getComputedStyle(pre).paddingTop)")
    assert button is not None
    assert code is not None
    assert button["y"] + button["height"] <= code["y"] + padding + 1
    assert min(button["width"], button["height"]) >= 24


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_copy_button_is_whole_on_code_and_on_output(screen: str, request: pytest.FixtureRequest) -> None:
    page: Page = request.getfixturevalue(screen)
    page.goto("answers/q4.html")
    cell = page.locator("div.cell", has=page.locator(".copybtn")).first
    cell.evaluate("""cell => {  // cells of the fixture are not executed: an output as MyST-NB writes it
        const [outer, output] = [document.createElement("div"), document.createElement("div")];
        outer.className = "cell_output docutils container";
        output.className = "output stream highlight-myst-ansi notranslate";
        output.append(cell.querySelector("div.highlight").cloneNode(true));
        outer.append(output);
        cell.append(outer);
    }""")
    for box in (".cell_input", ".cell_output"):
        hit = cell.locator(f"{box} .copybtn").evaluate("""button => {  // what is cut off can't be hit
            button.scrollIntoView({ block: "center" });
            const { top, bottom, left, right } = button.getBoundingClientRect();
            return [top + 3, bottom - 3].map(y => button.contains(document.elementFromPoint((left + right) / 2, y)));
        }""")
        assert hit == [True, True], box


def test_site_opens_from_a_folder(desktop: Page, site: Path) -> None:
    complaints: list[str] = []
    broken_off = "net::ERR_ABORTED"  # by the next page, such as a late picture
    desktop.on("requestfailed", lambda r: complaints.append(r.url) if r.failure != broken_off else None)
    desktop.on("pageerror", lambda error: complaints.append(str(error)))
    for name in ("index", "answers/q4", "search"):
        desktop.goto((site / f"{name}.html").as_uri(), wait_until="networkidle")
    assert [what for what in complaints if not what.endswith("/switcher.json")] == []  # versions are those of a server


def test_bars_of_a_norm_are_equally_high_and_its_exponent_is_raised(desktop: Page) -> None:
    desktop.goto("answers/q4.html")
    desktop.evaluate(LAID_OUT)
    norm = desktop.locator("math[alttext*=lVert]")
    bars = norm.locator("mo", has_text="‖")
    boxes = [element.bounding_box() for element in (bars.first, bars.last, norm.locator("mn"))]
    left, right, exponent = (box for box in boxes if box is not None)
    assert abs(left["height"] - right["height"]) <= 1
    assert abs(left["y"] - right["y"]) <= 1
    assert exponent["y"] + exponent["height"] / 2 < left["y"] + left["height"] / 3
    assert exponent["height"] < left["height"]


def test_names_in_the_reference_are_on_one_line(desktop: Page) -> None:
    desktop.goto("api/index.html")
    desktop.evaluate(LAID_OUT)
    lines = desktop.locator(".autosummary td:first-child a").evaluate_all(
        "all => all.map(link => new Set([...link.querySelector('.pre').getClientRects()].map(box => box.top)).size)"
    )
    assert len(lines) > 30
    assert set(lines) == {1}
