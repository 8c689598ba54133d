"""Answer pages as notebooks to download: the same text with its numbers written out, and the live cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jupytext

from report.answers.answer import Answer
from report.conclude.formatting import count_of, uncertainty_of
from report.conclude.verdicts import Finding
from report.render.literature import cite_in_brackets, cite_in_text, cited_in, list_of_works
from report.render.page_data import Number, Page, number_key, numbers_of
from report.render.result_numbers import ResultNumbers

ROLE = re.compile(r"\{(?P<role>[a-z:]+)\}`(?P<text>[^`]*)`")
FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
CELL_BREAK = "\n+++\n\n"
TITLED = re.compile(r"(?P<title>.+?)\s*<[^<>]+>")
ANCHOR = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
ADMONITION = re.compile(
    r"^:::\{(?P<kind>\w+)\}(?P<title>[^\n]*)\n(?::class:[^\n]*\n)?(?P<body>.*?)^:::$", re.MULTILINE | re.DOTALL
)
CODE_ROLES = {"py:func", "py:class", "py:meth", "py:data", "py:attr", "py:mod", "py:exc"}


def vocabulary(
    answer: Answer, page: Page, findings: Mapping[str, Finding], not_yet: str, numbers: ResultNumbers
) -> dict[str, Any]:
    """Return the functions that a template speaks with when it is written for a notebook; `not_yet` stands for no number."""

    def number(name: str, index: int = 0) -> str:
        if name not in answer.estimators:
            raise KeyError(f"{answer.name} has no number {name!r}")
        found = page.numbers.get(number_key(name, index))
        return spelled_out(found) if found else not_yet

    def figure(name: str) -> str:
        number, made = numbers.name("figure", name), page.figures.get(name)
        return f"*{number}. {made.title}.* {made.alt}" if made else ""

    def table(name: str) -> str:
        number, made = numbers.name("table", name), page.tables.get(name)
        return f"*{number}. {made.title}.* {made.caption}\n\n{_table(made.columns, made.rows)}" if made else ""

    return {
        "number": number,
        "figure": figure,
        "table": table,
        "see_figure": lambda name: numbers.reference("figure", name),
        "see_table": lambda name: numbers.reference("table", name),
        "verdict": lambda id: f"*{findings[id].words}*",
        "claims": lambda: _claims(page),
    }


def how_to_install(version: str, address: str) -> str:
    """Return what the first cell of a notebook says; `address` is that of the published site, or empty."""
    wheel = f"fmnist_ref-{version}-py3-none-any.whl"
    if address:
        do = f"run `%pip install {address.rstrip('/')}/{version}/packages/{wheel}`."
    else:
        do = (
            f"download `packages/{wheel}` from the site that this notebook is from, put it beside the notebook, "
            f"and run `%pip install {wheel}`."
        )
    return f"This notebook needs the package fmnist-ref {version}, but no data. To install the package, {do}"


def to_notebook(markdown: str, introduction: str = "") -> str:
    """
    Convert a rendered page to the JSON of a Jupyter notebook.

    Parameters
    ----------
    markdown : str
        A page in MyST Markdown with code cells.
    introduction : str
        Markdown of a first cell.

    Returns
    -------
    str
        The notebook, without outputs, which the build of the site adds; equal pages give equal text.
    """
    header = FRONT_MATTER.match(markdown)
    start = header.end() if header else 0
    first = introduction + CELL_BREAK if introduction else ""
    cited = cited_in(markdown)
    last = f"{CELL_BREAK}## Literature\n\n{list_of_works(cited)}\n" if cited else ""
    text = markdown[:start] + first + _plain(markdown[start:]) + last
    notebook = jupytext.reads(text, fmt="md:myst")
    for place, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{place}"  # nbformat would draw one by chance
        cell["metadata"] = {}
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return str(jupytext.writes(notebook, fmt="ipynb"))


def spelled_out(number: Number) -> str:
    """Write a number with its interval and n, for where there is no panel to open."""
    uncertainty = uncertainty_of(number.estimate)
    return f"{number.text} ({f'{uncertainty}, ' if uncertainty else ''}n = {count_of(number.estimate)})"


def _plain(markdown: str) -> str:
    """Remove what only Sphinx understands: roles, anchors, admonitions."""
    text = ANCHOR.sub("", markdown)
    text = ADMONITION.sub(lambda m: _quoted(m["title"].strip() or m["kind"].title(), m["body"]), text)
    return ROLE.sub(_role, text)


def _role(match: re.Match[str]) -> str:
    role, text = match["role"], match["text"]
    titled = TITLED.fullmatch(text)
    if role in CODE_ROLES:
        return f"`{text}`"
    if role == "cite:t":
        return cite_in_text(text)
    if role == "cite:p":
        return cite_in_brackets(text)
    return titled["title"] if titled else text


def _quoted(title: str, body: str) -> str:
    lines = [f"**{title}.**", "", *body.strip().splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _claims(page: Page) -> str:
    rows = [
        [id, finding.claim.says, finding.claim.origin, finding.words, _evidence(finding, numbers_of(page, id))]
        for id, finding in page.claims.items()
    ]
    return _table(["claim", "what it says", "who says it", "verdict", "what we measured"], rows)


def _evidence(finding: Finding, numbers: list[Number]) -> str:
    """Write the numbers behind a verdict, or beside a definition as its illustration."""
    written = "; ".join(map(spelled_out, numbers))
    return f"illustration: {written}" if finding.illustration else written


def _table(columns: list[str], rows: list[list[str]]) -> str:
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in [columns, *rows]]
    head, *body = ["| " + " | ".join(row) + " |" for row in escaped]
    return "\n".join([head, "|" + "---|" * len(columns), *body])
