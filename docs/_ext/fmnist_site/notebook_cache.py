"""Create the cache of live cells before parallel read jobs start, and keep them from emptying it."""

from __future__ import annotations

from jupyter_cache import get_cache
from jupyter_cache.cache.main import JupyterCacheBase
from sphinx.application import Sphinx


def _make_cache(app: Sphinx) -> None:
    """
    Create the tables of the cache now, and remove its oldest notebooks. If several jobs tried at once, all but one would fail.

    jupyter-cache removes them each time that a notebook is added. It lists which to keep, and then which there are besides: what
    another job has added in between is removed, or, if it is not written yet, ends the build.
    """
    if getattr(app.config, "nb_execution_mode", "off") == "cache":  # missing in a build without MyST-NB
        get_cache(app.config.nb_execution_cache_path).truncate_caches()
        JupyterCacheBase.truncate_caches = lambda self: None


def setup(app: Sphinx) -> None:
    """Connect to the start of the build, before pages are distributed among jobs."""
    app.connect("builder-inited", _make_cache)
