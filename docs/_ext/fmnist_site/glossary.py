"""
Show the definitions of the glossary where its terms stand on the pages.

A term is marked where it first stands in each section: as a link to the glossary, followed by a panel with its definition.
The site's script opens the panel. Only the first link of a term on a page is a tab stop. ``{term}`` marks a term by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from fmnist_site.elements import Block, Inline, inline, link_to_page

logger = logging.getLogger(__name__)

GLOSSARY = "guide/glossary"
"""The document that defines the terms."""
MARKED_PAGES = re.compile(
    r"index|answers|audit|reproduced|speed|data|answers/.+|guide/(?:first-model|gpu|limitations|reading|training-loop)"
)
"""Documents whose terms are marked."""
BY_HAND = {"arm", "claim", "condition", "control", "interval", "parameter", "record", "step", "unit", "update"}
"""Terms that pages also use in their everyday sense. Only ``{term}`` marks them."""
UNMARKED_NODES = (
    *(nodes.Titular, nodes.FixedTextElement, nodes.Invisible, nodes.Referential, nodes.literal, nodes.math, nodes.term),
    *(
        nodes.citation,
        nodes.footnote,
        nodes.thead,
        nodes.field_name,
        addnodes.desc,
        addnodes.toctree,
        addnodes.glossary,
    ),
)
UNMARKED_TAGS = {"a", "button", "code", "summary", "nav", "h1", "h2", "h3", "h4"}
UNMARKED_CLASSES = {
    "answer-card",
    "cell_output",
    "cite-this",
    "provenance",
    "result-title",
    "site-provenance",
    "verdict",
}


class Entry(NamedTuple):
    """A term of the glossary."""

    name: str
    anchor: str
    definition: tuple[nodes.Node, ...]
    """The content of the definition's first paragraph."""


class MarkTerms(SphinxPostTransform):
    """Mark the terms of the glossary on a page."""

    default_priority = 5  # before references are resolved, which definitions have too
    formats = ("html",)

    def run(self, **options: Any) -> None:
        """Replace text and ``{term}`` by marked terms."""
        page = self.env.docname
        if GLOSSARY not in self.env.found_docs or page == GLOSSARY:
            return
        entries = read_entries(self.env)
        seen: set[tuple[nodes.Node | None, str]] = set()
        for node, section in list(_markable(self.document, None)):
            if isinstance(node, addnodes.pending_xref):
                entry = entries.get(_key(node["reftarget"]))
                if entry:  # else Sphinx warns of it
                    node.replace_self(_marked(node.astext(), entry, page, is_tab_stop=True))
            elif MARKED_PAGES.fullmatch(page):
                node.parent.replace(node, list(_with_terms(node, section, entries, page, seen)))


@lru_cache(maxsize=1)
def read_entries(env: BuildEnvironment) -> dict[str, Entry]:
    """
    Return the entries of the glossary by term, when all pages have been read.

    Terms with one definition share an entry, which the first one names.
    """
    entries = {}
    for item in env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        terms = list(item.findall(nodes.term))
        paragraph = next(item.findall(nodes.paragraph), None)
        if not terms[0]["ids"]:
            continue  # a definition list of another kind
        if paragraph is None:
            logger.warning("the glossary does not define %r", terms[0].astext(), location=item, type="glossary")
            continue
        entry = Entry(terms[0].astext(), terms[0]["ids"][0], tuple(paragraph.children))
        entries |= {_key(term.astext()): entry for term in terms}
    return entries


def _key(term: str) -> str:
    return " ".join(term.lower().split())


def _markable(
    node: nodes.Element, section: nodes.Node | None
) -> Iterator[tuple[nodes.Text | addnodes.pending_xref, nodes.Node | None]]:
    """Yield the text in which terms may be marked, and each ``{term}``, with its section of the second level."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child, section
        elif isinstance(child, addnodes.pending_xref):
            if child["reftype"] == "term":
                yield child, section
        elif isinstance(child, nodes.Element) and not _is_unmarked(child):
            is_second_level = isinstance(child, nodes.section) and isinstance(node.parent, nodes.document)
            yield from _markable(child, child if is_second_level else section)


def _is_unmarked(node: nodes.Element) -> bool:
    if isinstance(node, Block | Inline) and (node["tag"] in UNMARKED_TAGS or node.get("html_only")):
        return True
    return isinstance(node, UNMARKED_NODES) or not UNMARKED_CLASSES.isdisjoint(node.get("classes", ()))


def _with_terms(
    text: nodes.Text,
    section: nodes.Node | None,
    entries: dict[str, Entry],
    page: str,
    seen: set[tuple[nodes.Node | None, str]],
) -> Iterator[nodes.Node]:
    """Split a text at the terms that are not marked in its section yet, and mark them."""
    written, start = text.astext(), 0
    for match in _pattern(frozenset(entries) - BY_HAND).finditer(written):
        entry = entries[_key(match["term"])]
        if (section, entry.anchor) in seen:
            continue
        is_first = all(anchor != entry.anchor for _, anchor in seen)
        seen.add((section, entry.anchor))
        yield nodes.Text(written[start : match.start()])
        yield _marked(match[0], entry, page, is_tab_stop=is_first)
        start = match.end()
    yield nodes.Text(written[start:])


@lru_cache(maxsize=1)
def _pattern(terms: frozenset[str]) -> re.Pattern[str]:
    """Return what finds the terms and their plurals, the longest first, but not as a part of a word or of code."""
    alternatives = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in sorted(terms, key=len, reverse=True))
    return re.compile(rf"(?<![\w.`-])(?P<term>{alternatives})(?:e?s)?(?![\w`-]|\.\w)", re.IGNORECASE)


def _marked(text: str, entry: Entry, page: str, *, is_tab_stop: bool) -> Inline:
    """Return a term as a link to the glossary, with the panel of its definition."""
    attributes = {} if is_tab_stop else {"tabindex": "-1"}
    link = link_to_page(text, GLOSSARY, entry.anchor, classes=["term-link"], attributes=attributes)
    definition = [node.deepcopy() for node in entry.definition]
    for reference in (found for node in definition for found in node.findall(addnodes.pending_xref)):
        reference["refdoc"] = page  # where the link starts
    panel = inline(
        "span",
        inline("span", entry.name, classes=["measured-heading"]),
        *definition,
        " ",
        link_to_page("Glossary", GLOSSARY, entry.anchor, classes=["term-more"]),
        classes=["term-panel"],
        html_only=True,
        attributes={"popover": "auto", "role": "group", "aria-label": f"Definition of {entry.name}"},
    )
    return inline("span", link, panel, classes=["term"])


class AnswerRole(SphinxRole):
    """``{answer}`q2```: a link to that answer, plain text where the report has not written it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link."""
        text = "Part 1" if self.text == "part1" else f"Question {self.text.removeprefix('q')}"
        document = f"answers/{self.text}"
        if document in self.env.found_docs:
            return [link_to_page(text, document, f"answer-{self.text}")], []
        return [nodes.Text(text)], []


def _read_all_again(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> set[str]:
    """Return all pages if the glossary has changed: they have its definitions."""
    return set(env.found_docs) if GLOSSARY in added | changed | removed else set()


def setup(app: Sphinx) -> None:
    """Register the transform and the role."""
    app.add_post_transform(MarkTerms)
    app.add_role("answer", AnswerRole())
    app.connect("env-get-outdated", _read_all_again)
