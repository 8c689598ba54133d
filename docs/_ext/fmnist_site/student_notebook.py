"""
Publish the corrected notebook.

Its text and code are those of a script in ``docs/notebooks``; its outputs are those of the notebook beside it, which
``docs/notebooks/execute.py`` writes. A build fails if the script has changed since.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from fmnist_site.notebook_outputs import fill_outputs

NAME = "fashion_mnist_corrected"
SCRIPT = Path(__file__).parents[2] / "notebooks" / f"{NAME}.py"
EXECUTED = SCRIPT.with_suffix(".ipynb")
ANSWERS = "../answers/"
"""How the script links to the answers: relative to the folder ``notebooks`` of the site."""


def to_notebook(base_url: str = "") -> nbformat.NotebookNode:
    """
    Convert the script to a Jupyter notebook without outputs.

    Parameters
    ----------
    base_url : str
        Address of the site, for links that still work once the notebook has been downloaded; empty if unknown.
    """
    notebook = jupytext.read(SCRIPT)
    for place, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{place}"  # nbformat would draw one at random
        cell["metadata"] = {}
        if base_url and cell["cell_type"] == "markdown":
            cell["source"] = cell["source"].replace(f"]({ANSWERS}", f"]({base_url.rstrip('/')}/answers/")
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=notebook.cells, metadata=metadata)


def _publish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        folder = Path(app.outdir, "notebooks")
        folder.mkdir(exist_ok=True)
        notebook = to_notebook(app.config.html_baseurl)
        try:
            fill_outputs(notebook, nbformat.read(EXECUTED, as_version=4))
        except ExtensionError as stale:
            message = f"{EXECUTED.name} must have the code of {SCRIPT.name}, which has changed. Run `tox -e notebook`."
            raise ExtensionError(message) from stale
        nbformat.write(notebook, folder / EXECUTED.name)


def setup(app: Sphinx) -> None:
    """Connect to the end of the build."""
    app.connect("build-finished", _publish)
