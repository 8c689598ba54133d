"""Write `sitemap.xml`, `llms.txt` and `switcher.json`, and remove a template that the theme leaves in the output."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

from sphinx.application import Sphinx

from fmnist_site import not_found
from fmnist_site.citation import read_citation

SECTIONS = {"answers/": "Answers", "guide/": "Guide", "api/": "API"}


def _write(app: Sphinx, error: Exception | None) -> None:
    base = app.config.html_baseurl.rstrip("/")
    if error or not base or app.builder.name != "html":
        return
    documents = _documents(app)
    addresses = [f"{base}/{app.builder.get_target_uri(document)}" for document in documents]
    urls = "".join(f"  <url><loc>{escape(address)}</loc></url>\n" for address in addresses)
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    Path(app.outdir, "sitemap.xml").write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{sitemap}', encoding="utf-8")
    version = str(app.config.version)
    entry = {"name": version, "version": version, "url": f"{base}/{version}/", "preferred": True}
    Path(app.outdir, "switcher.json").write_text(json.dumps([entry], indent=1) + "\n", encoding="utf-8")
    Path(app.outdir, "llms.txt").write_text(_overview(app, base), encoding="utf-8")


def _overview(app: Sphinx, base: str) -> str:
    """Return the content of `llms.txt`: title, summary, and the titles of all pages by section."""
    citation = read_citation()
    lines = [f"# {citation.title}", "", f"> {citation.abstract}"]
    others = [name for name in _documents(app) if not name.startswith(tuple(SECTIONS))]
    for prefix, heading in SECTIONS.items():
        lines += ["", f"## {heading}", ""]
        lines += [_entry(app, base, name) for name in _documents(app) if name.startswith(prefix)]
    return "\n".join([*lines, "", "## More", "", *[_entry(app, base, name) for name in others], ""])


def _documents(app: Sphinx) -> list[str]:
    return sorted(app.env.found_docs - {not_found.PAGE})


def _entry(app: Sphinx, base: str, document: str) -> str:
    return f"- [{app.env.titles[document].astext()}]({base}/{app.builder.get_target_uri(document)})"


def _remove_template(app: Sphinx, error: Exception | None) -> None:
    """Remove a template that the theme copies to the output."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / "_static" / "webpack-macros.html").unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Connect to the end of the build."""
    app.connect("build-finished", _remove_template)
    app.connect("build-finished", _write)
