"""
Publish the corrected notebook, and link to Colab, which opens it from a repository on GitHub.

Its text and code are those of a script in ``docs/notebooks``; its outputs are those of the notebook beside it, which
``docs/notebooks/execute.py`` writes. A build fails if the script has changed since. The notebooks of answer pages have
no link to Colab: they are made with the site, so no repository holds them.
"""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from fmnist_site.notebook_outputs import fill_outputs
from fmnist_site.repository import BRANCH

NAME = "fashion_mnist_corrected"
SCRIPT = Path(__file__).parents[2] / "notebooks" / f"{NAME}.py"
EXECUTED = SCRIPT.with_suffix(".ipynb")
ANSWERS = "../answers/"
"""How the script links to the answers: relative to the folder ``notebooks`` of the site."""
GITHUB = re.compile(r"https?://(?:www\.)?github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/*")


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


def colab_address(repository: str) -> str:
    """Return the address at which Colab opens the notebook of a repository; empty unless that is on GitHub."""
    found = GITHUB.fullmatch(repository)
    path = f"{found[1]}/blob/{BRANCH}/docs/notebooks/{EXECUTED.name}" if found else ""
    return path and f"https://colab.research.google.com/github/{path}"


class ColabLink(nodes.General, nodes.Element):
    """Stands where a page has the link to Colab, until the page is written."""


class OpenInColab(SphinxDirective):
    """``{open-in-colab}``: a link that opens the corrected notebook in Colab, or nothing without a GitHub repository."""

    def run(self) -> list[nodes.Node]:
        """Return a placeholder."""
        return [ColabLink()]


def _link(app: Sphinx, doctree: nodes.document, page: str) -> None:
    address = colab_address(app.config.html_context.get("repository", ""))
    for node in list(doctree.findall(ColabLink)):
        link = nodes.paragraph("", "", nodes.reference("", "Open it in Colab", refuri=address))
        node.replace_self([link] if address else [])


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
    """Register the directive, and connect to the writing of pages and the end of the build."""
    app.add_node(ColabLink)
    app.add_directive("open-in-colab", OpenInColab)
    app.connect("doctree-resolved", _link)
    app.connect("build-finished", _publish)
