"""Disks that fill up, folders that can't be written, clocks that jump, data that change under a report."""

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from stand_ins import small_report

from report.cli import main
from report.experiments import EXPERIMENTS
from report.plan import Experiment, Run
from report.record.store import RecordStore, decode, repeatable
from report.run import worker
from report.run.executor import Backend, Runner


def thread_pool(workers, threads):
    del threads
    return ThreadPoolExecutor(workers)


@pytest.fixture
def make_report(monkeypatch, tmp_path):
    """Return a function that makes a small report in this process and returns its exit status."""
    small_report.install(monkeypatch, thread_pool)

    def make(*options, output=tmp_path / "build"):
        return main(["run", "--profile", "quick", "--output", str(output), *options])

    return make


def timeless(folder):
    records = (decode(path.read_bytes()) for path in sorted(folder.glob("*.json")))
    return {record.run: (record.parameters, record.depends_on, repeatable(record.results)) for record in records}


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO], ids=lambda number: errno.errorcode[number]
)
def test_a_disk_that_fails_is_one_clear_line_and_leaves_no_half_record(
    make_report, tmp_path, monkeypatch, capsys, number
):
    calls = []

    def fails_in_the_middle(descriptor):
        calls.append(descriptor)
        if len(calls) > 5:
            raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fails_in_the_middle)
        assert make_report() == 1
    message = capsys.readouterr().err
    assert message.startswith("error: the output folder must be writable; found ")
    assert os.strerror(number) in message
    assert message.count("\n") == 1
    left = list((tmp_path / "build" / "records").iterdir())
    assert len(left) == 5
    before = {path: path.read_bytes() for path in left}
    assert all(decode(content) for content in before.values())
    assert make_report() == 0  # room has been made
    assert {path: path.read_bytes() for path in left} == before


def test_an_error_that_is_not_the_disks_is_not_hidden(make_report, monkeypatch):
    def forgets(descriptor):
        raise OSError(errno.ENOENT, "a mistake of ours")

    monkeypatch.setattr(os, "fsync", forgets)
    with pytest.raises(OSError, match="a mistake of ours"):
        make_report()


def test_what_a_killed_process_was_writing_is_cleared(make_report, tmp_path):
    assert make_report() == 0
    half = tmp_path / "build" / "records" / "sum.4711.partial"
    half.write_bytes(b"{")
    assert make_report() == 0
    assert not half.exists()


def test_a_clock_that_jumps_changes_nothing(make_report, tmp_path, monkeypatch):
    assert make_report(output=tmp_path / "steady") == 0
    hours = iter(range(0, 10**9, 8760))
    with monkeypatch.context() as jumping:
        jumping.setattr(time, "time", lambda: (-1) ** next(hours) * 1e9)
        assert make_report(output=tmp_path / "jumping") == 0
    assert timeless(tmp_path / "jumping" / "records") == timeless(tmp_path / "steady" / "records")
    for path in (tmp_path / "jumping" / "records").glob("*.json"):
        assert 0 <= decode(path.read_bytes()).wall_seconds < 60


def test_records_spoilt_between_two_reports_are_told_and_measured_again(make_report, tmp_path, capsys):
    assert make_report() == 0
    expected = timeless(tmp_path / "build" / "records")
    truncated, edited = sorted((tmp_path / "build" / "records").glob("sum.part*.json"))[:2]
    truncated.write_bytes(truncated.read_bytes()[:100])
    edited.write_bytes(edited.read_bytes().replace(b'"total": 0', b'"total": 7').replace(b'"total": 1', b'"total": 7'))
    capsys.readouterr()
    assert make_report() == 0
    told = " ".join(capsys.readouterr().out.split())
    assert truncated.name in told
    assert edited.name in told
    assert timeless(tmp_path / "build" / "records") == expected


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    images: int


def test_data_that_change_during_a_report_are_refused_by_name(tmp_path, monkeypatch, published_folder):
    """The first worker reads the published files; one that starts later finds another label file in their place."""
    folder = tmp_path / "images"
    folder.mkdir()
    for path in published_folder.rglob("*ubyte*"):
        (folder / path.name).symlink_to(path)
    monkeypatch.setitem(
        EXPERIMENTS,
        "count",
        Experiment(plan=lambda profile: (), measure=lambda run, data, inputs: Seen(images=len(data.test_labels))),
    )
    store = RecordStore(tmp_path / "records", "data")
    runner = Runner(store, folder, Backend(1, thread_pool), on_end=lambda *_: None)
    worker.dataset.cache_clear()
    assert runner.run([Run(experiment="count", arm="a", seed=0)]) == []

    labels = next(path for path in folder.iterdir() if "t10k-labels" in path.name)
    labels.unlink()
    labels.write_bytes(b"\x1f\x8b something else")
    worker.dataset.cache_clear()  # a worker that starts now
    (failure,) = runner.run([Run(experiment="count", arm="a", seed=1)])
    worker.dataset.cache_clear()
    assert labels.name in failure.why
    assert "\n" not in failure.why
    assert store.status(Run(experiment="count", arm="a", seed=0)).state == "done"
