"""The site's own extension, piece by piece: what it computes, and what it does in builders other than HTML."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import get_args
from xml.etree import ElementTree

import jinja2
import msgspec
import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.db import NbCacheRecord
from jupyter_cache.cache.main import JupyterCacheBase
from pybtex import PybtexEngine
from pybtex.database import parse_string
from sphinx.cmd.build import build_main
from sphinx.errors import ExtensionError, SphinxError

import fmnist_ref
from report.conclude.statistics import proportion
from report.conclude.verdicts import VerdictWord
from report.render import artifacts
from report.render.notebooks import to_notebook
from report.render.page_data import Provenance
from tests.site.fixture import NUMBERS, ROOT, build, pages, site

DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "_ext"))

from fmnist_site import notebook_cache  # noqa: E402 - the path comes first
from fmnist_site.citation import (  # noqa: E402
    Citation,
    Edition,
    Work,
    bibtex,
    plain_text,
    read_citation,
)
from fmnist_site.edition import commit_in_words  # noqa: E402
from fmnist_site.elements import Inline  # noqa: E402
from fmnist_site.home import banner  # noqa: E402
from fmnist_site.mathml import to_mathml  # noqa: E402
from fmnist_site.notebook_outputs import fill_outputs  # noqa: E402
from fmnist_site.number_role import accessible_name, interval_with_unit  # noqa: E402
from fmnist_site.other_projects import address_of  # noqa: E402
from fmnist_site.repository import edited_file  # noqa: E402
from fmnist_site.results import provenance  # noqa: E402
from fmnist_site.source_pages import module_path, source_place  # noqa: E402
from fmnist_site.student_notebook import EXECUTED, colab_address  # noqa: E402
from fmnist_site.used_in import names_in_code  # noqa: E402
from fmnist_site.verdicts import FAMILIES, STYLES, count_families  # noqa: E402

CITATION = Citation("my_title", "1.2", date(2026, 3, 4), ("Ada & Co.", "Grace Hopper"), "MIT", "About it.")
EDITION = Edition("1.2", "commit 0123456789", date(2027, 4, 5))
PROJECT = Work("", "my_title", "")
FUNCTION = Work("my_pkg.fit", "my_pkg_fit", "c_d.html#my_pkg.fit")
FIGURE = Work("A curve", "fmnist_ref_figure_curve", "answers/q1.html#figure-curve", is_result=True)
ADDRESS = "https://a.b/1.2/c_d.html#my_pkg.fit"


class TestNumbers:
    def test_accessible_name_says_it_all(self) -> None:
        assert accessible_name(NUMBERS["gain"]) == "+3.9 pp, 95 % interval +3.5 to +4.3, 5 seeds"
        assert accessible_name(NUMBERS["images"]) == "60,000, exact, 1 data set"

    def test_the_unit_of_an_interval_stands_once(self) -> None:
        share = artifacts.number(proportion(22, 25), proportion, SimpleNamespace(by_id={}))  # type: ignore[arg-type]
        assert accessible_name(share) == "22 of 25, 95 % interval 69 to 97\u202f%, 25 runs"
        assert interval_with_unit(share) == "69 to 97\u202f%"
        assert interval_with_unit(NUMBERS["gain"]) == "+3.5 to +4.3 percentage points"


class TestVerdicts:
    def test_every_verdict_has_its_chip(self) -> None:
        assert set(STYLES) == set(get_args(VerdictWord))
        assert {style.family for style in STYLES.values()} == set(FAMILIES)

    def test_definitions_count_together(self) -> None:
        counts = count_families({"true by definition": 2, "false by definition": 3, "refuted": 0, "supported": 1})
        assert counts == {"supported": 1, "by-definition": 5}


class TestMathematics:
    def test_keeps_the_structure_and_the_source(self) -> None:
        source = r'\frac{a}{b} + x_i^2 < \text{"y"}'
        formula = to_mathml(source, displayed=False)
        root = ElementTree.fromstring(formula)  # noqa: S314 - our own output
        assert [element.tag for element in root.iter() if element.tag in {"mfrac", "msubsup"}] == ["mfrac", "msubsup"]
        assert root.get("alttext") == source

    def test_both_bars_of_a_norm_keep_their_size(self) -> None:
        formula = to_mathml(r"\lVert \hat g \rVert^2", displayed=False)
        assert '<mo stretchy="false" form="prefix">‖</mo>' in formula
        assert '<mo stretchy="false" form="postfix">‖</mo>' in formula

    def test_aligns_lines_with_and_without_an_environment(self) -> None:
        lines = r"a &= b \\ c &= d"
        for source in (lines, f"\\begin{{aligned}}{lines}\\end{{aligned}}"):
            assert to_mathml(source, displayed=True).count("<mtr>") == 2

    @pytest.mark.parametrize(
        ("latex", "why"),
        [
            (r"a + \nonsense{x}", r'Unknown command "\\nonsense"'),
            ("a & b", 'Found "&"'),
            (r"\left( a", r'Expected closing token "\\right"'),
        ],
    )
    def test_refuses_what_it_does_not_understand_and_says_why(self, latex: str, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            to_mathml(latex, displayed=False)


class TestCitation:
    @pytest.mark.parametrize("style", ["plain", "alpha", "unsrt"])
    @pytest.mark.parametrize("work", [FUNCTION, FIGURE], ids=["function", "figure"])
    def test_plain_styles_print_title_version_commit_year_and_address(self, style: str, work: Work) -> None:
        printed = PybtexEngine().format_from_string(
            bibtex(CITATION, EDITION, work, ADDRESS), style=style, output_backend="plaintext"
        )
        year = "2026" if work is FUNCTION else "2027"
        for part in (work.title, "my_title", "Version 1.2, commit 0123456789", year, ADDRESS):
            assert part in printed

    def test_bibtex_has_an_address_only_where_one_is_known(self) -> None:
        entries = [
            parse_string(bibtex(CITATION, EDITION, FUNCTION, address), "bibtex").entries["my_pkg_fit"]
            for address in (ADDRESS, "")
        ]
        assert entries[0].fields["url"] == ADDRESS  # verbatim, unlike other fields
        assert "url" not in entries[1].fields
        for entry in entries:
            assert entry.fields["title"] == r"{my\_pkg.fit}, in {my\_title}"
            assert (entry.fields["date"], entry.fields["year"]) == ("2026-03-04", "2026")
            assert [str(person) for person in entry.persons["author"]] == [r"{Ada \& Co.}", "{Grace Hopper}"]
        assert r"title  = {{my\_title}}" in bibtex(CITATION, EDITION, PROJECT)

    def test_commit_and_date_of_a_report_are_never_invented(self) -> None:
        assert "note   = {Version 1.2}" in bibtex(CITATION, Edition("1.2"), FIGURE)
        assert "(4 March 2026)" in plain_text(CITATION, Edition("1.2"), FIGURE)
        assert commit_in_words(None) == ""
        assert commit_in_words("0123456") == "commit 0123456"
        assert commit_in_words("0123456-dirty") == "commit 0123456, with uncommitted changes"

    def test_plain_text_reads_as_a_reference(self) -> None:
        about = "(version 1.2, commit 0123456789)"
        expected = f"Ada & Co. and Grace Hopper (4 March 2026). my_title {about} [software]."
        assert plain_text(CITATION, EDITION, PROJECT) == expected
        expected = f"Ada & Co. and Grace Hopper (5 April 2027). A curve, in my_title {about} [measurements]. {ADDRESS}"
        assert plain_text(CITATION, EDITION, FIGURE, ADDRESS) == expected

    def test_facts_come_from_the_citation_file(self) -> None:
        citation = read_citation()
        text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
        assert f"version: {citation.version}\n" in text
        assert f"date-released: {citation.released.isoformat()}\n" in text


def notebook(*sources: str, outputs: list[nbformat.NotebookNode] | None = None) -> nbformat.NotebookNode:
    """Make a notebook of code cells with a text before them."""
    cells = [nbformat.v4.new_code_cell(source, outputs=outputs or []) for source in sources]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("text"), *cells])


class TestNotebookOutputs:
    def test_come_from_the_page_with_the_same_cells(self) -> None:
        printed = nbformat.v4.new_output("stream", text="42")
        downloaded = notebook("print(6 * 7)")
        fill_outputs(downloaded, notebook("print(6 * 7)\n", outputs=[printed]))
        assert downloaded.cells[1].outputs == [printed]
        nbformat.validate(downloaded)

    @pytest.mark.parametrize("other", [["print(1)"], ["print(6 * 7)", "print(1)"], []])
    def test_do_not_come_from_other_cells(self, other: list[str]) -> None:
        with pytest.raises(ExtensionError, match="must have the same code cells"):
            fill_outputs(notebook("print(6 * 7)"), notebook(*other))


def test_downloaded_notebook_has_the_outputs_of_its_page(small_source: Path, tmp_path: Path) -> None:
    page = "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n---\n\n# Title\n\n```{code-cell}\nprint(6 * 7)\n```\n"
    (small_source / "answers/q4.md").write_text(page, encoding="utf-8")
    (small_source / "published/notebooks").mkdir(parents=True)
    path = small_source / "published/notebooks/q4.ipynb"
    path.write_text(to_notebook(page, "How to install it"), encoding="utf-8")
    with (small_source / "conf.py").open("a", encoding="utf-8") as settings:
        settings.write("extensions.insert(0, 'myst_nb')\nhtml_extra_path = ['published']\n")
        settings.write(f"nb_execution_mode = 'cache'\nnb_execution_cache_path = {str(tmp_path / 'cells')!r}\n")
    for out in ("executed", "cached"):
        build(small_source, tmp_path / out)
        downloaded = nbformat.read(tmp_path / out / "notebooks/q4.ipynb", as_version=4)
        nbformat.validate(downloaded)
        assert [cell.cell_type for cell in downloaded.cells] == ["markdown", "markdown", "code"]
        assert [output.text for output in downloaded.cells[2].outputs] == ["42\n"], out


class TestRepository:
    @pytest.mark.parametrize(
        ("page", "file"),
        [
            ("index", "docs/index.md"),
            ("api/index", "docs/api/index.rst"),
            ("answers/q4", "report/render/templates/q4.md.j2"),
            ("speed", "report/render/templates/speed.md.j2"),
            ("api/fmnist_ref.fit", "fmnist_ref/training.py"),
            ("api/fmnist_ref.Reliability_class", "fmnist_ref/metrics.py"),
            ("genindex", ""),
            ("source/fmnist_ref/training", ""),
        ],
    )
    def test_page_is_edited_where_it_is_written(self, page: str, file: str) -> None:
        assert edited_file(page, DOCS) == file
        assert not file or (ROOT / file).is_file()

    def test_footer_links_to_a_repository_only_where_there_is_one(self) -> None:
        template = jinja2.Template((DOCS / "_templates/footer-links.html").read_text(encoding="utf-8"))
        address = "https://example.org/repository"
        footer = template.render(pathto=str, repository=address, edit_address=f"{address}/edit")
        assert f'<a href="{address}">Repository</a> <a href="{address}/edit">Edit this page</a>' in footer
        assert "Repository" not in (footer := template.render(pathto=str, repository=""))
        assert "Edit" not in footer


class TestCorrectedNotebook:
    """Its outputs and its link to Colab; tests/docs/test_corrected_notebook.py executes it."""

    @pytest.mark.parametrize(
        ("repository", "found"),
        [
            ("https://github.com/ada/fmnist-ref", True),
            ("https://github.com/ada/fmnist-ref.git/", True),
            ("https://git.example.org/ada/fmnist-ref", False),
            ("https://git.example.org/github.com/ada/fmnist-ref", False),
            ("https://github.com/ada", False),
            ("", False),
        ],
    )
    def test_colab_opens_repositories_on_github_only(self, repository: str, found: bool) -> None:
        path = EXECUTED.relative_to(ROOT).as_posix()
        address = f"https://colab.research.google.com/github/ada/fmnist-ref/blob/main/{path}"
        assert colab_address(repository) == (address if found else "")

    @pytest.mark.parametrize("host", ["github.com", "git.example.org", ""])
    def test_page_links_to_colab_where_that_can_open_it(self, small_source: Path, tmp_path: Path, host: str) -> None:
        (small_source / "answers/q4.rst").write_text("Title\n=====\n\n.. open-in-colab::\n", encoding="utf-8")
        context = {"repository": host and f"https://{host}/ada/fmnist-ref", "checkout": str(ROOT)}
        with (small_source / "conf.py").open("a", encoding="utf-8") as settings:
            settings.write(f"html_context = {context}\nhtml_baseurl = 'https://a.b/'\n")
        build(small_source, tmp_path / "out")
        written = (tmp_path / "out/answers/q4.html").read_text(encoding="utf-8")
        assert written.count("colab") == written.count(
            f'href="{colab_address(context["repository"])}">Open it in Colab<'
        )
        assert ("colab" in written) == (host == "github.com")
        published = nbformat.read(tmp_path / "out/notebooks" / EXECUTED.name, as_version=4)
        outputs = [cell.get("outputs") for cell in nbformat.read(EXECUTED, as_version=4).cells]
        assert [cell.get("outputs") for cell in published.cells] == outputs
        assert "](https://a.b/answers/part1.html)" in published.cells[-1].source


class TestReference:
    def test_index_lists_every_public_name_once(self) -> None:
        listed = re.findall(r"^   (\w+)$", (DOCS / "api/index.rst").read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert sorted(listed) == sorted(fmnist_ref.__all__)

    def test_finds_names_in_code(self) -> None:
        code = "import fmnist_ref\nfrom fmnist_ref.losses import cross_entropy\nfmnist_ref.fit(model)\nother.load()\n"
        assert names_in_code(code) == {"fmnist_ref.cross_entropy", "fmnist_ref.fit"}
        assert names_in_code("$ this is no Python") == set()

    @pytest.mark.parametrize(
        ("name", "beginning"),
        [
            ("fmnist_ref.fit", "def fit("),  # re-exported by the package
            ("fmnist_ref.LinearRegression.forward", "def forward("),
            (
                "fmnist_ref.LinearRegression.fit_closed_form",
                "@torch.no_grad()",
            ),  # a decorator belongs to the definition
            ("fmnist_ref.CLASS_NAMES", "CLASS_NAMES"),
            ("report.render.page_data.Number", "class Number("),
            ("tests.docs.test_extension.TestOtherProjects", "class TestOtherProjects:"),
        ],
    )
    def test_leads_to_the_line_of_a_definition(self, name: str, beginning: str) -> None:
        place = source_place(name)
        assert place is not None
        path = module_path(place[0])
        assert path is not None
        line = int(place[1].removeprefix("L-"))
        assert path.read_text(encoding="utf-8").splitlines()[line - 1].strip().startswith(beginning)

    @pytest.mark.parametrize(
        "name", ["report.render.page_data.Nothing", "os.path.join", "fmnist_ref", "../../etc/passwd", ""]
    )
    def test_shows_no_other_source(self, name: str) -> None:
        assert source_place(name) is None


class TestOtherProjects:
    @pytest.mark.parametrize(
        ("name", "address"),
        [
            ("int", "https://docs.python.org/3/library/functions.html#int"),
            (
                "collections.abc.Callable",
                "https://docs.python.org/3/library/collections.abc.html#collections.abc.Callable",
            ),
            ("ValueError", "https://docs.python.org/3/library/exceptions.html#ValueError"),
            ("Tensor", "https://docs.pytorch.org/docs/stable/tensors.html"),
            ("torch.nn.modules.module.Module", "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html"),
            ("torch.optim.sgd.SGD", "https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html"),
            (
                "torch.optim.optimizer.Optimizer",
                "https://docs.pytorch.org/docs/stable/optim.html#torch.optim.Optimizer",
            ),
            ("torch._C.Generator", "https://docs.pytorch.org/docs/stable/generated/torch.Generator.html"),
        ],
    )
    def test_name_leads_to_where_it_is_documented(self, name: str, address: str) -> None:
        assert address_of(name) == address

    @pytest.mark.parametrize("name", ["fmnist_ref.no_function", "ValueEror", "optional", ""])
    def test_unknown_name_leads_nowhere(self, name: str) -> None:
        assert address_of(name) is None


class TestProvenance:
    def test_names_the_experiments_that_made_the_records(self) -> None:
        records = ("records/epochs.as_published.seed1.b7.json", "records/capacity.none.seed0.a1.json", "records/x.json")
        origin = Provenance(records=records, rebuild="", made_by="report.render.page_data.Number")
        line = provenance(origin, "", "a table")
        assert "measured by capacity, epochs" in line.astext()
        linked = {link["document"] for link in line.findall(Inline) if "document" in link}
        assert {"source/report/experiments/capacity", "source/report/experiments/epochs"} <= linked

    @pytest.mark.parametrize(("fewest", "words"), [(None, "25 seeds"), (15, "15 to 25 seeds")])
    def test_says_how_many_seeds_a_result_has_where_its_rows_differ(self, fewest: int | None, words: str) -> None:
        origin = Provenance(records=(), rebuild="", made_by="x.y", num_seeds=25, fewest_seeds=fewest)
        assert provenance(origin, "", "a table").astext().startswith(words)


class TestBanner:
    def test_speaks_until_the_results_are_complete(self, tmp_path: Path) -> None:
        assert banner(tmp_path) == ""
        (tmp_path / "evidence").mkdir()
        whole = site()
        for changes, part in (
            ({"profile": "quick"}, "Quick profile"),
            ({"runs_done": 45}, "not complete yet"),
            ({}, ""),
        ):
            changed = msgspec.structs.replace(whole, **changes)
            (tmp_path / "evidence/site.json").write_bytes(msgspec.json.encode(changed))
            assert part in banner(tmp_path)
            assert bool(part) == bool(banner(tmp_path))


@pytest.fixture
def small_source(tmp_path: Path) -> Iterator[Path]:
    """Return a Sphinx source with our extension, the fixture's evidence for Q4, and one page to be written."""
    source = tmp_path / "source"
    (source / "evidence").mkdir(parents=True)
    (source / "answers").mkdir()
    (source / "conf.py").write_text(
        f"import sys\nsys.path[:0] = [{str(DOCS / '_ext')!r}, {str(ROOT)!r}]\nextensions = ['fmnist_site']\n"
        "root_doc = 'answers/q4'\n",
        encoding="utf-8",
    )
    q4 = next(page for page in pages() if page.name == "q4")
    (source / "evidence/q4.json").write_bytes(msgspec.json.encode(q4))
    whole = msgspec.structs.replace(site(), pages=("q4",))
    (source / "evidence/site.json").write_bytes(msgspec.json.encode(whole))
    yield source
    shutil.rmtree(source)


def build_text(source: Path, page: str) -> tuple[str, str]:
    """Build a page as plain text, in this process; return it, and what Sphinx complained of."""
    (source / "answers/q4.rst").write_text(f"Title\n=====\n\n{page}\n", encoding="utf-8")
    with redirect_stderr(io.StringIO()) as told:
        status = build_main(["-n", "-q", "-b", "text", str(source), str(source / "out")])
    if status:
        raise SphinxError(told.getvalue())
    return (source / "out/answers/q4.txt").read_text(encoding="utf-8"), told.getvalue()


@pytest.mark.parametrize(("done", "words"), [(307, "307 runs"), (30, "30 of 307 runs so far")])
def test_the_summary_counts_the_runs(small_source: Path, done: int, words: str) -> None:
    whole = msgspec.structs.replace(site(), pages=("q4",), runs_done=done)
    (small_source / "evidence/site.json").write_bytes(msgspec.json.encode(whole))
    text, _ = build_text(small_source, ".. site-summary::")
    assert f" claims, {words}" in " ".join(text.split())


def test_the_summary_names_every_machine_that_was_timed(small_source: Path) -> None:
    whole = msgspec.structs.replace(site(), environment={"processor": "CPU A", "timed_elsewhere": "GPU B"})
    (small_source / "evidence/site.json").write_bytes(msgspec.json.encode(whole))
    text, _ = build_text(small_source, ".. site-summary::")
    assert "measured on CPU A and GPU B;" in " ".join(text.split())


def test_other_builders_get_plain_text(small_source: Path) -> None:
    text, complaints = build_text(
        small_source,
        "It gains :measured:`gain`, :verdict:`Q4.1`.\n\n.. claims::\n\n.. result-table::\n   :name: q4-accuracy\n",
    )
    assert "It gains +3.9 pp, supported." in text
    assert "Deeper is better." in text
    assert "101,770" in text
    assert "Rebuild" not in text
    assert complaints == ""


def test_a_group_of_the_audit_counts_the_claims_that_its_own_rows_decide(small_source: Path) -> None:
    text, _ = build_text(small_source, ".. audit::\n")
    assert "6 claims, and 1 decided by another row" in " ".join(text.split())


@pytest.mark.parametrize(("device", "shown"), [("Example CPU", False), ("Example GPU", True)])
def test_the_home_page_names_a_device_that_is_not_the_processor(small_source: Path, device: str, shown: bool) -> None:
    machine = {"processor": "Example CPU", "device": device}
    changed = msgspec.structs.replace(site(), pages=("q4",), environment=machine)
    (small_source / "evidence/site.json").write_bytes(msgspec.json.encode(changed))
    text, _ = build_text(small_source, ".. site-provenance::\n")
    assert "processor Example CPU" in text
    assert (f"device {device}" in text) == shown


def test_unknown_names_and_columns_without_a_header_are_warnings(small_source: Path) -> None:
    unknown = {
        ":measured:`gains`": "no measured number is called 'gains'",
        ":measured:`q9/gain`": "no measured number is called 'q9/gain'",
        ":verdict:`Q9.9`": "no claim is called 'Q9.9'",
        ".. result-figure::\n   :name: no-figure": "page 'q4' has no such result: 'no-figure'",
        ".. result-table::\n   :name: no-table": "page 'q4' has no such result: 'no-table'",
    }
    tables = [
        f".. list-table::\n   :header-rows: 1\n\n   * - model\n     - {heading}\n   * - linear\n     - 3"
        for heading in ("", "gain")
    ]
    complaints = build_text(small_source, "\n\n".join([*unknown, *tables]))[1]
    for complaint in unknown.values():
        assert complaints.count(complaint) == 1
    assert complaints.count("a column of a table has no header") == 1
    assert complaints.count("WARNING") == len(unknown) + 1


def test_evidence_of_another_shape_is_named(small_source: Path) -> None:
    (small_source / "evidence/q4.json").write_text('{"name": "q4"}', encoding="utf-8")
    told = "q4.json must be as `python -m report` writes it; found: Object missing required field"
    with pytest.raises(SphinxError, match=re.escape(told)):
        build_text(small_source, ":measured:`gain`")


@pytest.fixture
def truncating(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give jupyter-cache back afterwards what the extension takes from it."""
    monkeypatch.setattr(JupyterCacheBase, "truncate_caches", JupyterCacheBase.truncate_caches)


@pytest.mark.usefixtures("truncating")
@pytest.mark.parametrize("mode", ["cache", "off"])
def test_the_cache_of_cells_is_there_before_jobs_share_it(tmp_path: Path, mode: str) -> None:
    handlers = {}
    config = SimpleNamespace(nb_execution_mode=mode, nb_execution_cache_path=str(tmp_path / "cells"))
    app = SimpleNamespace(config=config, connect=handlers.__setitem__)
    notebook_cache.setup(app)
    handlers["builder-inited"](app)
    assert (tmp_path / "cells/global.db").is_file() == (mode == "cache")


@pytest.mark.usefixtures("truncating")
def test_a_job_does_not_remove_what_another_is_about_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another job has recorded after the first of two queries is not in its answer: it looks too old to keep."""
    handlers = {}
    config = SimpleNamespace(nb_execution_mode="cache", nb_execution_cache_path=str(tmp_path / "cells"))
    notebook_cache.setup(SimpleNamespace(config=config, connect=handlers.__setitem__))
    handlers["builder-inited"](SimpleNamespace(config=config))
    cache = get_cache(str(tmp_path / "cells"))
    half_written = NbCacheRecord.create_record("another page", "its hash", cache.db)
    monkeypatch.setattr(NbCacheRecord, "records_to_delete", lambda keep, db: [half_written.pk])
    record = cache.cache_notebook_bundle(CacheBundleIn(nbformat.v4.new_notebook(), "a page"), check_validity=False)
    assert {found.pk for found in cache.list_cache_records()} == {half_written.pk, record.pk}


FAILING_EXTENSION = """
import signal
import time

from fmnist_site import parallel_readers

def read(app, name, content):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as nbclient does, in its way, while it executes cells
    if name == "a":
        time.sleep(2)  # until all jobs are there
        raise ArithmeticError("this page can't be read")

def setup(app):
    parallel_readers.setup(app)
    app.connect("source-read", read)
    return {"parallel_read_safe": True}
"""


def test_a_build_fails_at_once_where_a_job_raises_an_error_and_others_cannot_be_terminated(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text("extensions = ['failing']", encoding="utf-8")
    (source / "failing.py").write_text(FAILING_EXTENSION, encoding="utf-8")
    long_page = ":orphan:\n\nPage\n====\n\n" + "A long paragraph.\n\n" * 5_000  # does not fit into a pipe
    for name in ("a", "index", *(f"page{number}" for number in range(6))):  # two for each job
        (source / f"{name}.rst").write_text(long_page, encoding="utf-8")
    words = [sys.executable, "-m", "sphinx", "-q", "-j", "4", str(source), str(tmp_path / "html")]
    path = os.pathsep.join([str(source), str(DOCS / "_ext"), str(ROOT)])
    done = subprocess.run(
        words, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode != 0
    assert "this page can't be read" in done.stderr


def test_documentation_builds_alone(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__", "fmnist_ref.*"))
    build(tmp_path / "docs", tmp_path / "out")
    assert (tmp_path / "out/guide/index.html").is_file()
    assert (tmp_path / "out/source/fmnist_ref/training.html").is_file()
    home = re.sub("<[^>]+>", "", (tmp_path / "out/index.html").read_text(encoding="utf-8"))
    assert "There are no results yet. Run python -m report." in home


def test_first_model_of_the_guide_learns(capsys: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / "guide/first-model.md").read_text(encoding="utf-8")
    (cell,) = re.findall(r"```\{code-cell\} python\n(.*?)```", text, flags=re.DOTALL)
    exec(cell, {})  # noqa: S102 - our own page
    accuracy = re.search(r"test accuracy (\d+)%", capsys.readouterr().out)
    assert accuracy is not None
    assert int(accuracy[1]) > 50  # of ten balanced classes
