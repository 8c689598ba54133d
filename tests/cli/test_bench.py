"""The command that holds the loop to its goals: what it prints, what it measures anew, and how it ends."""

import pytest
from examples.speed import SECONDS, results, times

from report.cli import bench, main
from report.experiments import plan
from report.plan import Profile
from report.record.store import RecordStore
from report.run import progress
from report.run.executor import Failure, Runner

RUN = plan(Profile(name="quick"))[0]
FAST = results([times(name, [seconds] * 3) for name, seconds in SECONDS.items()])
SLOW = results([times(name, [9.5 if name.startswith("fit") else seconds] * 3) for name, seconds in SECONDS.items()])


@pytest.fixture
def ends(tmp_path, monkeypatch):
    """Return a function that runs the command on made-up timings and gives its status."""

    def run(results, *words, failures=()):
        measured = []

        class StandIn(Runner):
            def run(self, runs):
                measured.extend(run for run in runs if self.store.status(run).state == "missing")
                return list(failures)

        monkeypatch.setattr(progress, "Runner", StandIn)
        monkeypatch.setattr(bench, "ladder", lambda records: results)
        status = main(["bench", "--profile", "quick", "--output", str(tmp_path), *words])
        assert [run.arm for run in measured] == ["throughput", "profile", "optimizations", "workers"]
        return status

    return run


def test_missed_goals_end_in_failure_only_when_checked(ends, capsys):
    assert ends(FAST, "--check") == 0
    assert capsys.readouterr().out.count(" met") == 3
    assert ends(SLOW) == 0
    assert capsys.readouterr().out.count(" missed") == 3
    assert ends(SLOW, "--check") == 1


def test_what_cannot_be_measured_ends_in_failure(ends, capsys):
    assert ends(FAST, failures=[Failure(run=RUN, why="no room")]) == 1
    assert "no room" in capsys.readouterr().out


def test_the_table_names_every_way_and_its_time(ends, capsys):
    ends(FAST)
    printed = capsys.readouterr().out
    assert "the notebook's loop" in printed
    assert "10.000" in printed
    assert "at least 5" in printed


def test_recorded_times_are_measured_anew(tmp_path):
    store = RecordStore(tmp_path, "0" * 64)
    path = tmp_path / f"{RUN.id}.json"
    path.write_text("a record")
    store.forget(RUN)
    assert not path.exists()
    store.forget(RUN)  # nothing there is no error
