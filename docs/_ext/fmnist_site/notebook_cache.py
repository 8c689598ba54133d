"""Create the cache of live cells before parallel read jobs start."""

from __future__ import annotations

from jupyter_cache import get_cache
from sphinx.application import Sphinx


def _make_cache(app: Sphinx) -> None:
    """Create the tables of the cache now. If several jobs tried at once, all but one would fail."""
    if getattr(app.config, "nb_execution_mode", "off") == "cache":  # missing in a build without MyST-NB
        get_cache(app.config.nb_execution_cache_path).list_cache_records()  # any query creates the tables


def setup(app: Sphinx) -> None:
    """Connect to the start of the build, before pages are distributed among jobs."""
    app.connect("builder-inited", _make_cache)
