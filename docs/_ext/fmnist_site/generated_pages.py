"""Let Sphinx find the pages that autosummary has generated, for extensions that ask what is to be read before it is."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


def _find(app: Sphinx) -> None:
    app.env.find_files(app.config, app.builder)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to the start of the build; in `conf.py`, this follows autosummary and precedes sphinx_codeautolink."""
    app.connect("builder-inited", _find)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
