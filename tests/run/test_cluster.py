"""Runs on a Dask cluster: the records of one machine, workers that are checked, workers that are killed."""

import os
import re
import signal
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec
import pytest
from stand_ins import cluster as workers_side

from fmnist_ref import ConfigurationError
from report.cli import main
from report.plan import Run
from report.record.store import Record, RecordStore, repeatable
from report.run import cluster, worker
from report.run.cluster import WorkerLost, check, connect, describe, measure_there
from report.run.executor import Backend, Runner

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
dask = pytest.importorskip("dask")
pytestmark = [
    pytest.mark.filterwarnings("default"),  # Dask's own warnings are not ours to mend
    pytest.mark.usefixtures("sum_experiment"),
]


@pytest.fixture(scope="module")
def address():
    """Start two worker processes, one run at a time each."""
    patience = "600s"  # a killed worker's successor takes its time to start on a busy machine
    with (
        dask.config.set(
            {"distributed.scheduler.allowed-failures": 0, "distributed.deploy.lost-worker-timeout": patience}
        ),
        distributed.LocalCluster(
            n_workers=2,
            processes=True,
            threads_per_worker=1,
            dashboard_address=None,
            preload=[workers_side.__name__],
            silence_logs=50,
        ) as found,
    ):
        yield found.scheduler_address


def sums(*seeds, **parameters):
    return [Run(experiment="sum", arm="a", seed=seed, parameters=parameters) for seed in seeds]


def measured(folder, runs, make_executor, on_end=lambda *_: None):
    store = RecordStore(folder, "data")
    failures = Runner(store, folder, Backend(2, make_executor), on_end).run(runs)
    return failures, {run.id: store.status(run).record for run in runs}


def timeless(record):
    """Return a record without what two runs never share: times, memory, and the threads of this test's own process."""
    environment = msgspec.structs.replace(record.environment, threads=1)
    return msgspec.structs.replace(
        record,
        wall_seconds=0.0,
        peak_memory_bytes=None,
        checksum="",
        results=repeatable(record.results),
        environment=environment,
    )


def test_records_are_those_of_one_machine(address, tmp_path):
    parts = sums(1, 2, 3)
    runs = [*parts, Run(experiment="sum", arm="total", seed=0, depends_on=tuple(parts))]
    with connect(address) as found:
        assert found.workers == 2
        failures, there = measured(tmp_path / "there", runs, found.make_executor)
    assert failures == []
    _, here = measured(tmp_path / "here", runs, lambda workers, threads: ThreadPoolExecutor(workers))
    assert {id: timeless(record) for id, record in there.items()} == {
        id: timeless(record) for id, record in here.items()
    }
    assert {record.environment.threads for record in there.values()} == {1}


def test_a_worker_killed_from_outside_costs_only_its_run(address, tmp_path):
    with connect(address) as found, distributed.Client(address, set_as_default=False) as client:
        processes = client.run(os.getpid)

        def kill_one(run, outcome):
            if processes and isinstance(outcome, Record):
                os.kill(processes.popitem()[1], signal.SIGKILL)
                processes.clear()

        failures, records = measured(
            tmp_path, sums(*range(6), **{"order": "sleep", "for": 0.3}), found.make_executor, kill_one
        )
    assert processes == {}
    assert failures == []
    assert sorted(record.results["total"] for record in records.values()) == list(range(6))


def test_a_run_that_kills_its_workers_is_told_and_the_rest_goes_on(address, tmp_path):
    dying = sums(9, order="die")
    with connect(address) as found:
        failures, records = measured(tmp_path, [*dying, *sums(1)], found.make_executor)
    assert [(failure.run.seed, failure.why) for failure in failures] == [(9, "its worker died, twice")]
    assert records[sums(1)[0].id].results["total"] == 1


def test_a_worker_of_another_version_is_refused_before_any_work(address):
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=300)  # the test before may have killed the other
        client.run(workers_side.pretend, torch="1.0")
        try:
            with pytest.raises(ConfigurationError) as error, connect(address):
                pass
        finally:
            client.run(workers_side.pretend)
    assert "every worker must have torch as it is here" in str(error.value)
    assert re.search(r"found worker \d of \d \(tcp\) with 1\.0\. ", str(error.value))
    assert "127.0.0.1" not in str(error.value)


EXPECTED = {"torch": "2", "the code of epochs": "abc"}


@pytest.mark.parametrize(
    ("threads", "answer", "told"),
    [
        (1, EXPECTED | {"the code of epochs": "abd"}, "the code of epochs as it is here (abc); found worker 2 of 2"),
        (1, {"torch": "2"}, "the code of epochs as it is here (abc); found worker 2 of 2 (tls) with none"),
        (4, EXPECTED, "one run at a time; found worker 2 of 2 (tls) with 4 threads. Start it with --nthreads 1."),
        (1, ModuleNotFoundError("No module named 'report'"), "ModuleNotFoundError: No module named 'report'. Start"),
    ],
)
def test_what_is_wrong_with_a_worker_is_one_line(threads, answer, told):
    answers = {"tcp://10.0.0.1:1": EXPECTED, "tls://10.0.0.2:1": answer}
    with pytest.raises(ConfigurationError) as error:
        check({"tcp://10.0.0.1:1": 1, "tls://10.0.0.2:1": threads}, answers, EXPECTED)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert "10.0.0" not in str(error.value)


def test_a_worker_that_joins_later_checks_itself(monkeypatch):
    monkeypatch.setattr(distributed, "get_worker", lambda: worker_of(threads=1))
    run = sums(3)[0]
    assert measure_there(worker.measure, describe(), 1, run, {}, "nowhere").results["total"] == 3
    with pytest.raises(ConfigurationError, match="every worker must have torch"):
        measure_there(worker.measure, describe() | {"torch": "1.0"}, 1, run, {}, "nowhere")
    monkeypatch.setattr(distributed, "get_worker", lambda: worker_of(threads=2))
    with pytest.raises(ConfigurationError, match="--nthreads 1"):
        measure_there(worker.measure, describe(), 1, run, {}, "nowhere")


def worker_of(threads):
    return type("Worker", (), {"state": type("State", (), {"nthreads": threads})})


def test_a_worker_without_the_folder_takes_its_own_copy(monkeypatch, tmp_path):
    monkeypatch.setattr(distributed, "get_worker", lambda: worker_of(threads=1))
    monkeypatch.setattr(cluster, "locate", lambda: type("Source", (), {"folder": tmp_path / "own"}))
    folders = [
        measure_there(lambda run, inputs, folder: folder, describe(), 1, sums(0)[0], {}, folder)
        for folder in (str(tmp_path), str(tmp_path / "elsewhere"))
    ]
    assert folders == [str(tmp_path), str(tmp_path / "own")]


def test_what_the_cluster_drops_is_an_error_of_its_run():
    dropped, outcome = Future(), Future()
    dropped.cancel()
    cluster._pass_on(dropped, outcome)
    assert isinstance(outcome.exception(), WorkerLost)


def test_a_scheduler_that_does_not_answer_is_bad_input(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    output = tmp_path / "build"
    assert main(["run", "--scheduler", "tcp://127.0.0.1:9", "--output", str(output)]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: --scheduler must name a Dask scheduler that has a worker; found none at tcp://")
    assert message.count("\n") == 1
    assert not output.exists()


@pytest.mark.parametrize("address", ["garbage", "http://127.0.0.1:9", "tcp://127.0.0.1", "tcp://127.0.0.1:port", ""])
def test_an_address_that_is_none_is_bad_input_at_once(monkeypatch, capsys, tmp_path, address):
    """A client of `distributed` that can't read its address waits a minute before it ends, and with a traceback."""
    monkeypatch.setattr("distributed.Client", lambda *_, **__: pytest.fail("tried to connect"))
    assert main(["run", "--scheduler", address, "--output", str(tmp_path / "build")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: --scheduler must be an address such as tcp://host:8786; found ")
    assert message.count("\n") == 1


def test_without_distributed_the_message_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    assert main(["run", "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "--scheduler needs the package distributed" in capsys.readouterr().err
