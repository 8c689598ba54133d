"""Output that can't end a run: symbols that a terminal can't show, and pipes or disks that take nothing more."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any

SUPERSCRIPTS = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
SUBSTITUTES = str.maketrans("✓✗∅·…×−–─→’‘“”µ\xa0\u202f\u2009" + SUPERSCRIPTS, "+x0-.x--->''\"\"u   " + "-0123456789")
"""ASCII characters of the same width, so that tables stay aligned."""


@contextmanager
def safe_output() -> Iterator[None]:
    """Print in this context without errors, whatever standard output and standard error are."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="ascii_symbols")
    out, err = (stream and _SafeStream(stream) for stream in (sys.stdout, sys.stderr))  # None if closed from the start
    with redirect_stdout(out), redirect_stderr(err):
        yield


def _ascii_symbols(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace characters that an encoding lacks, as an error handler of `codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    try:
        return missing.encode(error.encoding, "surrogateescape"), error.end  # bytes of a path, not characters
    except UnicodeEncodeError:
        power = "^" if missing[0] in SUPERSCRIPTS else ""
        return power + missing.translate(SUBSTITUTES).encode("ascii", "backslashreplace").decode(), error.end


codecs.register_error("ascii_symbols", _ascii_symbols)


class _SafeStream:
    """A stream that discards what is written to it once its pipe is closed or its disk is full."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text, if that is possible."""
        try:
            self._stream.write(text)
        except OSError:
            self._discard()
        return len(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        try:
            self._stream.flush()
        except OSError:
            self._discard()

    def _discard(self) -> None:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
