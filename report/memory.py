"""Remember what was made from the same records by the same code, so that a new template does not wait for old figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import matplotlib as mpl
import msgspec
import numpy as np
import scipy

from report.files import remove_others, write_if_changed

PACKAGE = Path(__file__).parent
Value = TypeVar("Value")


class Memory:
    """
    Values on disk, by a digest of all that they depend on.

    Parameters
    ----------
    folder : Path or None
        Where they lie; None remembers nothing.
    basis : str
        What every value depends on besides the code: the fingerprint of the records, say.
    """

    def __init__(self, folder: Path | None, basis: str) -> None:
        self.folder = folder
        self.basis = basis
        self._used: set[Path] = set()

    def recall(
        self,
        name: str,
        kind: type[Value],
        make: Callable[[], Value],
        still_good: Callable[[Value], bool] = lambda _: True,
    ) -> Value:
        """
        Return a value made earlier, or make it.

        Parameters
        ----------
        name : str
            What the value is, unlike any other's.
        kind : type
            Its type, for reading it back.
        make : callable
            Makes it.
        still_good : callable
            Says whether what goes with it (files, say) is still there.
        """
        if self.folder is None:
            return make()
        digest = hashlib.sha256("\n".join((name, self.basis, code_fingerprint())).encode()).hexdigest()
        path = Path(f"{digest}.json")
        self._used.add(path)
        try:
            known = msgspec.json.decode((self.folder / path).read_bytes(), type=kind)
            if still_good(known):
                return known
        except (OSError, msgspec.MsgspecError):
            pass  # not made yet, or damaged: it is made again
        value = make()
        write_if_changed(self.folder / path, msgspec.json.encode(value))
        return value

    def forget_others(self) -> None:
        """Delete what was not asked for."""
        if self.folder is not None:
            remove_others(self.folder, self._used)


@cache
def code_fingerprint() -> str:
    """Digest the report's source, and the versions of what computes and draws."""
    digest = hashlib.sha256(f"{mpl.__version__} {np.__version__} {scipy.__version__}".encode())
    for path in _sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterable[Path]:
    return sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.csv")])
