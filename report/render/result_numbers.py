"""Numbers of figures and tables, given in the order in which an answer shows them."""

from __future__ import annotations

from collections import Counter


class ResultNumbers:
    """Numbers the figures and tables of an answer in the order in which its pages show them: ``Figure Q2.1``."""

    def __init__(self, prefix: str) -> None:
        self._begin = f"{prefix}." if prefix else ""
        self._count: Counter[str] = Counter()
        self._names: dict[str, str] = {}

    def name(self, kind: str, name: str) -> str:
        """Return the number of what is shown now, the next one when it is shown for the first time."""
        key = f"{kind}-{name}"
        if key not in self._names:
            self._count[kind] += 1
            self._names[key] = f"{kind.capitalize()} {self._begin}{self._count[kind]}"
        return self._names[key]

    def reference(self, kind: str, name: str) -> str:
        """Return the number of what is shown anywhere; a dash while the pages are rendered for the first time."""
        return self._names.get(f"{kind}-{name}", "–")
