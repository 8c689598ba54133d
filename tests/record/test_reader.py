"""Records as answers read them: arms by name and by parameters, and what each run took."""

import msgspec
import pytest
from examples import ExampleStore, record_of

from report.plan import Run
from report.record.reader import NoRecords, Records, SeedCount
from report.record.store import RunStatus


class Total(msgspec.Struct):
    total: int


def run(arm, seed=0, **fields):
    return Run(**{"experiment": "sum", "arm": arm, "seed": seed} | fields)


RUNS = [
    run("wide", parameters={"hidden": [128], "rate": 0.1}),
    run("wide", seed=1, parameters={"hidden": [128], "rate": 0.1}),
    run("narrow", parameters={"hidden": [16], "rate": 0.1}),
    run("trial", role="trial", parameters={"hidden": [16], "rate": 0.3}),
    run("timed", exclusive=True),
]
RECORDS = [record_of(run, Total(total=place)) for place, run in enumerate(RUNS)]


@pytest.fixture
def records():
    return Records(ExampleStore(RECORDS), RUNS)


def test_an_arm_has_its_seeds_results_ids_and_parameters(records):
    arm = records.arm("sum", "wide", Total)
    assert arm.values(lambda run: run.total) == [0, 1]
    assert arm.records == (RUNS[0].id, RUNS[1].id)
    assert arm.parameters == {"hidden": [128], "rate": 0.1}
    assert arm.each(lambda run: run.total + 1).by_seed == {0: 1, 1: 2}
    later = arm.where(lambda run: run.total > 0)
    assert (later.by_seed, later.records, later.parameters) == ({1: Total(1)}, (RUNS[1].id,), arm.parameters)


def test_arms_are_selected_by_their_parameters(records):
    assert records.select("sum", Total, hidden=[128]).values(lambda run: run.total) == [0, 1]
    assert records.select("sum", Total, hidden=[16], rate=0.1).values(lambda run: run.total) == [2]
    with pytest.raises(NoRecords, match=r"^sum: \{'hidden': \[64\]\}$"):
        records.select("sum", Total, hidden=[64])
    with pytest.raises(NoRecords):
        records.select("sum", Total, depth=1)
    with pytest.raises(NoRecords):
        records.select("product", Total, hidden=[128])
    with pytest.raises(ValueError, match="2 arms of sum"):
        records.select("sum", Total, rate=0.1)


def test_trials_are_listed_apart_from_what_is_compared(records):
    assert [arm.records for arm in records.arms("sum", Total, hidden=[16])] == [(RUNS[2].id,)]
    assert [arm.records for arm in records.arms("sum", Total, role="trial")] == [(RUNS[3].id,)]
    assert records.select("sum", Total, role="trial", hidden=[16]).results == [Total(3)]


def test_results_are_converted_once_for_all_functions_of_a_page(records, monkeypatch):
    converted = []
    convert = msgspec.convert
    monkeypatch.setattr(msgspec, "convert", lambda *arguments: (converted.append(arguments), convert(*arguments))[1])
    first, second = records.arm("sum", "wide", Total), records.select("sum", Total, hidden=[128])
    assert first is second
    assert len(converted) == 2  # one for each seed


def test_seeds_are_counted_of_the_arms_that_were_read_also_of_those_without_any_record():
    planned = [
        *RUNS,
        run("wide", seed=2),
        run("wider", seed=2),
        run("wider", seed=3),
        run("wider", seed=9, role="trial"),
    ]
    records = Records(ExampleStore(RECORDS), planned)

    with records.watch() as read:
        records.arm("sum", "narrow", Total)
    assert read == {("sum", "narrow")}
    assert records.seeds_of(read) == SeedCount(done=1, planned=1)
    assert records.seeds_of(read).complete

    with records.watch() as outer:
        records.arm("sum", "wide", Total)
        with records.watch() as inner, pytest.raises(NoRecords):
            records.arm("sum", "wider", Total)
    assert inner == {("sum", "wider")}
    assert outer == {("sum", "wide"), ("sum", "wider")}
    assert records.seeds_of(outer) == SeedCount(
        done=2, planned=4
    )  # seeds 0 and 1 of one arm, none of the other's 2 and 3
    assert not records.seeds_of(outer).complete

    with records.watch() as listed:
        assert len(records.arms("sum", Total)) == 3
    assert {arm for _, arm in listed} == {"wide", "narrow", "timed", "wider"}


def test_only_valid_records_count():
    class OneIsStale(ExampleStore):
        def status(self, run):
            return RunStatus("stale") if run == RUNS[0] else super().status(run)

    records = Records(OneIsStale(RECORDS), [*RUNS, run("missing")])
    assert records.arm("sum", "wide", Total).by_seed == {1: Total(1)}
    assert RUNS[0].id not in records.by_id
    with pytest.raises(NoRecords):
        records.arm("sum", "missing", Total)


def test_a_record_says_what_its_run_was_and_took(records):
    timed = records.by_id[RUNS[4].id]
    assert (timed.experiment, timed.arm, timed.seed, timed.exclusive) == ("sum", "timed", 0, True)
    assert list(records.costs()) == [run.id for run in RUNS]
    assert records.costs()[RUNS[0].id].wall_seconds == 10.0


def test_timings_of_another_machine_stand_in_only_for_what_this_one_has_not():
    elsewhere = [record_of(run("timed", seed=7), Total(total=70)), record_of(run("gpu"), Total(total=80))]
    records = Records(ExampleStore(RECORDS), RUNS, elsewhere)
    assert records.arm("sum", "timed", Total).results == [Total(4)]
    assert records.arm("sum", "gpu", Total).results == [Total(80)]
    assert list(records.by_id) == [*(run.id for run in RUNS), elsewhere[1].run]
    assert list(records.costs()) == [run.id for run in RUNS]  # they took nothing of this machine's time
    begun = Records(ExampleStore([]), RUNS, elsewhere)  # what it is about to measure itself is not shown from elsewhere
    assert list(begun.by_id) == [elsewhere[1].run]


def test_a_report_that_only_measures_time_has_no_costs():
    with pytest.raises(NoRecords):
        Records(ExampleStore(RECORDS[4:]), RUNS[4:]).costs()
