"""Where runs are measured: in processes of this machine, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from report.plan import Run
from report.record.environment import usable_cores
from report.record.store import Record, RecordStore
from report.run.cluster import connect
from report.run.executor import ExecutorFactory, Failure, Runner, local_executor


@dataclass(frozen=True)
class Backend:
    """Where runs are measured, and how many at a time."""

    workers: int
    """Runs under way at a time; those that measure time go one at a time."""
    make_executor: ExecutorFactory = local_executor
    make_timing_executor: ExecutorFactory = local_executor
    """For runs that measure time: they stay on this machine."""

    def runner(self, store: RecordStore, folder: Path, on_end: Callable[[Run, Record | Failure], None]) -> Runner:
        """Return a runner that measures here, on the images in a folder."""
        return Runner(
            store,
            folder,
            workers=self.workers,
            on_end=on_end,
            make_executor=self.make_executor,
            make_timing_executor=self.make_timing_executor,
        )


@contextmanager
def open_backend(scheduler: str | None, workers: int | None) -> Iterator[Backend]:
    """Use this machine's processes or, for as long as the context lasts, the cluster of a scheduler's address."""
    if scheduler is None:
        yield Backend(workers or usable_cores())
    else:
        with connect(scheduler) as cluster:
            # one for each worker: a run that waits on a worker would be lost along with the one that kills it
            yield Backend(workers or cluster.workers, make_executor=cluster.make_executor)
