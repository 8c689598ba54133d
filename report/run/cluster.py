"""Measure runs on a Dask cluster, whose workers must have the same versions and code as this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import torch

from fmnist_ref import ConfigurationError, locate
from report.experiments import EXPERIMENTS
from report.plan import Inputs, Run
from report.record.environment import usable_cores
from report.record.store import Measured, code_of
from report.run.executor import Backend

CONNECT_SECONDS = 30
"""How long the scheduler and its first worker may take to answer."""
MeasureFunction = Callable[[Run, Inputs, str], Measured]


class WorkerLost(BrokenExecutor):
    """A worker of the cluster was lost with its runs; the runner then finds out which run was to blame."""


@contextmanager
def open_backend(scheduler: str | None, workers: int | None) -> Iterator[Backend]:
    """Use the processes of this machine or, inside this context, the cluster that has a scheduler's address."""
    if scheduler is None:
        yield Backend(workers or usable_cores())
    else:
        with connect(scheduler) as cluster:
            # No more runs than workers: a run that waits at a worker would be lost with the run that kills the worker.
            yield replace(cluster, workers=workers or cluster.workers)


@contextmanager
def connect(address: str) -> Iterator[Backend]:
    """
    Connect to a Dask scheduler and check its workers.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as ``tcp://host:8786``.

    Yields
    ------
    Backend
        Measures on the cluster as long as the connection is open, one run at a time on each worker.

    Raises
    ------
    ConfigurationError
        If `distributed` is not installed, no scheduler or worker answers, or a worker differs from this machine.
    """
    try:
        import distributed
        from distributed.comm.addressing import get_address_host_port
    except ModuleNotFoundError:
        raise ConfigurationError(
            "--scheduler needs the package distributed", "that it is not installed", "Install the extra `cluster`."
        ) from None
    try:
        get_address_host_port(address)
    except ValueError:  # a client would wait for a minute, and end in a traceback
        raise ConfigurationError(
            "--scheduler must be an address such as tcp://host:8786", repr(address), "Correct it."
        ) from None
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as problem:  # time-outs are OSErrors too
        raise ConfigurationError(
            "--scheduler must name a Dask scheduler that has a worker",
            f"none at {address} within {CONNECT_SECONDS} s ({type(problem).__name__})",
            "Start it, or correct the address.",
        ) from problem
    expected = describe()
    with client:
        check(client.nthreads(), client.run(describe, on_error="return"), expected)

        def make_executor(workers: int, threads: int) -> Executor:
            del workers  # the cluster has its own
            return ClusterExecutor(client, expected, threads)

        yield Backend(len(client.nthreads()), make_executor)


def describe() -> dict[str, str]:
    """Return what must be the same on every worker: versions, and digests of the code of every experiment."""
    versions = {name: version(name) for name in ("torch", "torchvision", "numpy")}
    codes = {f"the code of {name}": _digest(code_of(name)) for name in EXPERIMENTS}
    return versions | codes


def check(threads: Mapping[str, int], answers: Mapping[str, Any], expected: Mapping[str, str]) -> None:
    """
    Refuse a cluster with a worker whose records would differ.

    Parameters
    ----------
    threads : mapping of str to int
        Number of runs that a worker takes at a time, by the worker's address.
    answers : mapping of str to dict of str or Exception
        What `describe` returned on each worker, or raised, by address.
    expected : mapping of str to str
        What `describe` returns on this machine.

    Raises
    ------
    ConfigurationError
        Names the first such worker by its number: a log should not show addresses.
    """
    for number, (address, answer) in enumerate(answers.items(), start=1):
        who = f"worker {number} of {len(answers)} ({address.partition(':')[0]})"
        if isinstance(answer, BaseException):
            raise ConfigurationError(
                "every worker must have this checkout on its path",
                f"{who} with {type(answer).__name__}: {' '.join(str(answer).split())}",
                "Start the workers in the checkout.",
            )
        _require_same(answer, expected, who)
        _require_one_thread(threads.get(address, 1), who)


def measure_there(
    measure: MeasureFunction, expected: Mapping[str, str], threads: int, run: Run, inputs: Inputs, folder: str
) -> Measured:
    """
    Measure a run on a worker of the cluster.

    A worker that joins later misses the check at the start, so every worker checks itself before each run. Where the data
    folder doesn't exist, the worker uses its own copy of the data; `load` refuses all but the published data.
    """
    import distributed

    _require_same(describe(), expected, "a worker")
    _require_one_thread(distributed.get_worker().state.nthreads, "a worker")
    torch.set_num_threads(threads)
    return measure(run, inputs, folder if Path(folder).is_dir() else str(locate().folder))


class ClusterExecutor(Executor):
    """
    An executor over a Dask client, in which a lost worker or connection becomes an ordinary error of a run.

    Parameters
    ----------
    client : distributed.Client
        An open connection, which stays open.
    expected : mapping of str to str
        What `describe` returns on this machine.
    threads : int
        Threads that PyTorch may use in each run.
    """

    def __init__(self, client: Any, expected: Mapping[str, str], threads: int) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)  # else Dask reuses the result of equal arguments
        self._expected = dict(expected)
        self._threads = threads

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Send a run to the cluster."""
        if self._client.status != "running":
            raise ConfigurationError(
                "the scheduler must stay reachable",
                "that the connection closed",
                "Start it and give the command again.",
            )
        outcome: Future[Any] = Future()
        outcome.set_running_or_notify_cancel()
        sent = self._executor.submit(measure_there, fn, self._expected, self._threads, *args, **kwargs)
        sent.add_done_callback(lambda done: _pass_on(done, outcome))
        return outcome

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the runs under way or, without `wait`, cancel them."""
        del cancel_futures  # Dask cancels whenever it does not wait
        if self._client.status == "running":
            self._executor.shutdown(wait=wait)


def _pass_on(done: Future[Any], outcome: Future[Any]) -> None:
    import distributed

    problem = None if done.cancelled() else done.exception()
    if done.cancelled() or isinstance(problem, distributed.KilledWorker):
        outcome.set_exception(WorkerLost("a worker disappeared"))
    elif problem is not None:
        outcome.set_exception(problem)
    else:
        outcome.set_result(done.result())


def _require_same(found: Mapping[str, str], expected: Mapping[str, str], who: str) -> None:
    different = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
    if different:
        name = different[0]
        raise ConfigurationError(
            f"every worker must have {name} as it is here ({expected.get(name, 'absent')})",
            f"{who} with {found.get(name, 'none')}",
            "Bring the workers to the same checkout and versions, and start them again.",
        )


def _require_one_thread(threads: int, who: str) -> None:
    if threads != 1:  # the global random numbers of PyTorch are one stream for the whole process
        raise ConfigurationError(
            "every worker must take one run at a time", f"{who} with {threads} threads", "Start it with --nthreads 1."
        )


def _digest(code: Mapping[str, str]) -> str:
    return hashlib.sha256(msgspec.json.encode(code, order="sorted")).hexdigest()[:16]
