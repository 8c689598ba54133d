"""Live cells: the cache of their results, made before the jobs that share it."""

from __future__ import annotations

from jupyter_cache import get_cache
from sphinx.application import Sphinx


def _make_cache(app: Sphinx) -> None:
    """Make the cache's tables: of several jobs that each found none, one would make them and the others fail."""
    if getattr(app.config, "nb_execution_mode", "off") == "cache":  # a build without MyST-NB has no such setting
        get_cache(app.config.nb_execution_cache_path).list_cache_records()  # any question makes them


def setup(app: Sphinx) -> None:
    """Connect to the beginning of the build, before pages are shared out among jobs."""
    app.connect("builder-inited", _make_cache)
