"""Write the corrected notebook, whose source is a script in ``docs/notebooks``, as a file to download."""

from __future__ import annotations

from pathlib import Path

import jupytext
from sphinx.application import Sphinx

NAME = "fashion_mnist_corrected"
SCRIPT = Path(__file__).parents[2] / "notebooks" / f"{NAME}.py"
ANSWERS = "../answers/"
"""How the script links to the answers: relative to the folder ``notebooks`` of the site."""


def to_notebook(base_url: str = "") -> str:
    """
    Convert the script to the JSON of a Jupyter notebook, without outputs.

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
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return str(jupytext.writes(notebook, fmt="ipynb"))


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        folder = Path(app.outdir, "notebooks")
        folder.mkdir(exist_ok=True)
        (folder / f"{NAME}.ipynb").write_text(to_notebook(app.config.html_baseurl), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect to the end of the build."""
    app.connect("build-finished", _write)
