"""Sets of names that are stored per document in Sphinx's build environment."""

from __future__ import annotations

from collections.abc import Iterable

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


class EnvStore:
    """
    A set of names for each document, in one attribute of the environment.

    Parameters
    ----------
    name : str
        Name of the attribute, without its prefix.
    """

    def __init__(self, name: str) -> None:
        self._attribute = f"fmnist_{name}"

    def of(self, env: BuildEnvironment) -> dict[str, set[str]]:
        """Return the sets of names by document. Changes are stored."""
        table: dict[str, set[str]] = vars(env).setdefault(self._attribute, {})
        return table

    def all(self, env: BuildEnvironment) -> set[str]:
        """Return the union of all documents' names."""
        return set().union(*self.of(env).values())

    def connect(self, app: Sphinx) -> None:
        """Purge documents that are read again, and merge the environments of parallel read jobs."""
        app.connect("env-purge-doc", self._purge)
        app.connect("env-merge-info", self._merge)

    def _purge(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        self.of(env).pop(docname, None)

    def _merge(self, app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
        read = set(docnames)
        self.of(env).update({name: names for name, names in self.of(other).items() if name in read})
