"""References to the project, its objects and its results. All facts come from `CITATION.cff` and from the report."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import yaml
from sphinx.errors import ExtensionError


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


class Edition(NamedTuple):
    """What identifies one build of the site."""

    version: str
    commit: str = ""
    """In words; empty if the report was not made in a checkout."""
    made_on: date | None = None
    """Date of the report; None if there is no report."""

    @property
    def in_words(self) -> str:
        """Version and commit."""
        return ", ".join(filter(None, (f"version {self.version}", self.commit)))


class Work(NamedTuple):
    """The cited work: the project, an object of the package, or a result of the report."""

    title: str
    """Name of an object, title of a page or figure, or a number; empty for the project."""
    key: str
    """Key of the BibTeX entry."""
    place: str
    """Path within the site, with the anchor."""
    is_result: bool = False
    """Whether the report measured it, so that the date of the report is its date."""


def plain_text(citation: Citation, edition: Edition, work: Work, address: str = "") -> str:
    """Return the reference as one paragraph."""
    subject = f"{work.title}, in {citation.title}" if work.title else citation.title
    kind = "measurements" if work.is_result else "software"
    made_on = day(_date(citation, edition, work))
    sentence = f"{_join(citation.authors)} ({made_on}). {subject} ({edition.in_words}) [{kind}]."
    return f"{sentence} {address}".strip()


def bibtex(citation: Citation, edition: Edition, work: Work, address: str = "") -> str:
    """
    Return the reference as a BibTeX entry.

    Version and commit are in `note`: the plain styles print no `version`, and warn of the type `software`.
    """
    project = f"{{{_escape(citation.title)}}}"
    made_on = _date(citation, edition, work)
    fields = {
        "author": " and ".join(f"{{{_escape(name)}}}" for name in citation.authors),
        "title": f"{{{_escape(work.title)}}}, in {project}" if work.title else project,
        "year": str(made_on.year),
        "date": made_on.isoformat(),
        "note": _escape(edition.in_words[0].upper() + edition.in_words[1:]),
    }
    if address:
        fields["url"] = address  # verbatim
    lines = [f"  {name:<6} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{work.key},", *lines, "}"])


def day(moment: date) -> str:
    """Return a date as ``2 January 2026``."""
    return f"{moment.day} {moment:%B %Y}"


def _date(citation: Citation, edition: Edition, work: Work) -> date:
    return edition.made_on if work.is_result and edition.made_on else citation.released


def _join(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _escape(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text)
