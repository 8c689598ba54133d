"""Write `sitemap.xml` and `llms.txt`, and remove a template that the theme leaves in the output."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from sphinx.application import Sphinx

from fmnist_site.citation import read_citation

SECTIONS = {"answers/": "Answers", "guide/": "Guide", "api/": "API"}


def _write(app: Sphinx, error: Exception | None) -> None:
    base = app.config.html_baseurl.rstrip("/")
    if error or not base or app.builder.name != "html":
        return
    documents = sorted(app.env.found_docs)
    addresses = [f"{base}/{app.builder.get_target_uri(document)}" for document in documents]
    urls = "".join(f"  <url><loc>{escape(address)}</loc></url>\n" for address in addresses)
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    Path(app.outdir, "sitemap.xml").write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{sitemap}', encoding="utf-8")
    Path(app.outdir, "llms.txt").write_text(_overview(app, base), encoding="utf-8")


def _overview(app: Sphinx, base: str) -> str:
    """Return the content of `llms.txt`: title, summary, and the titles of all pages by section."""
    citation = read_citation()
    lines = [f"# {citation.title}", "", f"> {citation.abstract}"]
    others = [name for name in sorted(app.env.found_docs) if not name.startswith(tuple(SECTIONS))]
    for prefix, heading in SECTIONS.items():
        lines += ["", f"## {heading}", ""]
        lines += [_entry(app, base, name) for name in sorted(app.env.found_docs) if name.startswith(prefix)]
    return "\n".join([*lines, "", "## More", "", *[_entry(app, base, name) for name in others], ""])


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
