"""Read the evidence that the report has written, typed, and say so where there is none yet."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec
from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from report.render.page_data import Page, Site

NO_RESULTS = "No results have been made yet: "
COMMAND = "python -m report"

Struct = TypeVar("Struct", Page, Site)


def read_page(env: BuildEnvironment, name: str) -> Page | None:
    """Return the evidence of an answer page; None where the report has not written any."""
    return _read(env, name, Page)


def read_site(env: BuildEnvironment) -> Site | None:
    """Return what the report says about the whole; None where it has not run."""
    return _read(env, "site", Site)


def read_all_pages(env: BuildEnvironment) -> list[Page]:
    """Return the evidence of all answer pages, in the order of the site."""
    site = read_site(env)
    pages = [read_page(env, name) for name in site.pages] if site else []
    return [page for page in pages if page]


def page_of(env: BuildEnvironment, docname: str) -> str:
    """Return the name under which a document's evidence is filed: that of ``answers/q4`` is ``q4``."""
    return docname.rpartition("/")[2]


def no_results() -> nodes.paragraph:
    """Say that nothing has been measured yet, and which command measures."""
    return nodes.paragraph(
        "", "", nodes.Text(NO_RESULTS), nodes.literal(text=COMMAND), nodes.Text(" makes them."), classes=["no-results"]
    )


def _read(env: BuildEnvironment, name: str, kind: type[Struct]) -> Struct | None:
    path = Path(env.srcdir) / "evidence" / f"{name}.json"
    if not path.is_file():
        env.note_reread()  # it may have come by the next build
        return None
    env.note_dependency(str(path))
    evidence: Struct = _decode(path, path.stat().st_mtime_ns, kind)
    return evidence


@lru_cache(maxsize=64)
def _decode(path: Path, modified: int, kind: type[Struct]) -> Struct:
    """Decode a file; the time it was modified is there to tell its versions apart."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        raise ExtensionError(f"{path.name} must be what `{COMMAND}` writes; found {error}. Run it again.") from error
