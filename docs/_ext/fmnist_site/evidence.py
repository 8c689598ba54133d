"""Read the page data that the report writes to the source folder ``evidence``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec
from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from report.render.page_data import Page, Site

NO_RESULTS = "There are no results yet. Run "
COMMAND = "python -m report"

Struct = TypeVar("Struct", Page, Site)


def read_page(env: BuildEnvironment, name: str) -> Page | None:
    """Return the data of an answer page, or None if the report has not written any."""
    return _read(env, name, Page)


def read_site(env: BuildEnvironment) -> Site | None:
    """Return the data of the whole site, or None if the report has not run."""
    return _read(env, "site", Site)


def load_site(source_folder: Path) -> Site | None:
    """Return the data of the whole site outside of a document, where Sphinx tracks no dependencies."""
    path = source_folder / "evidence" / "site.json"
    return _decode(path, path.stat().st_mtime_ns, Site) if path.is_file() else None


def read_all_pages(env: BuildEnvironment) -> list[Page]:
    """Return the data of all answer pages, in the order of the site."""
    site = read_site(env)
    pages = [read_page(env, name) for name in site.pages] if site else []
    return [page for page in pages if page]


def page_of(env: BuildEnvironment, docname: str) -> str:
    """Return the name of a document's data: ``q2`` for ``answers/q2``, and for its part ``answers/q2-noise``."""
    return docname.rpartition("/")[2].partition("-")[0]


def no_results() -> nodes.paragraph:
    """Return a paragraph that says that there are no results, and which command makes them."""
    return nodes.paragraph(
        "", "", nodes.Text(NO_RESULTS), nodes.literal(text=COMMAND), nodes.Text("."), classes=["no-results"]
    )


def _read(env: BuildEnvironment, name: str, kind: type[Struct]) -> Struct | None:
    path = Path(env.srcdir) / "evidence" / f"{name}.json"
    if not path.is_file():
        env.note_reread()  # it may exist at the next build
        return None
    env.note_dependency(str(path))
    data: Struct = _decode(path, path.stat().st_mtime_ns, kind)
    return data


@lru_cache(maxsize=64)
def _decode(path: Path, modified: int, kind: type[Struct]) -> Struct:
    """Decode a file. `modified` is part of the cache key: a file that has changed is read again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        raise ExtensionError(
            f"{path.name} must be as `{COMMAND}` writes it; found: {error}. Run that command again."
        ) from error
