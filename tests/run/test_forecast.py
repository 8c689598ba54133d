"""What is said beforehand and on the way about how long a report takes."""

import heapq
from pathlib import Path

import msgspec
import numpy as np
import pytest
from examples import ExampleStore, record_of
from rich.console import Console

from report.cli import main
from report.experiments import EXPERIMENTS, plan
from report.plan import Experiment, Profile, Run
from report.record.store import DATA_SHA256, RecordStore
from report.run import forecast, progress
from report.run.forecast import Costs, Forecast

COSTS = Costs(
    probe_seconds=0.1,
    seconds={"full": {"sum short": 2.0, "sum long": 30.0, "timed sum once": 60.0}, "quick": {"sum short": 1.0}},
)


def run(arm, seed=0, experiment="sum"):
    return Run(experiment=experiment, arm=arm, seed=seed, exclusive=experiment == "timed sum")


def expected(runs, profile="full", *, store=None, **about):
    return Forecast(runs, profile, store or RecordStore(Path("nowhere"), DATA_SHA256), COSTS, **about)


def test_expected_seconds_are_those_of_the_arm_at_the_speed_of_this_machine():
    runs = [run("short"), run("long")]
    assert [expected(runs).of(one) for one in runs] == [2.0, 30.0]
    assert [expected(runs, probed=0.2).of(one) for one in runs] == [4.0, 60.0]
    assert expected(runs, "quick").of(runs[0]) == 1.0


def test_an_arm_that_nobody_measured_takes_as_long_as_its_experiment():
    new, other = run("new"), run("new", experiment="new sum")
    found = expected([new, other, run("short")])
    assert found.of(new) == 16.0
    assert found.of(other) == pytest.approx((2 + 30 + 60) / 3)
    assert found.unknown == ["new sum new", "sum new"]


def test_what_was_measured_here_counts_more_than_what_was_measured_elsewhere():
    runs = [run("short", seed) for seed in range(3)]
    store = ExampleStore([record_of(one, {}, wall_seconds=5.0 + one.seed) for one in runs[:2]])
    assert expected(runs, store=store, probed=9.9).of(runs[2]) == 5.5


def test_runs_that_measure_time_come_one_at_a_time_after_the_others():
    runs = [run("long", seed) for seed in range(4)] + [run("once", experiment="timed sum")]
    assert expected(runs).wall_seconds(runs, workers=1) == 4 * 30 + 60
    assert expected(runs).wall_seconds(runs, workers=2) == 4 * 30 / 2 + 60
    assert expected(runs).wall_seconds(runs, workers=100) == 30 + 60  # no sooner than the longest


def test_a_forecast_learns_from_runs_that_train():
    runs = [run("long", seed) for seed in range(10)]
    found = expected(runs)
    for one in runs[:8]:
        found.learn(one, 60.0)
    assert found.wall_seconds(runs, workers=1) == pytest.approx(600, rel=0.05)


def test_runs_that_measure_time_tell_nothing_about_the_others():
    timed, runs = run("once", experiment="timed sum"), [run("long", seed) for seed in range(10)]
    found = expected([*runs, timed])
    found.learn(timed, 1e6)
    assert found.wall_seconds(runs, workers=1) == 300


@pytest.mark.parametrize("slower", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_the_time_left_is_right_within_a_fifth_after_the_first_minute(monkeypatch, slower, workers):
    now = 1000.0
    monkeypatch.setattr(progress, "perf_counter", lambda: now)
    chance = np.random.default_rng(0)
    runs = [run(("short", "short", "long")[place % 3], place) for place in range(60 * workers)]
    runs += [run("once", place, experiment="timed sum") for place in range(2)]
    found = expected(runs)
    seconds = {one.id: found.of(one) * slower * chance.lognormal(0, 0.1) for one in runs}
    seconds |= {one.id: 60.0 for one in runs if one.exclusive}

    ends, free_at = [], [now] * workers
    for one in [one for one in runs if not one.exclusive]:
        heapq.heappush(free_at, end := heapq.heappop(free_at) + seconds[one.id])
        ends.append((end, one))
    ends.sort(key=lambda pair: pair[0])
    for one in [one for one in runs if one.exclusive]:
        ends.append((ends[-1][0] + seconds[one.id], one))
    finish = ends[-1][0]

    with progress.RunProgress(Console(quiet=True), runs, found, workers) as bar:
        for end, one in ends:
            now = end
            bar.on_end(one, record_of(one, {}, wall_seconds=seconds[one.id]))
            if now - 1000.0 > 60 and finish - now > 60:
                assert bar.seconds_left() == pytest.approx(finish - now, rel=0.2)
        assert bar.seconds_left() == 0


def test_the_probe_repeats_its_steps_until_its_time_is_over():
    times = iter(np.arange(0.0, 100.0, 0.25))
    assert forecast.probe(limit=2.0, clock=lambda: float(next(times))) == 0.25


def test_costs_of_a_profile_are_kept_beside_those_of_the_other(tmp_path, monkeypatch):
    path = tmp_path / "costs.json"
    path.write_bytes(msgspec.json.encode(COSTS))
    monkeypatch.setattr(forecast, "probe", lambda: COSTS.probe_seconds / 2)
    forecast.keep("full", {"sum short": 3.561725}, path)
    found = forecast.read(path)
    assert found.probe_seconds == COSTS.probe_seconds
    assert found.seconds == {"full": {"sum short": 7.12}, "quick": {"sum short": 1.0}}


def test_the_costs_that_come_with_the_project_are_of_planned_arms():
    for name in ("quick", "full"):
        planned = {f"{one.experiment} {one.arm}" for one in plan(Profile(name=name))}
        kept = forecast.read().seconds[name]
        assert kept.keys() <= planned
        assert min(kept.values()) > 0


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (7500, "2 h 5 min")])
def test_times_in_words(seconds, words):
    assert forecast.in_words(seconds) == words


@pytest.mark.usefixtures("sum_experiment")
def test_a_dry_run_says_how_long_and_writes_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(forecast, "read", lambda: COSTS)
    monkeypatch.setattr(forecast, "probe", lambda: 0.2)
    for name in [name for name in EXPERIMENTS if name != "sum"]:
        monkeypatch.delitem(EXPERIMENTS, name)
    runs = [msgspec.structs.replace(run("long", seed)) for seed in range(8)]
    monkeypatch.setitem(EXPERIMENTS, "sum", Experiment(plan=lambda profile: runs, measure=lambda *_: None))
    output = tmp_path / "build"
    assert main(["run", "--dry-run", "--workers", "2", "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "8 of 8 runs to measure: about 4 min with 2 workers" in printed  # 8 runs of 60 s
    assert not output.exists()
