"""The command line: one clear line for bad input, and nothing half written."""

import os

import filelock
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.cli import main
from report.experiments import EXPERIMENTS, plan
from report.plan import Profile, phases


def outcome(capsys, *arguments):
    status = main([*map(str, arguments)])
    return status, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--profile", "medium"], ["--profile", "medium", "full", "quick"]),
        (["--seeds", "0"], ["--seeds", "0", "1<=x<=1000"]),
        (["--seeds", "-3"], ["--seeds", "-3", "1<=x<=1000"]),
        (["--seeds", "1000000"], ["--seeds", "1000000", "1<=x<=1000"]),
        (["--seeds", "2.5"], ["--seeds", "2.5", "integer"]),
        (["--workers", "0"], ["--workers", "0", "1<=x<=1024"]),
        (["--workers", "many"], ["--workers", "many", "integer"]),
        (["--only", "q9"], ["--only", "'q9'", "'epochs'", "'part1'"]),
        (["--device", "cuda:99"], ["cuda"]),
        (["--device", "abacus"], ["abacus"]),
        (["--nonsense"], ["--nonsense"]),
        (["frobnicate"], ["frobnicate"]),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, tmp_path, arguments, parts):
    output = tmp_path / "build"
    extra = [] if arguments == ["frobnicate"] else ["--output", output]
    status, message = outcome(capsys, *arguments, *extra)
    assert status == 2
    assert message.startswith("error: ")
    assert message.count("\n") == 1
    assert all(part in message for part in parts)
    assert not output.exists() or not list(output.glob("records/*"))


def test_data_that_are_not_there(capsys, tmp_path):
    status, message = outcome(capsys, "--data", tmp_path / "nowhere", "--output", tmp_path / "build")
    assert status == 2
    assert message.startswith("error: ")
    assert message.count("\n") == 1


def test_data_that_are_something_else(capsys, tmp_path):
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{name}-ubyte.gz").write_bytes(b"<!doctype html><title>Not here</title>")
    status, message = outcome(capsys, "--data", tmp_path, "--output", tmp_path / "build")
    assert status == 2
    assert "train-images-idx3-ubyte" in message
    assert message.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="folder permissions are POSIX's")
def test_an_output_folder_that_is_a_file(capsys, tmp_path):
    (tmp_path / "build").write_text("")
    status, message = outcome(capsys, "--output", tmp_path / "build")
    assert status == 2
    assert message.count("\n") == 1


def test_an_output_folder_that_cannot_be_made(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    status, message = outcome(capsys, "--output", tmp_path / "file" / "build")
    assert status == 2
    assert "must be writable" in message
    assert message.count("\n") == 1


def test_a_second_report_says_who_holds_the_folder(capsys, tmp_path):
    (tmp_path / ".holder").write_text("process 4711")
    with filelock.FileLock(tmp_path / ".lock"):
        status, message = outcome(capsys, "--output", tmp_path)
    assert status == 2
    assert "process 4711" in message
    assert message.count("\n") == 1


def test_status_names_every_run_and_makes_nothing(capsys, tmp_path):
    output = tmp_path / "build"
    assert main(["status", "--profile", "quick", "--only", "epochs", "--output", str(output)]) == 0
    text = capsys.readouterr().out
    expected = plan(Profile(name="quick", seeds=2), ["epochs"])
    assert text.count("missing ") >= len(expected)
    assert f"0 done, {len(expected)} missing, 0 stale" in text
    assert not output.exists()


def test_an_answer_stands_for_its_experiments(capsys, tmp_path):
    main(["status", "--profile", "quick", "--only", "q4", "--output", str(tmp_path)])
    text = capsys.readouterr().out
    assert " epochs " in text
    assert " capacity " in text


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12), min_size=1, max_size=4))
def test_any_words_end_in_a_status(words):
    if words[0] in EXPERIMENTS or words[0].startswith("-") or not words[0]:
        words = ["status", "--only", *words]  # never start a real report
    else:
        words = ["status", *words]
    assert main(words) in {0, 2}


def test_plans_put_needs_first_and_seeds_in_order():
    runs = plan(Profile(name="full", seeds=3))
    place = {run.id: i for i, run in enumerate(runs)}
    assert len(place) == len(runs)
    for run in runs:
        assert all(place[needed.id] < place[run.id] for needed in run.depends_on)
    trained = [run for run in runs if not run.exclusive]
    assert runs[: len(trained)] == trained
    main = [run for run in trained if run.role == "main"]
    assert [run.seed for run in main] == sorted(run.seed for run in main)
    short, *by_seed = phases(runs, 0, lambda run: 1.0, 20.0)
    assert {(run.seed, run.role, run.depends_on) for run in short} == {(0, "main", ())}
    assert [{run.seed for run in phase if run.role == "main"} for phase in by_seed] == [
        {s} for s in range(len(by_seed))
    ]
    assert sorted(run.id for phase in (short, *by_seed) for run in phase) == sorted(run.id for run in trained)


def test_a_device_reaches_the_runs_and_what_they_need():
    for run in plan(Profile(name="quick", seeds=1, device="cuda:0"), ["epochs"]):
        assert run.device == "cuda:0"
        assert all(needed.device == "cuda:0" for needed in run.depends_on)


LONGER_WITH_MORE_SEEDS = {"epochs", "capacity"}
"""Experiments in which the first seeds train longer than the others: with more seeds, more of them do."""


def test_more_seeds_keep_the_runs_there_are():
    few, many = (plan(Profile(name="full", seeds=seeds)) for seeds in (2, 5))
    replaced = {run.id for run in few} - {run.id for run in many}
    assert {id.partition(".")[0] for id in replaced} <= LONGER_WITH_MORE_SEEDS
    assert len(replaced) < len(few) / 10
