"""Copy the outputs of live cells to the notebooks that readers download."""

from __future__ import annotations

from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

EXECUTED = "jupyter_execute"
"""Folder beside the site to which MyST-NB writes the notebook of each page that it has read."""


def fill_outputs(notebook: nbformat.NotebookNode, executed: nbformat.NotebookNode) -> None:
    """Copy the outputs of each code cell from the page that was run, which has the same cells."""
    cells, run = ([cell for cell in one.cells if cell.cell_type == "code"] for one in (notebook, executed))
    if [cell.source.strip() for cell in cells] != [cell.source.strip() for cell in run]:
        raise ExtensionError("a notebook and its page must have the same code cells")
    for cell, done in zip(cells, run, strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count


def _fill_all(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html" or getattr(app.config, "nb_execution_mode", "off") == "off":
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    for path in sorted(Path(app.outdir, "notebooks").glob("*.ipynb")):
        executed = Path(app.outdir).parent / EXECUTED / "answers" / path.name
        if executed.is_file():
            notebook = nbformat.read(path, as_version=4)
            # MyST-NB writes no outputs where it has taken them from the cache
            _, with_outputs = cache.merge_match_into_notebook(nbformat.read(executed, as_version=4))
            fill_outputs(notebook, with_outputs)
            nbformat.write(notebook, path)


def setup(app: Sphinx) -> None:
    """Connect to the end of the build."""
    app.connect("build-finished", _fill_all)
