"""What the page on speed says of timings, one way and the other."""

from types import SimpleNamespace

import msgspec
import pytest
from examples import ExampleRecords, results_of, whole_report
from hypothesis import given
from hypothesis import strategies as st

from report.answers.speed import answer, costs, goals, rungs, scaling, step
from report.conclude import formatting
from report.record.reader import NoRecords
from report.render import artifacts

COSTS = {
    ("imbalance", "trained", 0): {"wall_seconds": 4.0, "peak_memory_bytes": 800_000_000},
    ("imbalance", "weighted", 0): {"wall_seconds": 2.0, "peak_memory_bytes": None},
    ("imbalance", "trained", 1): {"wall_seconds": 2.0, "peak_memory_bytes": 900_000_000},
    **{
        ("speed", arm, 0): {"wall_seconds": 15.0, "peak_memory_bytes": 2_000_000_000}
        for arm in ("throughput", "profile", "optimizations", "workers")
    },
}
"""Three runs that train, and four that measure time."""


def records_of(costs=COSTS, **changed):
    trained = results_of("imbalance")
    runs = {("imbalance", "trained"): trained["imbalance", "trained"][:2]}
    runs["imbalance", "weighted"] = trained["imbalance", "weighted"][:1]
    return ExampleRecords(runs | results_of("speed", **changed), costs)


def test_goals_are_met_at_their_limits_and_not_beyond():
    most = goals.Goal(slower="fit", faster="hand_written", says="", most=1.6)
    least = goals.Goal(slower="notebook", faster="fit", says="", least=9.0)
    assert most.met_by(1.6)
    assert not most.met_by(1.61)
    assert least.met_by(9.0)
    assert not least.met_by(8.99)
    assert (most.limit(), least.limit()) == ("at most 1.6", "at least 9")


def test_a_slower_loop_misses_its_goals():
    assert {row[3] for row in rungs.goal_table(records_of(), {}).rows} == {"met"}
    slow = rungs.goal_table(records_of(fit_one_thread=2.1), {}).rows
    assert {row[3] for row in slow} == {"missed"}


def test_a_machine_with_faster_products_misses_no_goal():
    fast = records_of(products=0.01, hand_written=0.31, fit_one_thread=0.49, fit=0.49)
    assert {row[3] for row in rungs.goal_table(fast, {}).rows} == {"met"}


def test_an_epoch_is_the_sum_of_its_layers():
    spec = rungs.layers(records_of(), {})
    of = {bar.label: {segment.label: segment.value for segment in bar.segments} for bar in spec.chart.bars}
    assert sum(of["hand-written gradients"].values()) == pytest.approx(0.4)
    assert sum(of["fit"].values()) == pytest.approx(0.5)
    assert of["fit with torch.optim.SGD"] == pytest.approx(
        {"products": 0.25, "calls": 0.05, "other arithmetic": 0.1, "autograd, modules": 0.1, "bookkeeping": 0.1}
    )
    assert "20 %" in spec.title
    overlapping = rungs.layers(records_of(hand_written=0.2), {})  # a noisy round
    assert min(segment.value for bar in overlapping.chart.bars for segment in bar.segments) == 0
    assert answer.estimators["sgd-over-fit"](records_of()).value == pytest.approx(1.2)


def test_ratios_are_of_medians():
    records = records_of()
    assert answer.estimators["notebook-over-fit"](records).value == pytest.approx(20.0)
    assert answer.estimators["dispatch-share"](records).value == pytest.approx(20.0)
    assert answer.estimators["backward-share"](records).value == pytest.approx(25 / 55 * 100)
    shares = [answer.estimators[f"{part}-share"](records) for part in (*step.PARTS, "dispatch")]
    assert {formatting.digits_for(share) for share in shares} == {1}  # however narrow the interval within one run
    assert answer.estimators["gain-of-workers"](records).value == pytest.approx(6 / 3.5)


def test_the_ladder_is_drawn_from_slow_to_fast():
    labels = [row.label for row in rungs.rungs(records_of(), {}).chart.rows]
    assert labels[0] == "the notebook's loop"
    assert labels[-1] == "the hand-written calls without arithmetic, one thread"
    other = rungs.rungs(records_of(loader_workers=12.0), {})
    assert other.chart.rows[0].label == "the notebook's loop with two workers"
    assert "as long as 24 of fit" in other.title


def test_what_could_not_be_compiled_is_said_to_be_so():
    rows = {row[0]: row[1:] for row in step.attempt_table(records_of(), {}).rows}
    assert rows[step.ATTEMPTS["compiled"]] == ["didn't run: NoCompiler", "", "", "9.0"]
    assert rows[step.ATTEMPTS["compiled_step"]] == ["0.44", "0.88", "1.10", "12.0"]
    with pytest.raises(NoRecords):
        answer.estimators["compiled-over-fit"](records_of())
    assert answer.estimators["batched-over-fit"](records_of()).value == pytest.approx(1.2)
    assert answer.estimators["small-pages-over-large"](records_of()).value == pytest.approx(1.1)


def test_what_a_first_look_leaves_out_is_missing():
    (results,) = results_of("speed")["speed", "optimizations"]
    kept = [times for times in results.methods if times.name != "compiled"]
    records = ExampleRecords({("speed", "optimizations"): [msgspec.structs.replace(results, methods=kept)]})
    assert len(step.attempt_table(records, {}).rows) == len(step.ATTEMPTS) - 1
    with pytest.raises(NoRecords):
        answer.estimators["compiled-over-fit"](records)


def test_the_title_names_the_part_that_takes_longest():
    assert step.parts(records_of(), {}).title.startswith(
        "The backward pass is the longest part of a step; calls alone take 20 % as long"
    )


def test_scaling_figures_hold_what_was_measured_and_what_follows():
    measured, simulated = scaling.workers(records_of(), {}).chart.panels[0].series
    assert (measured.x, measured.y) == ([1.0, 2.0], [6.0, 3.5])
    assert simulated.y[:2] == [6.0, 3.0]
    assert "here at 2" in scaling.workers(records_of(), {}).title
    one, two, _ = scaling.minutes_by_seeds(records_of(), {}).chart.panels[0].series
    assert one.y == pytest.approx([6 / 60, 8 / 60])
    assert two.y == pytest.approx([4 / 60, 4 / 60])


def test_minutes_by_seeds_count_from_the_first_seed_of_the_report():
    records = records_of()
    later = {id: msgspec.structs.replace(record, seed=record.seed + 100) for id, record in records.costs().items()}
    drawn = [scaling.minutes_by_seeds(of, {}).chart for of in (records, SimpleNamespace(costs=lambda: later))]
    assert drawn[0] == drawn[1]


def test_a_report_in_all_is_its_runs_on_every_core_and_its_timings_after_them():
    records = records_of()
    assert answer.estimators["report-minutes"](records).value == pytest.approx((4 + 60) / 60)
    assert answer.estimators["notebook-minutes"](records).value == pytest.approx(10 * 310 / 60)


def test_core_seconds_add_up_by_experiment_and_shared_runs_are_counted_as_saved():
    records = records_of().by_id
    trained = [id for id, record in records.items() if record.experiment == "imbalance"]
    timed = next(id for id, record in records.items() if record.arm == "workers")
    threads = {id: 2 if record.exclusive else 1 for id, record in records.items()}
    records = {
        id: msgspec.structs.replace(
            record,
            environment=msgspec.structs.replace(record.environment, threads=threads[id]),
            depends_on={trained[0]: ""} if id == timed else {},
            role="trial" if id == trained[2] else "main",
        )
        for id, record in records.items()
    }
    speed, imbalance, _ = costs.cost_table(SimpleNamespace(costs=lambda: records), {}).rows
    assert speed[:3] == ["speed", 4, 4 * 15.0 * 2]
    assert imbalance[:3] == ["imbalance", 3, 4.0 + 2.0 + 2.0]
    assert imbalance[4:] == [records[trained[2]].wall_seconds, "trained: 75\N{NARROW NO-BREAK SPACE}%", 4.0, "speed"]
    assert (speed[4], *speed[6:]) == (0.0, 0.0, "")


def test_the_table_of_costs_ends_with_their_sum():
    rows = costs.cost_table(records_of(), {}).rows
    assert [row[0] for row in rows] == ["speed", "imbalance", "all"]
    for column in (1, 2, 4, 6):
        assert rows[-1][column] == sum(row[column] for row in rows[:-1])


def test_the_memory_is_that_of_the_largest_worker_that_trained():
    records = records_of()
    assert answer.estimators["worker-memory"](records).value == pytest.approx(0.9)
    silent = records_of({run: {"peak_memory_bytes": None} for run in COSTS})
    with pytest.raises(NoRecords):
        answer.estimators["worker-memory"](silent)


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=40), st.integers(1, 12))
def test_list_scheduling_keeps_grahams_bounds(durations, workers):
    makespan = scaling.list_schedule(durations, workers)
    least = max(sum(durations) / workers, max(durations))
    assert least * (1 - 1e-9) <= makespan <= sum(durations) / workers + max(durations)
    assert scaling.list_schedule(durations, 1) == pytest.approx(sum(durations))


def test_times_are_of_no_seeds():
    records = whole_report()
    timed = [id for id, record in records.by_id.items() if record.experiment == "speed"]
    trained = [
        id for id, record in records.by_id.items() if (record.experiment, record.arm) == ("epochs", "from_logits")
    ]
    assert artifacts.provenance(timed, rungs.rungs, records).num_seeds is None
    assert artifacts.provenance([*timed, trained[0]], rungs.rungs, records).num_seeds is None
    assert artifacts.provenance(trained[:2], rungs.rungs, records).num_seeds == 2
    assert artifacts.provenance([*timed, trained[0]], rungs.rungs, records).rebuild.endswith(
        "--only epochs --only speed"
    )
