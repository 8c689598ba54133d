"""The literature that pages cite, as text for notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pybtex.database import BibliographyData, Person, parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

CITATION = re.compile(r"\{cite:[pt]\}`([^`]+)`")
BIBLIOGRAPHY = Path(__file__).parents[2] / "docs" / "references.bib"


@cache
def _bibliography() -> BibliographyData:
    return parse_file(str(BIBLIOGRAPHY))


def cited_in(markdown: str) -> list[str]:
    """List the keys of the works that a page cites, each once, in the order of the alphabet."""
    return sorted({key for keys in CITATION.findall(markdown) for key in _split(keys)})


def cite_in_text(keys: str) -> str:
    """Return works as parts of a sentence, by comma-separated keys: ``Guo et al. (2017)``."""
    return " and ".join(f"{authors} ({year})" for authors, year in map(_authors_and_year, _split(keys)))


def cite_in_brackets(keys: str) -> str:
    """Return works in brackets: ``(Guo et al., 2017; Smith, 2018)``."""
    return f"({'; '.join(f'{authors}, {year}' for authors, year in map(_authors_and_year, _split(keys)))})"


def list_of_works(keys: Iterable[str]) -> str:
    """Return a Markdown list of works, in the style of the site's bibliography."""
    style = find_plugin("pybtex.style.formatting", "plain")()
    formatted = style.format_entries(_bibliography().entries[key] for key in sorted(set(keys)))
    return "\n".join(f"- {' '.join(entry.text.render_as('markdown').split())}" for entry in formatted)


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",")]


def _authors_and_year(key: str) -> tuple[str, str]:
    entry = _bibliography().entries[key]
    names = [_last_name(person) for person in entry.persons["author"]]
    joined = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return joined, entry.fields["year"]


def _last_name(person: Person) -> str:
    return str(Text.from_latex(" ".join([*person.prelast_names, *person.last_names])))
