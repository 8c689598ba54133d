"""
Sphinx without a search for garbage: ``python -m report.publish.sphinx_build`` takes the arguments of ``python -m sphinx``.

A build lasts seconds and leaves little garbage. To look for it took a third of the time, a part of that when the process ended.
"""

from __future__ import annotations

import gc
import sys

from sphinx.cmd.build import main

if __name__ == "__main__":
    gc.disable()
    status = main(sys.argv[1:])
    gc.freeze()  # Python looks once more at its end, whether that is disabled or not
    sys.exit(status)
