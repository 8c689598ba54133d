"""The site's own Sphinx extension: evidence shown in pages, functions to cite, and repairs for accessibility."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from fmnist_site import (
    cells,
    citation,
    claims,
    elements,
    first_paint,
    home,
    mathematics,
    measured,
    mending,
    publishing,
    reference,
    results,
    source,
    tables,
)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register everything."""
    for part in (
        cells,
        elements,
        tables,
        mathematics,
        measured,
        claims,
        results,
        home,
        source,
        reference,
        citation,
        mending,
    ):
        part.setup(app)
    first_paint.setup(app)
    publishing.setup(app)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
