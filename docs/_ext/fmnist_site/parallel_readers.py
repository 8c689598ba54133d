"""
End the jobs that read pages when a build fails.

Where one of them raises an error, Sphinx terminates the others. A job that is just executing cells ignores that: nbclient
handles the signal. It goes on, and then waits for Sphinx to take what it has read, while Python, at its end, waits for the
job: the build would hang instead of failing.
"""

from __future__ import annotations

import atexit
import multiprocessing

from sphinx.application import Sphinx


def _kill() -> None:
    for job in multiprocessing.active_children():  # none after a build that has ended well
        job.kill()


def setup(app: Sphinx) -> None:
    """Connect to the end of the process: what is registered last is called first, so before Python waits."""
    del app
    atexit.register(_kill)
