"""Reports of copied records: that the copies hold, that their number is the one asked for, and how the experiment has them made."""

import subprocess

import msgspec
import pytest

from report import copies
from report.commands import DATA_SHA256
from report.experiments import EXPERIMENTS, rendering
from report.experiments.base import Profile
from report.experiments.rendering import Order, RenderingResults
from report.plan import plan
from report.records import RecordStore, repeatable

MADE = RenderingResults(
    num_seeds=[1, 2], num_records=[3, 5], seconds=[1.0, 2.0], written_bytes={"records": [1, 2], "pages": [3, 4]}
)


@pytest.fixture
def order():
    results = {run.id: {"of": run.arm, "seconds": [1.0]} for run in copies.trained("quick", 1)}
    return Order(profile="quick", sizes=[1, 200], results=results)


def test_copies_are_valid_records_of_every_seed(order, tmp_path):
    runs = copies.trained("quick", 3)
    copies.write_copies(order, runs, tmp_path / "records")
    store = RecordStore(tmp_path / "records", DATA_SHA256)
    standings = [store.standing(run) for run in runs]
    assert {standing.state for standing in standings} == {"done"}
    assert all(standing.record.results["of"] == run.arm for run, standing in zip(runs, standings, strict=True))
    assert {run.seed for run in runs} == {0, 1, 2}


@pytest.mark.parametrize("size", [1, 100, 1000])
def test_a_report_is_about_as_large_as_asked_for(size):
    found = len(copies.trained("quick", copies.seeds_for("quick", size)))
    one, two = (len(copies.trained("quick", seeds)) for seeds in (1, 2))
    assert abs(found - max(size, one)) <= (two - one) / 2


def test_every_size_is_written_and_measured(order, monkeypatch):
    written = []

    def write(edition):
        states = {edition.store.standing(run).state for run in edition.planned}
        written.append((edition.profile.seeds, states))
        (edition.output / "source").mkdir()
        (edition.output / "source" / "page.md").write_bytes(b"page")
        for record in edition.store.folder.iterdir():
            (edition.output / "source" / record.name).write_bytes(record.read_bytes())

    monkeypatch.setattr(copies.Edition, "write", write)
    results = copies.measure(order)
    assert [seeds for seeds, _ in written] == results.num_seeds
    assert results.num_seeds[0] == 1 < results.num_seeds[1]
    assert all(states == {"done"} for _, states in written)
    assert results.written_bytes["pages"] == [4, 4]
    assert results.written_bytes["records"][0] < results.written_bytes["records"][1]


def test_the_experiment_reads_the_first_seed_and_asks_a_process_of_its_own(monkeypatch):
    assert not list(rendering.plan(Profile(name="quick")))
    run = next(iter(rendering.plan(Profile(seeds=2))))
    trained = [run for run in plan(Profile(seeds=2)) if not EXPERIMENTS[run.experiment].alone]
    assert {needed.id for needed in run.needs} == {run.id for run in trained if run.seed == 0}
    asked = []

    def stand_in(command, *, input, stdout, check):
        asked.append((command, msgspec.json.decode(input, type=Order)))
        return subprocess.CompletedProcess(command, 0, stdout=msgspec.json.encode(MADE))

    monkeypatch.setattr(subprocess, "run", stand_in)
    results = rendering.measure(run, None, {"a": {"value": 1.0}})
    assert results == MADE
    command, order = asked[0]
    assert command[1:] == ["-c", rendering.PROGRAM]
    assert order == Order(profile="full", sizes=run.parameters["sizes"], results={"a": {"value": 1.0}})


def test_neither_times_nor_sizes_are_repeatable():
    assert repeatable(msgspec.to_builtins(MADE)).keys() == {"num_seeds", "num_records"}
