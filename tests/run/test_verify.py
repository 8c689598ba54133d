"""Verification: what agrees with its record, what doesn't, and by which measure."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from stand_ins import experiments as stand_in
from stand_ins import small_report

from report.cli import main
from report.experiments import EXPERIMENTS, plan
from report.plan import Experiment, Profile
from report.publish import site
from report.record.environment import Environment
from report.record.store import SCHEMA, Record
from report.record.tolerance import compare, machine_changes
from report.run.verify import choose

HERE = Environment(
    processor="one", cores=2, memory_bytes=1, threads=1, device="one", operating_system="Linux",
    python="3", torch="2", torchvision="0", numpy="2",
)  # fmt: skip
ELSEWHERE = msgspec.structs.replace(HERE, processor="another", cores=64)


def record(environment=HERE, **results):
    return Record(
        schema=SCHEMA, run="r", experiment="e", arm="a", seed=0, role="main", parameters={}, exclusive=False,
        depends_on={}, results=results,
        wall_seconds=1.0, peak_memory_bytes=1, environment=environment, data_sha256="d", code={},
    )  # fmt: skip


SEEDS = [record(accuracy=value, curve=[1.0, value]) for value in (80.0, 81.0, 82.0)]  # standard deviation 1


def test_times_need_not_agree():
    one, two = record(loss=0.5, seconds={"train": [1.0]}), record(loss=0.5, seconds={"train": [2.0]})
    assert compare(one, two, []).outcome == "identical"


def test_the_last_bit_counts_on_the_same_kind_of_machine():
    comparison = compare(record(loss=0.5), record(loss=0.5 + 2**-53), SEEDS)
    assert comparison.outcome == "differs"
    assert comparison.why == "in loss, on the same kind of machine"
    assert not comparison.agrees


@pytest.mark.parametrize(
    ("accuracy", "outcome"), [(82.9, "within the seeds' spread"), (79.1, "within the seeds' spread"), (83.1, "differs")]
)
def test_elsewhere_two_standard_deviations_over_the_seeds_are_allowed(accuracy, outcome):
    comparison = compare(SEEDS[1], record(ELSEWHERE, accuracy=accuracy, curve=[1.0, 81.0]), SEEDS)
    assert comparison.outcome == outcome
    assert "most in accuracy, by" in comparison.why
    assert comparison.agrees == (outcome != "differs")


def test_a_curve_is_judged_as_a_whole():
    seeds = [record(curve=[value] * 100) for value in (0.0, 1.0, 2.0)]
    one_far = [1.0] * 99 + [4.0]
    all_far = [4.0] * 100
    assert compare(seeds[1], record(ELSEWHERE, curve=one_far), seeds).agrees
    assert not compare(seeds[1], record(ELSEWHERE, curve=all_far), seeds).agrees


def test_where_the_seeds_agree_elsewhere_has_to():
    seeds = [record(chosen=0.1, name="sgd")] * 3
    assert not compare(seeds[0], record(ELSEWHERE, chosen=0.2, name="sgd"), seeds).agrees
    assert not compare(seeds[0], record(ELSEWHERE, chosen=0.1, name="adam"), seeds).agrees


def test_training_that_stops_early_may_stop_a_little_elsewhere():
    seeds = [record(curve=[1.0] * length) for length in (10, 12, 14)]
    assert compare(seeds[1], record(ELSEWHERE, curve=[1.0] * 13), seeds).agrees
    assert not compare(seeds[1], record(ELSEWHERE, curve=[1.0] * 30), seeds).agrees


def test_other_fields_differ_anywhere():
    assert compare(record(loss=1.0), record(ELSEWHERE, los=1.0), SEEDS).outcome == "differs"


def test_one_seed_can_not_decide():
    comparison = compare(SEEDS[0], record(ELSEWHERE, accuracy=80.1, curve=[1.0, 80.0]), SEEDS[:1])
    assert comparison.outcome == "undecided"
    assert not comparison.agrees


def test_cores_and_memory_do_not_make_another_kind():
    assert machine_changes(HERE, msgspec.structs.replace(HERE, cores=64, memory_bytes=2)) == []
    assert machine_changes(HERE, ELSEWHERE) == ["processor one → another"]


def test_the_choice_is_by_seeded_chance_and_in_order():
    runs = plan(Profile(seeds=10), ["gradient_noise"])
    assert choose(runs, None, 0) == runs
    assert choose(runs, len(runs) + 1, 0) == runs
    chosen = choose(runs, 3, 5)
    assert chosen == choose(runs, 3, 5)
    assert len(chosen) == 3
    assert [runs.index(run) for run in chosen] == sorted(runs.index(run) for run in chosen)
    assert {run.id for draw in range(40) for run in choose(runs, 3, draw)} == {run.id for run in runs}


@pytest.fixture
def command(monkeypatch, tmp_path, capsys):
    """Return a function that runs a command on a small report, and returns status and output."""
    small_report.install(monkeypatch, lambda workers, threads: ThreadPoolExecutor(workers))

    def run(*words):
        status = main([*words, "--profile", "quick", "--seeds", "2", "--output", str(tmp_path / "build")])
        printed = capsys.readouterr()
        return status, " ".join((printed.out + printed.err).split())

    return run


def test_a_report_is_verified_whole_or_in_part(command, tmp_path):
    assert command("run")[0] == 0
    before = {path: path.read_bytes() for path in (tmp_path / "build" / "records").iterdir()}
    status, told = command("verify", "--all")
    assert status == 0
    assert "Measuring 16 of 16 recorded runs again." in told
    assert "16 of 16 agree with their records: 16 identical." in told
    assert "same kind of machine" in told
    status, told = command("verify", "--sample", "3", "--draw", "7")
    assert status == 0
    assert "Measuring 3 of 16 recorded runs again, chosen at random with seed 7." in told
    assert {path: path.read_bytes() for path in (tmp_path / "build" / "records").iterdir()} == before


def test_a_run_that_gives_something_else_is_named_and_ends_with_1(command, monkeypatch):
    assert command("run")[0] == 0

    def another(run, dataset, inputs):
        result = stand_in.measure(run, dataset, inputs)
        return msgspec.structs.replace(result, total=result.total + (run.arm == "part3" and run.seed == 1))

    changed = Experiment(plan=small_report.plan, measure=another)
    monkeypatch.setitem(EXPERIMENTS, "sum", changed)
    status, told = command("verify", "--all")
    assert status == 1
    assert "differs sum part3 seed 1: in total, on the same kind of machine" in told
    assert "15 of 16 agree" in told  # what reads from it was given the recorded result


def test_a_run_that_can_not_be_repeated_ends_with_1(command, monkeypatch):
    assert command("run")[0] == 0

    def broken(run, dataset, inputs):
        raise ArithmeticError(run.arm)

    monkeypatch.setitem(EXPERIMENTS, "sum", Experiment(plan=small_report.plan, measure=broken))
    status, told = command("verify", "--sample", "1")
    assert status == 1
    assert "not measured" in told
    assert "ArithmeticError" in told


def test_another_kind_of_machine_is_said_in_so_many_words(command, monkeypatch):
    assert command("run")[0] == 0
    monkeypatch.setattr(
        "report.run.worker.observe", lambda device: msgspec.structs.replace(site.observe(device), torch="9.9")
    )
    status, told = command("verify", "--all")
    assert status == 0
    assert "Recorded on another kind of machine (torch " in told
    assert "→ 9.9)" in told
    assert "2 standard deviations" in told


def test_nothing_recorded_is_bad_input(command, tmp_path):
    status, told = command("verify")
    assert status == 2
    assert told.startswith("error: verify needs recorded runs")
    assert not (tmp_path / "build").exists()
