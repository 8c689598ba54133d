"""Sphinx extension of the site: report results, API pages, citations, formulas, and fixes of the HTML."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from fmnist_site import (
    api_reference,
    cite,
    claims,
    edition,
    elements,
    glossary,
    head,
    home,
    html_fixes,
    mathml,
    not_found,
    notebook_cache,
    notebook_outputs,
    number_role,
    other_projects,
    packages,
    parallel_readers,
    preload,
    record_lists,
    repository,
    results,
    sitemap,
    source_pages,
    student_notebook,
    tables,
    used_in,
)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register all parts."""
    for part in (
        parallel_readers,
        notebook_cache,
        student_notebook,
        elements,
        tables,
        mathml,
        record_lists,
        number_role,
        claims,
        results,
        home,
        glossary,
        packages,
        notebook_outputs,
        source_pages,
        api_reference,
        used_in,
        other_projects,
        cite,
        html_fixes,
        edition,
        head,
        not_found,
        repository,
        preload,
        sitemap,
    ):
        part.setup(app)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
