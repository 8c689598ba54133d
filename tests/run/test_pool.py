"""The pool of worker processes on this machine: what a worker holds at its beginning, and when it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from types import SimpleNamespace

import psutil
import pytest

from report.record.environment import peak_memory_bytes
from report.run import executor
from report.run.executor import HUGE_PAGES, Backend, _killed_on_interrupt, local_executor

PATIENCE = 60

PARENT = """
import os, time
from report.run.executor import local_executor
if __name__ == "__main__":
    executor = local_executor(1, 1)
    print(executor.submit(os.getpid).result(), flush=True)
    executor.submit(time.sleep, 600)
    time.sleep(600)
"""

INTERRUPTED = """
from report.run.executor import _killed_on_interrupt, local_executor
if __name__ == "__main__":
    with _killed_on_interrupt(local_executor(1, 1)) as pool:
        pool.submit(abs, -1).result()
        raise SystemExit("told to stop")
"""


@contextlib.contextmanager
def interrupted():
    with (
        contextlib.suppress(KeyboardInterrupt),
        _killed_on_interrupt(local_executor(1, 1)) as pool,
    ):
        yield pool


def ends(process):
    try:
        process.wait(PATIENCE)
    except psutil.TimeoutExpired:
        return False
    return True


@pytest.mark.parametrize(("platform", "most"), [("darwin", 100), ("win32", 61)])
def test_elsewhere_than_on_linux_workers_are_spawned_as_many_as_the_system_can_wait_for(monkeypatch, platform, most):
    monkeypatch.setattr(executor, "sys", SimpleNamespace(platform=platform))
    made = []

    def make_pool(workers, *, mp_context, **settings):
        made.append((workers, mp_context.get_start_method()))
        return ProcessPoolExecutor(workers, mp_context=mp_context, **settings)

    monkeypatch.setattr(executor, "ProcessPoolExecutor", make_pool)
    with local_executor(100, 1) as pool:
        assert pool.submit(abs, -1).result() == 1
    assert made == [(most, "spawn")]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each worker imports PyTorch for itself")
def test_a_worker_begins_with_less_than_pytorch_takes_to_import():
    importing = "import report.run.worker as w; print(w.peak_memory_bytes())"
    alone = int(subprocess.run([sys.executable, "-c", importing], check=True, capture_output=True).stdout)
    with local_executor(1, 1) as pool:
        assert pool.submit(peak_memory_bytes).result() < 0.8 * alone


@pytest.mark.parametrize(("chosen", "asked"), [(None, "1"), ("0", "0")])
def test_workers_ask_for_large_pages_unless_told_otherwise(monkeypatch, chosen, asked):
    monkeypatch.setenv(HUGE_PAGES, chosen or "")  # so that it is put back
    if chosen is None:
        monkeypatch.delenv(HUGE_PAGES)
    with local_executor(1, 1):
        assert os.environ[HUGE_PAGES] == asked


def test_training_gives_way_to_other_processes_and_timing_to_none():
    priorities = []
    for make_executor in (Backend(1).make_executor, Backend(1).make_timing_executor):
        with make_executor(1, 1) as pool:
            priorities.append(psutil.Process(pool.submit(os.getpid).result()).nice())
    training, timing = priorities
    assert timing == psutil.Process().nice()
    assert training == (psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else min(timing + 10, 19))


def test_a_worker_ends_with_a_parent_that_is_killed(tmp_path):
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as parent:
        worker = psutil.Process(int(parent.stdout.readline()))
        descendants = psutil.Process(parent.pid).children(recursive=True)
        assert worker in descendants
        parent.send_signal(signal.SIGKILL)
    assert all(ends(process) for process in descendants)


def test_an_interrupt_ends_the_workers_at_once_and_the_next_pool_works():
    began = time.monotonic()
    with interrupted() as pool:
        worker = psutil.Process(pool.submit(os.getpid).result())
        pool.submit(time.sleep, 600)
        raise KeyboardInterrupt
    assert ends(worker)
    assert time.monotonic() - began < PATIENCE
    with local_executor(1, 1) as pool:
        assert pool.submit(abs, -1).result() == 1


def test_an_interrupted_pool_says_nothing_of_its_own(tmp_path):
    program = tmp_path / "interrupted.py"
    program.write_text(INTERRUPTED)
    ended = subprocess.run([sys.executable, str(program)], check=False, capture_output=True, text=True)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "told to stop\n", 1)
