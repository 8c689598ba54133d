"""Directives that show how to cite the project or one object. All facts come from `CITATION.cff`."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, NamedTuple

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from fmnist_site.elements import block


class Citation(NamedTuple):
    """The fields of `CITATION.cff` that the site shows."""

    title: str
    version: str
    released: date
    authors: tuple[str, ...]
    """Names as printed: the name of an entity, or given name and family name of a person."""
    license: str
    abstract: str


def citation_file() -> Path:
    """Return the path of `CITATION.cff`, which is next to the `report` package."""
    spec = find_spec("report")
    if spec is None or not spec.submodule_search_locations:
        raise ExtensionError(
            "the documentation must be built in a checkout; found no `report` package. Run the build there."
        )
    return Path(spec.submodule_search_locations[0]).parent / "CITATION.cff"


@lru_cache(maxsize=1)
def read_citation() -> Citation:
    """Read `CITATION.cff`."""
    facts = yaml.safe_load(citation_file().read_text(encoding="utf-8"))
    names = [author.get("name") or f"{author['given-names']} {author['family-names']}" for author in facts["authors"]]
    released = facts["date-released"]
    return Citation(
        title=facts["title"],
        version=str(facts["version"]),
        released=released if isinstance(released, date) else date.fromisoformat(released),
        authors=tuple(names),
        license=facts["license"],
        abstract=" ".join(facts["abstract"].split()),
    )


class Work(NamedTuple):
    """The cited work: the project or one object, with its address."""

    name: str
    """Dotted name of the object; empty for the project."""
    place: str
    """Absolute URL, or the path within the site if the site has no base URL."""


def plain_text(citation: Citation, work: Work) -> str:
    """Return the reference as one paragraph."""
    subject = f"{work.name}, in {citation.title}" if work.name else citation.title
    released = f"{citation.released.day} {citation.released:%B %Y}"
    sentence = f"{_join(citation.authors)} ({released}). {subject} (version {citation.version}) [software]."
    return f"{sentence} {work.place}" if work.place else sentence


def bibtex(citation: Citation, work: Work) -> str:
    """Return the reference as a BibTeX entry."""
    subject = (
        f"{{{_escape(work.name)}}}, in {{{_escape(citation.title)}}}" if work.name else f"{{{_escape(citation.title)}}}"
    )
    key = re.sub(r"\W+", "_", work.name or citation.title)
    fields = {
        "author": " and ".join(f"{{{_escape(name)}}}" for name in citation.authors),
        "title": subject,
        "version": citation.version,
        "year": str(citation.released.year),
        "date": citation.released.isoformat(),
        "license": citation.license,
    }
    if work.place:
        fields |= {"url": work.place} if "://" in work.place else {"note": _escape(work.place)}
    lines = [f"  {name:<7} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@software{{{key},", *lines, "}"])


def _join(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _escape(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text)


class Cite(SphinxDirective):
    """
    ``{cite}``: show how to cite the project, or with a name, ``{cite} fmnist_ref.fit``, one object.

    ``:plain:`` omits the BibTeX entry.
    """

    optional_arguments = 1
    option_spec: ClassVar = {"plain": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return the reference as plain text and as BibTeX."""
        self.env.note_dependency(str(citation_file()))
        citation = read_citation()
        work = self.work(self.arguments[0] if self.arguments else "")
        text = block("div", plain_text(citation, work), classes=["copyable", "citation-text"])
        parts: list[nodes.Node] = [block("div", text, classes=["citation-plain"])]
        if "plain" not in self.options:
            entry = bibtex(citation, work)
            parts.append(nodes.literal_block(entry, entry, language="bibtex"))
        return [block("div", *parts, classes=["cite-this"])]

    def work(self, name: str) -> Work:
        """Return the work for an object's dotted name; an empty name is the project."""
        base = self.config.html_baseurl
        if not name:
            return Work("", base)
        page = self.config.autosummary_filename_map.get(name, name)
        place = f"api/{page}.html#{name}"
        return Work(name, f"{base.rstrip('/')}/{place}" if base else place)


class CiteThis(Cite):
    """``.. cite-this:: fmnist_ref.fit``: the same, on the object's own page."""

    required_arguments = 1
    optional_arguments = 0

    def run(self) -> list[nodes.Node]:
        """Return the reference, with index entries that rank the name first in the search."""
        name = self.arguments[0]
        entries = [("single", entry, name, "main", None) for entry in (name.rpartition(".")[2], name)]
        return [addnodes.index(entries=entries), *super().run()]


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("cite", Cite)
    app.add_directive("cite-this", CiteThis)
