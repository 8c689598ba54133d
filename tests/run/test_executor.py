"""The runner, with an experiment that costs nothing and can go wrong on order."""

import os
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress

import msgspec
import psutil
import pytest
from stand_ins import experiments as stand_in

from report.experiments import plan
from report.plan import Profile, Run
from report.publish.report import Report
from report.record.store import Record, RecordStore, repeatable
from report.run.executor import Backend, Failure, Runner, terminating_children

pytestmark = pytest.mark.usefixtures("sum_experiment")
PATIENCE = 60


def sums(*seeds, experiment="sum", **parameters):
    exclusive = experiment == "timed sum"
    return [
        Run(experiment=experiment, arm="a", seed=seed, parameters=parameters, exclusive=exclusive) for seed in seeds
    ]


def threads_of(workers_seen):
    def make(workers, threads):
        workers_seen.append((workers, threads))
        return ThreadPoolExecutor(workers)

    return make


def backend(make_executor, workers=2):
    return Backend(workers, make_executor, make_executor)


@pytest.fixture
def make_runner(tmp_path):
    def make(make_executor=None, workers=2):
        ended = []
        runner = Runner(
            RecordStore(tmp_path / "records", "data"),
            tmp_path,
            backend(make_executor or threads_of([]), workers),
            on_end=lambda run, outcome: ended.append((run, outcome)),
        )
        return runner, ended

    return make


def test_measures_and_records_every_run(make_runner):
    runner, ended = make_runner()
    assert runner.run(sums(0, 1, 2)) == []
    assert {run.seed: outcome.results["total"] for run, outcome in ended} == {0: 0, 1: 1, 2: 2}
    assert all(isinstance(outcome, Record) for _, outcome in ended)


def test_finished_runs_are_not_repeated(make_runner):
    runner, _ = make_runner()
    runner.run(sums(0, 1))
    again, ended = make_runner()
    again.run(sums(0, 1, 2))
    assert [run.seed for run, _ in ended] == [2]


def test_a_run_gets_the_results_it_needs(make_runner):
    runner, ended = make_runner()
    parts = sums(3, 4)
    total = Run(experiment="sum", arm="total", seed=0, depends_on=tuple(parts))
    assert runner.run([total, *parts]) == []
    assert ended[-1][0] == total
    assert ended[-1][1].results["total"] == 7


def test_what_measures_time_runs_alone_and_last(make_runner):
    seen = []
    runner, ended = make_runner(threads_of(seen), workers=4)
    runner.run([*sums(0, experiment="timed sum"), *sums(1)])
    assert [run.experiment for run, _ in ended] == ["sum", "timed sum"]
    assert seen[0] == (4, 1)
    assert seen[1][0] == 1


def test_a_report_counts_its_runs_and_the_seeds_of_each_experiment(make_runner, tmp_path):
    runner, _ = make_runner()
    runner.run(sums(0))
    more = [msgspec.structs.replace(run, arm="more") for run in sums(0, 1, 2)]
    timed, trials = (
        sums(0, experiment="timed sum"),
        [msgspec.structs.replace(run, role="trial") for run in sums(5, 6, 7, 8)],
    )
    report = Report(
        output=tmp_path,
        profile=Profile(seeds=2),
        planned=[*sums(0, 1), *more, *timed, *trials],
        store=runner.store,
        data_source="given",
    )
    found = report.completeness()
    assert (found.runs_done, found.runs_planned) == (1, len(report.planned))
    assert found.seeds == {"sum": (2, 3)}  # by arm; a single run of timings has no seeds
    assert found.seeds_of(["sum", "timed sum"]) == (2, 3)
    assert found.seeds_of(["timed sum"]) == (1, 1)


def test_an_error_is_tried_again_once(make_runner, tmp_path):
    runner, ended = make_runner()
    assert runner.run(sums(5, order="raise once", marker=str(tmp_path / "seen"))) == []
    assert ended[0][1].results["total"] == 5


def test_a_lasting_error_is_told_and_the_rest_goes_on(make_runner):
    runner, ended = make_runner()
    failures = runner.run([*sums(5, order="raise"), *sums(1)])
    assert [failure.why for failure in failures] == ["a parameter must be sound; found this one. Choose another."]
    assert {type(outcome) for _, outcome in ended} == {Record, Failure}


def test_what_reads_from_a_failed_run_fails_by_name(make_runner):
    runner, _ = make_runner()
    broken = sums(5, order="raise")
    reader = Run(experiment="sum", arm="reader", seed=0, depends_on=tuple(broken))
    failures = runner.run([*broken, reader])
    assert {f.run.arm: f.why for f in failures}["reader"] == "a run that it depends on could not be measured"


def test_a_killed_worker_costs_no_other_run_its_record(make_runner, tmp_path):
    runner, ended = make_runner(stand_in.process_pool)
    dying = sums(9, order="die")
    once = sums(8, order="die once", marker=str(tmp_path / "seen"))
    failures = runner.run([*dying, *once, *sums(1, 2, 3)])
    assert [(f.run.seed, f.why) for f in failures] == [(9, "its worker died, twice")]
    assert sorted(run.seed for run, outcome in ended if isinstance(outcome, Record)) == [1, 2, 3, 8]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_pool_that_breaks_while_a_record_is_written_loses_no_run(tmp_path, workers):
    """The workers die, and the pool notices, while this process is busy: its next submission is refused."""
    pools, refused = [], []

    def make_pool(workers, threads):
        pools.append(stand_in.process_pool(workers, threads))
        return pools[-1]

    def kill_the_workers(run, outcome):
        if refused:
            return
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a browser's, of other tests, may end meanwhile
                of_a_pool = any("forkserver" in word for word in process.cmdline())
                if of_a_pool and process.ppid() != os.getpid():  # this process's child is the fork server
                    process.kill()
        deadline = time.monotonic() + PATIENCE
        while not refused and time.monotonic() < deadline:
            time.sleep(0.05)
            try:
                pools[-1].submit(abs, -1)
            except BrokenExecutor as problem:
                refused.append(problem)

    store = RecordStore(tmp_path / "records", "data")
    runner = Runner(store, tmp_path, backend(make_pool, workers), on_end=kill_the_workers)
    runs = sums(*range(6))
    assert runner.run(runs) == []
    assert [store.status(run).state for run in runs] == ["done"] * 6
    assert refused


class Interrupting(Executor):
    """An executor in whose work the user presses Ctrl-C."""

    def submit(self, fn, /, *args, **kwargs):
        del fn, args, kwargs
        future = Future()
        future.set_running_or_notify_cancel()
        raise KeyboardInterrupt

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.ended = (wait, cancel_futures)


def test_an_interrupt_does_not_wait_for_what_is_under_way(make_runner):
    executor = Interrupting()
    runner, _ = make_runner(lambda workers, threads: executor)
    with pytest.raises(KeyboardInterrupt):
        runner.run(sums(0))
    assert executor.ended == (False, True)


def test_an_interrupt_ends_what_was_started_since_and_nothing_else():
    """The process may have children of its own: a browser, say, where a report runs inside of another program."""
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(sleep) as earlier:
        later = []

        def interrupted():
            with terminating_children():
                later.append(subprocess.Popen(sleep))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert later[0].wait(timeout=PATIENCE) != 0
        assert earlier.poll() is None
        earlier.kill()


def test_workers_do_not_change_results(tmp_path):
    """Sums on several threads round differently, and what a worker did before must leave no trace in the next run."""
    runs = [
        msgspec.structs.replace(run, parameters=run.parameters | {"epochs": 2})
        for run in plan(Profile(name="quick", seeds=2), only=["capacity"])
        if not (run.depends_on or run.role == "trial")
    ]
    found = []
    for workers in (1, 2):
        store = RecordStore(tmp_path / str(workers), "data")
        runner = Runner(store, tmp_path, backend(stand_in.process_pool, workers), on_end=lambda *_: None)
        assert runner.run(runs) == []
        records = [store.status(run).record for run in runs]
        assert {record.environment.threads for record in records} == {1}
        found.append([repeatable(record.results) for record in records])
    assert found[0] == found[1]
