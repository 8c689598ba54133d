"""Pages as notebooks: valid, the same twice, and without anything that only Sphinx understands."""

import json
import re

import nbformat
import pytest
from examples import ExampleRecords
from pybtex.database import parse_file

from report.answers import ANSWERS
from report.conclude.formatting import THIN_SPACE
from report.conclude.statistics import Estimate, exact
from report.experiments import plan
from report.plan import Profile
from report.record.files import FolderWriter
from report.record.reader import Records
from report.record.store import RecordStore
from report.render import artifacts, literature, markdown, notebooks, pages
from report.render.artifacts import Exporter

NO_RECORDS = ExampleRecords({})
PAGE = """---
kernelspec:
  name: python3
  display_name: Python 3
---

(answer-q9)=
# What is it?

:::{admonition} Short answer
:class: short-answer
It is **so**, see {ref}`the other page <answer-q1>` and {py:func}`fmnist_ref.fit` {cite:p}`xiao2017`.
:::

```{code-cell} ipython3
print("hello")
```
"""


def test_a_page_by_hand():
    notebook = json.loads(notebooks.to_notebook(PAGE))
    nbformat.validate(notebook)
    text = "".join("".join(cell["source"]) + "\n" for cell in notebook["cells"])
    assert "> **Short answer.**" in text
    assert "> It is **so**, see the other page and `fmnist_ref.fit` (Xiao et al., 2017)." in text
    assert "- Han Xiao, Kashif Rasul, and Roland Vollgraf" in text.partition("## Literature")[2]
    assert 'print("hello")' in [("".join(c["source"])) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert not any(left in text for left in ("{ref}", "{py:", "(answer-", ":::"))


@pytest.mark.parametrize(
    ("address", "command"),
    [
        ("", "`%pip install fmnist_ref-1.2-py3-none-any.whl`"),
        ("https://a.b/c/", "`%pip install https://a.b/c/1.2/packages/fmnist_ref-1.2-py3-none-any.whl`"),
    ],
)
def test_the_first_cell_says_how_to_install(address, command):
    first, second, *_ = json.loads(notebooks.to_notebook(PAGE, notebooks.how_to_install("1.2", address)))["cells"]
    assert first["cell_type"] == "markdown"
    assert command in "".join(first["source"])
    assert "".join(second["source"]).startswith("# What is it?")


def test_works_are_cited_by_author_and_year():
    assert literature.cite_in_text("guo2017,xiao2017") == "Guo et al. (2017) and Xiao et al. (2017)"
    assert literature.cite_in_brackets("guo2017, xiao2017") == "(Guo et al., 2017; Xiao et al., 2017)"
    for key in parse_file(literature.BIBLIOGRAPHY).entries:
        assert re.fullmatch(r"[^{}\\]+ \(\d{4}\)", literature.cite_in_text(key)), key


def test_the_same_page_gives_the_same_notebook():
    assert notebooks.to_notebook(PAGE) == notebooks.to_notebook(PAGE)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_becomes_a_notebook_without_leftovers(tmp_path, name):
    profile = Profile(name="quick", seeds=1)
    records = Records(RecordStore(tmp_path, "none"), plan(profile))
    measurements = pages.measure(records, "quick")
    completeness = markdown.Completeness(profile="quick", runs_done=0, runs_planned=1)
    answer = ANSWERS[name]
    page = pages.page_of(answer, records, measurements, Exporter(FolderWriter(tmp_path), records))
    notebook = json.loads(
        notebooks.to_notebook(markdown.render(answer, page, measurements.findings, completeness, notebook=True))
    )
    nbformat.validate(notebook)
    cells = notebook["cells"]
    assert any(cell["cell_type"] == "code" for cell in cells)
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert not any(left in prose for left in ("{measured}", "{verdict}", "{py:", "{ref}", "{cite", "```{", ":::"))


def test_a_number_is_written_out():
    about = {"n": 5, "n_of": "seeds", "unit": "percentage points", "method": "t", "signed": True}
    measured = artifacts.number(Estimate(value=3.912, low=3.51, high=4.3, **about), notebooks.spelled_out, NO_RECORDS)
    assert notebooks.spelled_out(measured) == f"+3.9{THIN_SPACE}pp (95 % interval +3.5 to +4.3, n = 5 seeds)"
    counted = artifacts.number(exact(60_000, unit="images", n=1, n_of="data set"), notebooks.spelled_out, NO_RECORDS)
    assert notebooks.spelled_out(counted) == f"60,000{THIN_SPACE}images (exact, n = 1 data set)"


def test_a_page_lists_what_it_cites_and_nothing_else():
    listed = markdown.literature("q9", "As {cite:t}`hornik1991` and others {cite:p}`cybenko1989, hornik1991` found.")
    assert listed.endswith("\n\ncybenko1989\nhornik1991\n```\n")
    assert ":keyprefix: q9-" in listed
    assert markdown.literature("q9", "Nothing cited.") == ""
