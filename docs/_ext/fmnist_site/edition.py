"""The edition of the site: version, commit and date, in the footer of every page and in citations."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from fmnist_site.citation import Edition, day, read_citation
from fmnist_site.evidence import load_site

DIRTY = "-dirty"
"""Git appends this to the commit of a checkout with changes."""
HASH_LENGTH = 10


def commit_in_words(commit: str | None) -> str:
    """Return ``commit 0123456789``, with a remark if the checkout had changes; empty without a commit."""
    if not commit:
        return ""
    changed = ", with uncommitted changes" if commit.endswith(DIRTY) else ""
    return f"commit {commit.removesuffix(DIRTY)[:HASH_LENGTH]}{changed}"


def read_edition(source_folder: Path) -> Edition:
    """Return the edition: version, commit and date of the report, or only the version without a report."""
    site = load_site(source_folder)
    if site is None:
        return Edition(read_citation().version)
    return Edition(site.version, commit_in_words(site.commit), date.fromisoformat(site.made_on))


def _fill_footer(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    edition = read_edition(Path(app.srcdir))
    made_on = f"report of {day(edition.made_on)}" if edition.made_on else ""
    parts = (f"{app.config.project} {edition.version}", edition.commit, made_on)
    context["edition"] = " · ".join(filter(None, parts))


def setup(app: Sphinx) -> None:
    """Connect to the writing of pages."""
    app.connect("html-page-context", _fill_footer)
