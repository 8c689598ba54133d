"""Measure what has no valid record yet, over any `concurrent.futures` executor, and record each run as it ends."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec
import psutil

from fmnist_ref import FmnistRefError
from report.experiments.hardware import HUGE_PAGES
from report.plan import Run
from report.record.environment import usable_cores
from report.record.store import Record, RecordStore, results_checksum
from report.run import processes, worker

ATTEMPTS = 2


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A run that could not be measured, and why."""

    run: Run
    why: str


class ExecutorFactory(Protocol):
    """Makes an executor of so many workers, each with so many threads."""

    def __call__(self, *, workers: int, threads: int) -> Executor:
        """Make one; the runner shuts it down."""
        ...


def local_executor(*, workers: int, threads: int) -> ProcessPoolExecutor:
    """Make a pool of worker processes on this machine; where they share an import, they share the 200 MB of PyTorch."""
    os.environ.setdefault(HUGE_PAGES, "1")  # batches are gathered from all over the images: fewer pages, fewer look-ups
    context = processes.context(worker.__name__)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=worker.start, initargs=(threads,))


class Runner:
    """
    Measures runs and writes their records.

    Parameters
    ----------
    store : RecordStore
        Where records are looked up and written.
    folder : Path
        The data set.
    workers : int
        Runs under way at a time; those that measure time go one at a time, on all cores.
    on_end : callable
        Called with each run and its record or failure, as it ends.
    make_executor : ExecutorFactory
        Where runs are measured.
    make_timing_executor : ExecutorFactory, optional
        Where those are that measure time; the same by default.
    """

    def __init__(
        self,
        store: RecordStore,
        folder: Path,
        *,
        workers: int,
        on_end: Callable[[Run, Record | Failure], None],
        make_executor: ExecutorFactory = local_executor,
        make_timing_executor: ExecutorFactory | None = None,
    ) -> None:
        self.store = store
        self.folder = str(folder)
        self.workers = workers
        self.on_end = on_end
        self.make_executor = make_executor
        self.make_timing_executor = make_timing_executor or make_executor
        self.failures: dict[str, Failure] = {}
        self._attempts: Counter[str] = Counter()

    def run(self, runs: Iterable[Run]) -> list[Failure]:
        """Measure every run that has no valid record; one that fails twice is reported and the rest go on."""
        planned = list(runs)
        pooled = [run for run in planned if not run.exclusive]
        timing = [run for run in planned if run.exclusive]
        self._drain(pooled, self.workers, partial(self.make_executor, threads=1))
        self._drain(timing, 1, partial(self.make_timing_executor, threads=usable_cores()))
        return [self.failures[run.id] for run in planned if run.id in self.failures]

    def _drain(self, runs: list[Run], workers: int, make_executor: Callable[..., Executor]) -> None:
        waiting = [run for run in runs if self.store.status(run).state != "done"]
        suspects: list[Run] = []  # under way when a worker died: tried again one at a time, to know which it was
        while waiting or suspects:
            batch, width = ([suspects.pop(0)], 1) if suspects else (waiting, workers)
            with _killed_on_interrupt(make_executor(workers=width)) as executor:
                suspects += self._pump(executor, batch, width)

    def _pump(self, executor: Executor, waiting: list[Run], width: int) -> list[Run]:
        """Keep the executor busy until nothing waits or it breaks; return the runs that a breakage interrupted."""
        under_way: dict[Future[worker.Measured], Run] = {}
        interrupted: list[Run] = []
        while (waiting and not interrupted) or under_way:
            while not interrupted and len(under_way) < width and (run := self._next_ready(waiting)):
                under_way[self._submit(executor, run)] = run
            if not under_way:
                self._fail_blocked(waiting)
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                run = under_way.pop(future)
                problem = future.exception()
                if problem is None:
                    self._record(run, future.result())
                elif isinstance(problem, BrokenExecutor):
                    # Among several under way no one can tell whose fault it was: that is found out one at a time.
                    if width > 1 or not self._failed_again(run, problem):
                        interrupted.append(run)
                elif not self._failed_again(run, problem):
                    waiting.insert(0, run)
        return interrupted

    def _next_ready(self, waiting: list[Run]) -> Run | None:
        for position, run in enumerate(waiting):
            if all(self.store.status(needed).state == "done" for needed in run.depends_on):
                return waiting.pop(position)
        return None

    def _submit(self, executor: Executor, run: Run) -> Future[worker.Measured]:
        inputs = {needed.id: self._record_of(needed).results for needed in run.depends_on}
        return executor.submit(worker.measure, run, inputs, self.folder)

    def _record_of(self, run: Run) -> Record:
        record = self.store.status(run).record
        if record is None:
            raise LookupError(run.id)
        return record

    def _record(self, run: Run, measured: worker.Measured) -> None:
        record = Record.of(
            run,
            depends_on={needed.id: results_checksum(self._record_of(needed)) for needed in run.depends_on},
            results=measured.results,
            wall_seconds=measured.wall_seconds,
            peak_memory_bytes=measured.peak_memory_bytes,
            environment=measured.environment,
            data_sha256=self.store.data_sha256,
        )
        self.store.write(record)
        self.on_end(run, record)

    def _failed_again(self, run: Run, problem: BaseException) -> bool:
        self._attempts[run.id] += 1
        if self._attempts[run.id] < ATTEMPTS:
            return False
        why = str(problem) if isinstance(problem, FmnistRefError) else f"{type(problem).__name__}: {problem}"
        self._fail(run, "its worker died, twice" if isinstance(problem, BrokenExecutor) else why)
        return True

    def _fail_blocked(self, waiting: list[Run]) -> None:
        while waiting:
            run = waiting.pop()
            self._fail(run, "a run that it reads from could not be measured")

    def _fail(self, run: Run, why: str) -> None:
        self.failures[run.id] = Failure(run=run, why=" ".join(why.split()))
        self.on_end(run, self.failures[run.id])


@contextmanager
def _killed_on_interrupt(executor: Executor) -> Iterator[Executor]:
    """Wait for the executor's work as usual, but end it at once when this process is told to stop."""
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.terminate()  # which the keeper of shared semaphores outlives, as it must, to remove them
        raise
    executor.shutdown()
