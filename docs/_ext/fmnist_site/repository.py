"""Links to the repository, if `FMNIST_REF_REPOSITORY` has its address: the repository itself, and each page's source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from fmnist_site.source_pages import module_path, source_place

BRANCH = "main"


def edited_file(page: str, docs: Path) -> str:
    """Return the file of the repository that a page is written in; empty for a page without one."""
    if page.startswith("api/fmnist_ref."):
        place = source_place(page.removeprefix("api/").removesuffix("_class"))
        path = module_path(place[0]) if place else None
        return path.relative_to(docs.parent).as_posix() if path else ""
    candidates = (
        docs / f"{page}.md",
        docs / f"{page}.rst",
        docs.parent / f"report/render/templates/{page.rpartition('/')[2]}.md.j2",
    )
    return next((path.relative_to(docs.parent).as_posix() for path in candidates if path.is_file()), "")


def _link(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    repository = context.get("repository", "").rstrip("/")
    if repository and (file := edited_file(page, Path(context["checkout"]) / "docs")):
        context["edit_address"] = f"{repository}/edit/{BRANCH}/{file}"


def setup(app: Sphinx) -> None:
    """Connect to the writing of pages."""
    app.connect("html-page-context", _link)
