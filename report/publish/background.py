"""Publish sites in the background, while the runs whose results they show go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from time import perf_counter

from report.plan import Run

INTERVAL = 300.0
"""Seconds from the start of one site to that of the next: each takes a core about 20 seconds, which the runs lose."""


class BackgroundPublisher:
    """
    Publishes a site whenever a phase of the plan has ended, in a thread of its own, while runs go on.

    Parameters
    ----------
    publish : callable
        Publishes what there is.
    phases : iterable of list of Run
        A site is due when all runs of one of them have ended. It is left out if the one before began less than `INTERVAL` ago.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(
        self, publish: Callable[[], object], phases: Iterable[list[Run]], clock: Callable[[], float] = perf_counter
    ) -> None:
        self._publish = publish
        self._phases = [{run.id for run in phase} for phase in phases]
        self._clock = clock
        self._began: float | None = None
        self._thread: threading.Thread | None = None
        self._problem: Exception | None = None

    def on_end(self, run: Run) -> None:
        """Note that a run has ended; start a site if it is due."""
        is_due = False
        for phase in self._phases:
            if run.id in phase:
                phase.remove(run.id)
                is_due = not phase
        if is_due and (self._began is None or self._clock() - self._began >= INTERVAL):
            self.wait()
            self._began = self._clock()
            self._thread = threading.Thread(target=self._run, daemon=True)  # an interrupted report does not wait for it
            self._thread.start()

    def wait(self) -> None:
        """Wait for the site that is being made, if any; raise what went wrong with it."""
        if self._thread is not None:
            self._thread.join()
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            self._publish()
        except Exception as problem:  # raised in the thread that waits
            self._problem = problem
