"""Pages with the source code of our modules, and links to their lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment import BuildEnvironment

from fmnist_site.elements import Inline, link_to_page
from fmnist_site.env_store import EnvStore

PACKAGES = ("fmnist_ref", "report", "tests")
"""Packages whose source code the site may show."""
_LINKED = EnvStore("source_pages")
"""The source pages that each document links to."""


def source_place(dotted_name: str) -> tuple[str, str] | None:
    """
    Return the source page and the anchor of an object's definition, or None if it is not found.

    No module is imported. Files are parsed, and re-exports within the packages are followed.
    """
    parts = dotted_name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        path = _module_file(".".join(parts[:length]))
        if path:
            return _place_in(path, ".".join(parts[:length]), parts[length:])
    return None


def module_path(document: str) -> Path | None:
    """Return the file that a source page shows, or None for another document."""
    folder, _, name = document.partition("/")
    return _module_file(name.replace("/", ".")) if folder == "source" else None


@lru_cache(maxsize=256)
def _module_file(module: str) -> Path | None:
    package, *rest = module.split(".")
    # the tests are those of this checkout, whichever package of that name Python finds first
    spec = find_spec("report" if package == "tests" else package) if package in PACKAGES else None
    if spec is None or not spec.submodule_search_locations:
        return None
    base = Path(spec.submodule_search_locations[0]).with_name(package).joinpath(*rest)
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _place_in(path: Path, module: str, names: list[str]) -> tuple[str, str] | None:
    body = _statements(path)
    line = None
    for name in names:
        found = next((statement for statement in body if name in _names_bound(statement)), None)
        if isinstance(found, ast.ImportFrom) and found.module and found.module != module:
            return source_place(f"{found.module}.{'.'.join(names)}")
        if found is None:
            return None
        line = min([found.lineno, *(decorator.lineno for decorator in getattr(found, "decorator_list", []))])
        body = getattr(found, "body", [])
    return (f"source/{module.replace('.', '/')}", f"L-{line}")


@lru_cache(maxsize=256)
def _statements(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text(encoding="utf-8")).body


def _names_bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.ImportFrom(names=names):
            return [alias.asname or alias.name for alias in names]
    return []


def _link_signatures(app: Sphinx, doctree: nodes.document) -> None:
    """Add a link to the source code to each signature."""
    for signature in doctree.findall(addnodes.desc_signature):
        if not signature.get("module"):
            continue
        place = source_place(f"{signature['module']}.{signature['fullname']}")
        if place:
            signature += link_to_page("source", *place, classes=["source-link"], html_only=True)


def _note_pages(app: Sphinx, doctree: nodes.document) -> None:
    """Store which source pages this document links to."""
    linked = {node["document"] for node in doctree.findall(Inline) if "document" in node}
    _LINKED.of(app.env)[app.env.docname] = {document for document in linked if module_path(document)}


def _collect_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the source pages that any document links to, but for those that an earlier build has made of the same source."""
    if not isinstance(app.builder, StandaloneHTMLBuilder):
        return
    for document in sorted(linked_pages(app.env)):
        path = module_path(document)
        made = Path(app.builder.get_outfilename(document))
        if path is None or (made.is_file() and made.stat().st_mtime > path.stat().st_mtime):
            continue
        name = document.removeprefix("source/") + ("/__init__.py" if path.name == "__init__.py" else ".py")
        code = app.builder.highlighter.highlight_block(path.read_text(encoding="utf-8"), "python", linespans="L")
        body = f'<h1>{name}</h1>\n<div class="source-code">{code}</div>'
        yield document, {"title": name, "body": body}, "page.html"


def linked_pages(env: BuildEnvironment) -> set[str]:
    """Return the names of all source pages: those that a document links to."""
    return _LINKED.all(env)


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    app.connect("doctree-read", _link_signatures)
    app.connect("doctree-read", _note_pages, priority=900)  # after every other handler that may add links
    app.connect("html-collect-pages", _collect_pages)
    _LINKED.connect(app)
