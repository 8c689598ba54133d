"""Names noted for each document while it is read, in Sphinx's environment."""

from __future__ import annotations

from collections.abc import Iterable

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


class Notes:
    """
    A set of names for each document, under one name in the environment.

    Parameters
    ----------
    name : str
        What is noted.
    """

    def __init__(self, name: str) -> None:
        self._attribute = f"fmnist_{name}"

    def of(self, env: BuildEnvironment) -> dict[str, set[str]]:
        """Return the names by document."""
        table: dict[str, set[str]] = vars(env).setdefault(self._attribute, {})
        return table

    def all(self, env: BuildEnvironment) -> set[str]:
        """Return the names of all documents together."""
        return set().union(*self.of(env).values())

    def connect(self, app: Sphinx) -> None:
        """Forget documents that are read again, and collect what parallel readers have noted."""
        app.connect("env-purge-doc", self._forget)
        app.connect("env-merge-info", self._merge)

    def _forget(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        self.of(env).pop(docname, None)

    def _merge(self, app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
        read = set(docnames)
        self.of(env).update({name: names for name, names in self.of(other).items() if name in read})
