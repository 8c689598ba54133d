"""
Run the experiments: measure every run that has no valid record, in any `concurrent.futures` executor.

If a worker dies, the runs that were under way are repeated, one at a time. A run whose worker dies twice while it is alone has
failed, and with it those that depend on it; all others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from fmnist_ref import FmnistRefError
from report.experiments.hardware import HUGE_PAGES
from report.plan import Run
from report.record.environment import usable_cores
from report.record.store import Measured, Record, RecordStore, results_checksum
from report.run import worker

ATTEMPTS = 2
MAX_WINDOWS_WORKERS = 61
"""Windows can't wait for more processes at once."""

ExecutorFactory = Callable[[int, int], Executor]
"""Makes an executor, given the number of workers and of threads in each worker."""


@dataclass(frozen=True)
class Failure:
    """A run that could not be measured, and why."""

    run: Run
    why: str


def local_executor(workers: int, threads: int, *, gives_way: bool = True) -> ProcessPoolExecutor:
    """
    Make a pool of worker processes on this machine.

    By default they give way to other processes: to a site that is made while runs go on, and to what else the user does.

    Workers are never forks of this process: fork and PyTorch's thread pools deadlock. On Linux they are forks of a server
    process that has imported the worker module and done nothing else. They start in milliseconds and share the 200 MB of
    PyTorch. On other systems each worker imports PyTorch for itself.
    """
    os.environ.setdefault(HUGE_PAGES, "1")  # batches are gathered from all over the images: large pages are faster
    context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    if sys.platform == "linux":
        context.set_forkserver_preload([worker.__name__])
    elif sys.platform == "win32":
        workers = min(workers, MAX_WINDOWS_WORKERS)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=worker.start, initargs=(threads, gives_way))


def timing_executor(workers: int, threads: int) -> ProcessPoolExecutor:
    """Make a pool for runs that measure time, which give way to nothing."""
    return local_executor(workers, threads, gives_way=False)


@dataclass(frozen=True)
class Backend:
    """Where runs are measured, and how many at a time."""

    workers: int
    """Runs under way at a time. Runs that measure time go one at a time, on all cores."""
    make_executor: ExecutorFactory = local_executor
    make_timing_executor: ExecutorFactory = timing_executor
    """For runs that measure time: with a cluster too, they stay on this machine."""


class Runner:
    """
    Measures runs and writes their records.

    Parameters
    ----------
    store : RecordStore
        Where records are looked up and written.
    folder : Path
        The data set.
    backend : Backend
        Where runs are measured.
    on_end : callable
        Called with each run and its record or failure, as the run ends.
    """

    def __init__(
        self, store: RecordStore, folder: Path, backend: Backend, on_end: Callable[[Run, Record | Failure], None]
    ) -> None:
        self.store = store
        self.folder = str(folder)
        self.backend = backend
        self.on_end = on_end
        self.failures: dict[str, Failure] = {}
        self._attempts: Counter[str] = Counter()

    def run(self, runs: Iterable[Run]) -> list[Failure]:
        """Measure every run that has no valid record. A run that fails twice is returned as a failure; the others go on."""
        planned = list(runs)
        backend = self.backend
        self._drain([run for run in planned if not run.exclusive], backend.workers, backend.make_executor, threads=1)
        timing = [run for run in planned if run.exclusive]
        self._drain(timing, 1, backend.make_timing_executor, threads=usable_cores())
        return [self.failures[run.id] for run in planned if run.id in self.failures]

    def _drain(self, runs: list[Run], workers: int, make_executor: ExecutorFactory, threads: int) -> None:
        waiting = [run for run in runs if self.store.status(run).state != "done"]
        suspects: list[Run] = []  # under way when a worker died: repeated one at a time, to find out which was to blame
        while waiting or suspects:
            batch, width = ([suspects.pop(0)], 1) if suspects else (waiting, workers)
            with _killed_on_interrupt(make_executor(width, threads)) as executor:
                suspects += self._pump(executor, batch, width)

    def _pump(self, executor: Executor, waiting: list[Run], width: int) -> list[Run]:
        """Keep the executor busy until nothing waits or it breaks; return the runs that a breakage interrupted."""
        under_way: dict[Future[Measured], Run] = {}
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
                    # With several under way, any of them may be to blame: none is counted as failed yet.
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

    def _submit(self, executor: Executor, run: Run) -> Future[Measured]:
        inputs = {id: record.results for id, record in self.store.valid(run.depends_on).items()}
        try:
            return executor.submit(worker.measure, run, inputs, self.folder)
        except BrokenExecutor as problem:  # a worker died while this process wrote a record
            refused: Future[Measured] = Future()
            refused.set_exception(problem)
            return refused

    def _record(self, run: Run, measured: Measured) -> None:
        depends_on = {id: results_checksum(record) for id, record in self.store.valid(run.depends_on).items()}
        record = Record.of(run, measured, depends_on, self.store.data_sha256)
        self.on_end(run, self.store.write(record))

    def _failed_again(self, run: Run, problem: BaseException) -> bool:
        self._attempts[run.id] += 1
        if self._attempts[run.id] < ATTEMPTS:
            return False
        why = str(problem) if isinstance(problem, FmnistRefError) else f"{type(problem).__name__}: {problem}"
        self._fail(run, "its worker died, twice" if isinstance(problem, BrokenExecutor) else why)
        return True

    def _fail_blocked(self, waiting: list[Run]) -> None:
        while waiting:
            self._fail(waiting.pop(), "a run that it depends on could not be measured")

    def _fail(self, run: Run, why: str) -> None:
        self.failures[run.id] = Failure(run, " ".join(why.split()))
        self.on_end(run, self.failures[run.id])


@contextmanager
def _killed_on_interrupt(executor: Executor) -> Iterator[Executor]:
    """Wait for the executor's work as usual, but kill its workers at once when this process is interrupted."""
    with terminating_children():
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    executor.shutdown()


@contextmanager
def terminating_children() -> Iterator[None]:
    """Terminate the processes that were started in this context, and theirs, if it ends with an exception."""
    this = psutil.Process()
    before = set(this.children(recursive=True))
    try:
        yield
    except BaseException:
        for process in set(this.children(recursive=True)) - before:
            with suppress(psutil.NoSuchProcess):
                process.terminate()  # multiprocessing's resource tracker ignores this, so that it can clean up
        raise
