"""Pages that list the records behind the numbers of a page, so that the panel of a number needs one link to them."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment import BuildEnvironment

from fmnist_site.elements import Inline, link_to_file, link_to_page
from fmnist_site.env_store import EnvStore
from report.render.page_data import Number

FOLDER = "record-lists"
_LISTS = EnvStore("record_lists")
"""For each document the lists of records that its numbers rest on. A list is one string, with a record a line."""


def records_link(env: BuildEnvironment, number: Number) -> Inline:
    """Return a link to the record of a number or, if it has several, to their list."""
    records = number.provenance.records
    if len(records) == 1:
        return link_to_file("1 record", records[0], attributes={"aria-label": f"1 record of {number.text}"})
    _LISTS.of(env).setdefault(env.docname, set()).add("\n".join(records))
    text = f"{len(records)} records"
    label = {"aria-label": f"{text} of {number.text}"}
    return link_to_page(text, f"{FOLDER}/{env.docname}", _anchor(records), attributes=label)


def _anchor(records: tuple[str, ...]) -> str:
    """Return an anchor that changes only with the records: the first one's name and their number."""
    first = records[0].rpartition("/")[2].removesuffix(".json")
    return nodes.make_id(f"from-{first}-{len(records)}")


def _collect_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each document whose numbers have lists of records."""
    if not isinstance(app.builder, StandaloneHTMLBuilder):
        return
    for document, lists in sorted(_LISTS.of(app.env).items()):
        page = f"{FOLDER}/{document}"
        title = f"Records behind “{app.env.titles[document].astext()}”"
        sections = [_section(app.builder, page, tuple(records.split("\n"))) for records in sorted(lists)]
        back = app.builder.get_relative_uri(page, document)
        body = f'<h1>{escape(title)}</h1>\n<p><a href="{back}">Back to the page</a></p>\n{"".join(sections)}'
        yield page, {"title": title, "body": body}, "page.html"


def _section(builder: StandaloneHTMLBuilder, page: str, records: tuple[str, ...]) -> str:
    up = "../" * page.count("/")
    items = "".join(
        f'<li><a href="{up}{escape(record)}">{escape(record.rpartition("/")[2])}</a></li>\n' for record in records
    )
    experiments = ", ".join(sorted({record.rpartition("/")[2].partition(".")[0] for record in records}))
    heading = f"{len(records)} records of {escape(experiments)}"
    return (
        f'<section id="{_anchor(records)}">\n<h2>{heading}</h2>\n<ul class="record-list">\n{items}</ul>\n</section>\n'
    )


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    app.connect("html-collect-pages", _collect_pages)
    _LISTS.connect(app)
