"""Nothing that is printed ends a run: not on a terminal without the symbols, not on a pipe that nobody reads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from stand_ins import small_report

from report.record.store import decode

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, str(ROOT / "tests/stand_ins/program.py")]
ASCII_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def report(output, **settings):
    """Start a small report as a program; return its command and environment."""
    command = [*PROGRAM, "run", "--profile", "quick", "--seeds", "1", "--output", str(output)]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"}  # tox sets it
    return {"args": command, "cwd": ROOT, "env": inherited | {"PYTHONPATH": str(ROOT)} | settings}


def assert_complete(output):
    records = [decode(path.read_bytes()) for path in output.glob("records/*.json")]
    assert len(records) == small_report.PARTS + 1
    assert (output / "verdicts.json").is_file()


@pytest.mark.parametrize(
    "settings",
    [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, ASCII_LOCALE],
    ids=["ascii", "Windows", "C locale"],
)
def test_symbols_fall_back_where_the_encoding_lacks_them(tmp_path, settings):
    output = tmp_path / "Ausgabe ü"
    done = subprocess.run(**report(output, **settings), capture_output=True, check=False)
    assert done.stderr == b""
    assert done.returncode == 0
    assert b"0 not assessed in the quick profile" in done.stdout
    assert "∅".encode() not in done.stdout
    assert_complete(output)
    if settings == ASCII_LOCALE:  # the path is in bytes there, and is printed as it is
        assert os.fsencode(output) in done.stdout


def test_each_substitute_is_as_wide_as_its_symbol():
    text = "+31.8\u202fpp ✗ refuted 139× −58 to −1 …"
    assert text.encode("ascii", "ascii_symbols") == b"+31.8 pp x refuted 139x -58 to -1 ."
    assert "2 × 10⁻⁴ and 10⁵, ü".encode("ascii", "ascii_symbols") == b"2 x 10^-4 and 10^5, \\xfc"


def test_symbols_are_shown_where_they_can_be(tmp_path):
    done = subprocess.run(
        **report(tmp_path, PYTHONIOENCODING="utf-8", WHOLE_REPORT="1"), capture_output=True, check=True
    )
    assert "∅ not assessed in the quick profile".encode() in done.stdout
    assert b" 1 machine " in done.stdout  # in the row of Q6.5, and not "1 machines"


def test_a_reader_that_leaves_does_not_end_the_run(tmp_path):
    with subprocess.Popen(**report(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0
    assert_complete(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_under_the_log_does_not_end_the_run(tmp_path):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(**report(tmp_path), stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert_complete(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="closes the program's standard output by a shell")
def test_no_standard_output_at_all(tmp_path):
    settings = report(tmp_path)
    settings["args"] = ["sh", "-c", '"$@" >&-', "sh", *settings["args"]]
    done = subprocess.run(**settings, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert_complete(tmp_path)
