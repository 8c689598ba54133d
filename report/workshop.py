"""Where runs are measured: this machine's processes, or a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from report.cluster import connect
from report.environment import usable_cores
from report.runner import ExecutorFactory, local_executor


class Workshop(msgspec.Struct, frozen=True, kw_only=True):
    """Where runs are measured, and how many at a time. Those that measure time stay on this machine, one at a time."""

    make_executor: ExecutorFactory
    workers: int


@contextmanager
def workshop(scheduler: str | None, workers: int | None) -> Iterator[Workshop]:
    """Open a cluster, if one is named, for as long as runs are measured; without one, this machine's processes."""
    if scheduler is None:
        yield Workshop(make_executor=local_executor, workers=workers or usable_cores())
    else:
        with connect(scheduler) as cluster:
            # one for each worker: a run that waits on a worker would be lost along with the one that kills it
            yield Workshop(make_executor=cluster.make_executor, workers=workers or cluster.workers)
