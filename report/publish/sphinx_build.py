"""
The process in which Sphinx builds the site: ``python -m report.publish.sphinx_build`` takes the arguments of ``python -m sphinx``.

Without arguments it first imports what a build needs, which takes seconds. Then it reads the arguments from standard input, the bytes
of each in hexadecimal: the process that writes them may have another locale, in which file names are decoded differently.

It doesn't collect garbage. A build lasts seconds and leaves little; collecting took a third of the time, a part of that at the end.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from queue import SimpleQueue
from threading import Thread

from sphinx.cmd.build import main

IMPORTED = (
    "fmnist_ref",
    "torchvision",
    "report.render.artifacts",
    "report.render.markdown",
    "report.render.page_data",
    "jupyter_cache.cache.main",
    "myst_nb.sphinx_ext",
    "sphinx.builders.html",
    "sphinx_codeautolink",
)
"""What the extensions of ``docs/conf.py`` spend their time importing."""


def wait_for_arguments() -> list[str]:
    """Import what a build needs, until standard input has the arguments; return them, or exit if it ends without."""
    lines: SimpleQueue[str] = SimpleQueue()
    Thread(target=lambda: lines.put(sys.stdin.readline()), daemon=True).start()
    for name in IMPORTED:
        if not lines.empty():
            break
        importlib.import_module(name)
    line = lines.get()
    if not line:
        sys.exit()  # nobody wants a site any more
    return [os.fsdecode(bytes.fromhex(word)) for word in line.split()]


if __name__ == "__main__":
    gc.disable()
    status = main(sys.argv[1:] or wait_for_arguments())
    gc.freeze()  # Python looks once more at its end, whether that is disabled or not
    sys.exit(status)
