"""How the processes of a report begin and end: those that measure, and those that draw."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import os
import signal
import sys
import threading


def context(module: str) -> multiprocessing.context.BaseContext:
    """
    Say how processes begin: never as forks of this one, since fork and torch's thread pools deadlock.

    On Linux they are forks of a server that has imported a module and done nothing else: they begin in milliseconds, and
    share what the import has made. There is one server, which imports what its first user names. Elsewhere each process
    imports for itself.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([module])
    return server


def begin() -> None:
    """Prepare a new process: Ctrl-C is left to its parent, with which it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)  # a killed parent closes no queue: without this the process would wait for ever
