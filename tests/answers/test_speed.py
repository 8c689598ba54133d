"""What the page on speed says of timings, one way and the other."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins.timings import CPU, EPOCHS

from report.answers.speed import answer, goals, rungs, scaling, step
from report.conclude import formatting
from report.experiments.optimizations import Attempt, AttemptsResults
from report.experiments.speed import ProfileResults, WorkersResults
from report.experiments.throughput import LadderResults, Rung
from report.record.reader import Cost, NoRecords
from report.render import artifacts


def ladder_of(**changed):
    return LadderResults(
        devices=[CPU],
        batch_size=64,
        num_images=60_000,
        rungs=[
            Rung(
                name=name, threads=2, processes=2 if name == "fit_pool" else 1, seconds=[s * f for f in (0.99, 1, 1.01)]
            )
            for name, s in (EPOCHS | changed).items()
        ],
    )


def cost(seed, seconds, *, peak, exclusive=False):
    return Cost(seed=seed, wall_seconds=seconds, peak_memory_bytes=peak, exclusive=exclusive)


def made_up(**changed):
    parts = {
        "gather": 5e-5,
        "forward": 2e-4,
        "backward": 2.5e-4,
        "update": 5e-5,
        "step": 5.5e-4,
        "dispatch": 1.1e-4,
    }
    return {
        ("speed", "ladder"): [ladder_of(**changed)],
        ("speed", "profile"): [
            ProfileResults(devices=[CPU], batch_size=64, seconds={k: [v, v, v * 1.1] for k, v in parts.items()})
        ],
        ("speed", "attempts"): [
            AttemptsResults(
                devices=[CPU],
                batch_size=64,
                num_images=60_000,
                attempts=[
                    Attempt(name="fit", models=1, seconds={"epoch": [0.5, 0.5], "first": [0.5]}),
                    Attempt(name="large_pages", models=1, seconds={"epoch": [0.5, 0.5], "first": [0.5]}),
                    Attempt(name="small_pages", models=1, seconds={"epoch": [0.55, 0.55], "first": [0.55]}),
                    Attempt(name="compiled", models=1, seconds={"epoch": [], "first": [9.0]}, problem="NoCompiler"),
                    Attempt(name="batched", models=5, seconds={"epoch": [0.6, 0.6], "first": [3.2]}),
                ],
            )
        ],
        ("speed", "workers"): [
            WorkersResults(
                devices=[CPU], widths=[64, 32, 16], seconds={"1": [6.0], "2": [3.5], "runs": [3.0, 2.0, 1.0]}
            )
        ],
    }


@pytest.fixture
def records_of(fake_records):
    def make(**changed):
        records = fake_records(made_up(**changed))
        records.costs = lambda: {
            "a": cost(0, 4.0, peak=800_000_000),
            "b": cost(0, 2.0, peak=None),
            "c": cost(1, 2.0, peak=900_000_000),
            "t": cost(0, 60.0, peak=2_000_000_000, exclusive=True),
        }
        return records

    return make


def test_goals_are_met_at_their_limits_and_not_beyond():
    most = goals.Goal(name="", slower="fit", faster="products", says="", most=2.2)
    least = goals.Goal(name="", slower="notebook", faster="fit", says="", least=9.0)
    assert most.met_by(2.2)
    assert not most.met_by(2.21)
    assert least.met_by(9.0)
    assert not least.met_by(8.99)
    assert (most.limit(), least.limit()) == ("at most 2.2", "at least 9")


def test_a_slower_loop_misses_its_goals(records_of):
    assert {row[3] for row in rungs.goal_table(records_of(), {}).rows} == {"met"}
    slow = rungs.goal_table(records_of(fit=2.0, fit_one_thread=2.0, fit_pool=1.0), {}).rows
    assert {row[3] for row in slow} == {"missed"}


def test_ratios_are_of_medians(records_of):
    records = records_of()
    assert answer.estimators["notebook-over-fit"](records).value == pytest.approx(20.0)
    assert answer.estimators["fit-over-products"](records).value == pytest.approx(2.0)
    assert answer.estimators["notebook-over-pool"](records).value == pytest.approx(10 / 0.3)
    assert answer.estimators["dispatch-share"](records).value == pytest.approx(20.0)
    assert answer.estimators["backward-share"](records).value == pytest.approx(25 / 55 * 100)
    shares = [answer.estimators[f"{part}-share"](records) for part in (*step.PARTS, "dispatch")]
    assert {formatting.digits_for(share) for share in shares} == {1}  # however narrow the interval within one run
    assert answer.estimators["gain-of-workers"](records).value == pytest.approx(6 / 3.5)


def test_the_ladder_is_drawn_from_slow_to_fast(records_of):
    labels = [row.label for row in rungs.rungs(records_of(), {}).chart.rows]
    assert labels[0] == "the notebook's loop"
    assert labels[-1] == "the large products alone, one thread"
    other = rungs.rungs(records_of(loader_workers=12.0), {})
    assert other.chart.rows[0].label == "the notebook's loop with two workers"
    assert "as long as 24 of fit" in other.title


def test_what_could_not_be_compiled_is_said_to_be_so(records_of):
    rows = step.attempt_table(records_of(), {}).rows
    assert rows[3][1] == "not to be had: NoCompiler"
    with pytest.raises(NoRecords):
        answer.estimators["compiled-over-fit"](records_of())
    assert answer.estimators["batched-over-fit"](records_of()).value == pytest.approx(1.2)
    assert answer.estimators["small-pages-over-large"](records_of()).value == pytest.approx(1.1)


def test_what_a_first_look_leaves_out_is_missing(records_of):
    records = records_of()
    results = records.results["speed", "attempts"][0]
    kept = [attempt for attempt in results.attempts if attempt.name != "compiled"]
    records.results["speed", "attempts"] = [msgspec.structs.replace(results, attempts=kept)]
    assert len(step.attempt_table(records, {}).rows) == 4
    with pytest.raises(NoRecords):
        answer.estimators["compiled-over-fit"](records)


def test_the_title_names_the_part_that_takes_longest(records_of):
    assert step.parts(records_of(), {}).title.startswith(
        "The backward pass is the longest part of a step; calls alone take 20%"
    )


def test_scaling_figures_hold_what_was_measured_and_what_follows(records_of):
    measured, simulated = scaling.workers(records_of(), {}).chart.panels[0].series
    assert (measured.x, measured.y) == ([1.0, 2.0], [6.0, 3.5])
    assert simulated.y[:2] == [6.0, 3.0]
    assert "here at 2" in scaling.workers(records_of(), {}).title
    one, two, _ = scaling.seeds(records_of(), {}).chart.panels[0].series
    assert one.y == pytest.approx([6 / 60, 8 / 60])
    assert two.y == pytest.approx([4 / 60, 4 / 60])


def test_a_report_in_all_is_its_runs_on_every_core_and_its_timings_after_them(records_of):
    records = records_of()
    assert answer.estimators["report-minutes"](records).value == pytest.approx((4 + 60) / 60)
    assert answer.estimators["notebook-minutes"](records).value == pytest.approx(10 * 310 / 60)


def test_the_memory_is_that_of_the_largest_worker_that_trained(records_of):
    records = records_of()
    assert answer.estimators["worker-memory"](records).value == pytest.approx(0.9)
    silent = {"a": cost(0, 4.0, peak=None)}
    records.costs = lambda: silent
    with pytest.raises(NoRecords):
        answer.estimators["worker-memory"](records)


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=40), st.integers(1, 12))
def test_list_scheduling_keeps_grahams_bounds(durations, workers):
    makespan = scaling.list_schedule(durations, workers)
    least = max(sum(durations) / workers, max(durations))
    assert least * (1 - 1e-9) <= makespan <= sum(durations) / workers + max(durations)
    assert scaling.list_schedule(durations, 1) == pytest.approx(sum(durations))


def test_times_are_said_to_be_of_no_seeds():
    assert artifacts.provenance(["speed.ladder.seed0.a"], rungs.rungs).num_seeds is None
    assert artifacts.provenance(["speed.ladder.seed0.a", "epochs.from_logits.seed0.b"], rungs.rungs).num_seeds == 1
    assert (
        artifacts.provenance(["epochs.from_logits.seed0.b", "epochs.from_logits.seed1.c"], rungs.rungs).num_seeds == 2
    )
