"""What a report checks before its first run: variables, folders and limits as other people's machines have them."""

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fmnist_ref import ConfigurationError
from report.cli import checks, options
from report.cli.checks import check_file, check_open_files, check_output
from report.cli.options import Options
from report.run.executor import Backend

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, str(ROOT / "tests/stand_ins/program.py"), "run", "--profile", "quick", "--seeds", "1"]
REPORT = [sys.executable, "-m", "report"]
STATUS = [*REPORT, "status", "--only", "epochs"]
ONLY_POSIX = pytest.mark.skipif(os.name != "posix", reason="sockets, limits and permissions are POSIX's")


def run(command, *words, preexec_fn=None, **settings):
    """Run a program with environment variables; return its exit status, its output, and what it complained of."""
    done = subprocess.run(
        [*command, *map(str, words)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | settings,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=preexec_fn,
    )
    return done.returncode, done.stdout, done.stderr


def assert_refused(outcome, *parts):
    status, printed, message = outcome
    assert (status, printed) == (2, "")
    assert message.startswith("error: ")
    assert message.count("\n") == 1
    for part in parts:
        assert part in message


def without_privileges():
    """Let permissions bind root too: drop the capabilities to override them (Linux)."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP


# Variables


def test_an_epoch_that_is_none_is_refused_before_the_first_run(tmp_path):
    outcome = run(REPORT, "--output", tmp_path, SOURCE_DATE_EPOCH="garbage")
    assert_refused(outcome, "SOURCE_DATE_EPOCH must be a number of seconds since 1970", "'garbage'", "unset it")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("epoch", ["-1", "1.5", "99999999999999", "１", " 1"])
def test_an_epoch_without_a_date_is_refused(monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(ConfigurationError, match=f"since 1970, from 0 to 253402300799; found {epoch!r}"):
        checks.check_environment()


def test_the_last_epoch_has_a_date(tmp_path):
    assert run(PROGRAM, "--output", tmp_path, SOURCE_DATE_EPOCH="253402300799")[::2] == (0, "")
    assert '"9999-12-31"' in (tmp_path / "source/evidence/site.json").read_text(encoding="utf-8")


def test_variables_that_can_be_ignored_are_no_obstacle(tmp_path):
    status, printed, complaint = run(STATUS, "--output", tmp_path, SOURCE_DATE_EPOCH="", MPLBACKEND="garbage")
    assert (status, complaint) == (0, "")
    assert " missing, 0 stale" in printed


@pytest.mark.parametrize(
    "url", ["nonsense", "example.org/site", "http://[", "https://a.b:port/", "https://a.b/?q", "/"]
)
@pytest.mark.parametrize("variable", ["FMNIST_REF_SITE_URL", "FMNIST_REF_REPOSITORY"])
def test_an_address_that_is_none_is_refused(monkeypatch, variable, url):
    monkeypatch.setenv(variable, url)
    with pytest.raises(ConfigurationError, match=f"{variable} must be the address of the "):
        checks.check_environment()


def test_site_addresses_are_accepted(monkeypatch):
    for url in ("", "https://example.org", "http://localhost:8000/fmnist-ref/", "https://bücher.example/~me/"):
        monkeypatch.setenv("FMNIST_REF_SITE_URL", url)
        checks.check_environment()


def test_an_interpreter_that_drops_docstrings_is_refused(tmp_path):
    outcome = run(STATUS, "--output", tmp_path, PYTHONOPTIMIZE="2")
    assert_refused(outcome, "Python must keep docstrings", "PYTHONOPTIMIZE=2")


LONG_TEMPORARY = """
from report.cli.checks import check_environment
from report.run.executor import local_executor
if __name__ == "__main__":
    check_environment()
    with local_executor(1, 1) as pool:
        print(pool.submit(abs, -1).result())
"""


@ONLY_POSIX
def test_workers_start_where_the_path_of_the_temporary_folder_is_long(tmp_path):
    folder = tmp_path / ("t" * 100)
    folder.mkdir()
    (tmp_path / "program.py").write_text(LONG_TEMPORARY)
    assert run([sys.executable, tmp_path / "program.py"], TMPDIR=str(folder)) == (0, "1\n", "")


@ONLY_POSIX
def test_without_a_shorter_temporary_folder_the_long_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("t" * 100)))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ConfigurationError, match="Set TMPDIR to a shorter one"):
        checks.check_environment()


# Folders


def test_a_file_where_a_folder_must_be_is_named_before_the_first_run(tmp_path):
    (tmp_path / "site").write_text("")
    outcome = run(PROGRAM, "--output", tmp_path)
    assert_refused(outcome, f"{tmp_path / 'site'} must be a folder", "Move it away, or choose another --output.")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize(
    ("name", "make", "needed"),
    [(name, Path.touch, "folder") for name in ("site", "records", "source", ".sphinx", "data")]
    + [(name, Path.mkdir, "file") for name in ("verdicts.json", ".lock", ".holder")],
)
def test_whatever_else_has_a_name_of_the_report_is_named(tmp_path, name, make, needed):
    make(tmp_path / name)
    with pytest.raises(ConfigurationError, match=rf"{name} must be a {needed}; found something else of that name"):
        check_output(tmp_path)


def test_a_link_that_leads_nowhere_is_named_and_one_to_a_folder_is_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "site").symlink_to(tmp_path / "elsewhere")
    check_output(tmp_path)
    (tmp_path / "elsewhere").rmdir()
    with pytest.raises(ConfigurationError, match="site must be a folder"):
        check_output(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="root drops its privileges as Linux has them")
@pytest.mark.parametrize("name", ["site/answers", "."])
def test_a_folder_that_cannot_be_written_is_named_before_the_first_run(tmp_path, name):
    folder = tmp_path / "build" / name
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    outcome = run(PROGRAM, "--output", tmp_path / "build", preexec_fn=without_privileges)
    folder.chmod(0o700)
    assert_refused(outcome, "the output folder must be writable", f"that {folder} is not")
    assert not list(tmp_path.glob("build/records/*"))


def test_an_output_path_too_long_for_sqlite_is_refused(tmp_path):
    assert_refused(
        run(PROGRAM, "--output", tmp_path.joinpath(*["d" * 100] * 8)),
        "the path of the output folder must be no longer than",
    )
    assert not list(tmp_path.iterdir())


def test_what_is_still_in_the_way_later_is_named_too(tmp_path):
    (tmp_path / "source/answers/q1.md").mkdir(parents=True)
    status, _, message = run(PROGRAM, "--output", tmp_path)
    assert status == 1
    assert message.startswith("error: the output folder must be writable; found ")
    assert "answers" in message
    assert message.count("\n") == 1


def test_a_timing_record_that_cannot_be_written_is_refused(tmp_path):
    check_file(tmp_path / "new" / "timings.json")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ConfigurationError, match=r"timings\.json must be writable; found that .*file is not a writable"
    ):
        check_file(tmp_path / "file" / "timings.json")


def test_data_may_go_to_the_output_folder(tmp_path, monkeypatch):
    """Where the user's cache can't be written, as the tests of `locate` show."""
    asked = []
    monkeypatch.setattr(options, "locate", lambda root, fallback: asked.append(fallback))
    chosen = Options(output=tmp_path, data=None, device="cpu", seeds=None, only=(), profile="quick")
    with pytest.raises(AttributeError), chosen.holding_output(Backend(1)):
        pass
    assert asked == [tmp_path / "data"]


# Limits


def limited(soft, hard):
    """Return a function that limits the number of open files in a new process."""
    import resource

    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@ONLY_POSIX
def test_too_few_open_files_are_refused_before_the_first_run(tmp_path):
    outcome = run(PROGRAM, "--output", tmp_path, preexec_fn=limited(60, 60))
    assert_refused(outcome, "must be allowed to open", "a limit of 60", "ulimit -n")
    assert not list(tmp_path.glob("records/*"))


@ONLY_POSIX
def test_a_limit_that_may_be_raised_is_raised(tmp_path):
    asking = "import resource; from report.cli.checks import check_open_files as check; check(5); "
    asking += "print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    assert run([sys.executable, "-c", asking], preexec_fn=limited(60, 500)) == (0, "(122, 500)\n", "")
    assert run([sys.executable, "-c", asking], preexec_fn=limited(300, 500)) == (0, "(300, 500)\n", "")


def test_a_system_without_such_a_limit_is_not_asked(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    check_open_files(10**9)


def test_only_workers_of_this_machine_count(tmp_path, monkeypatch):
    counted = []
    monkeypatch.setattr(options, "check_open_files", counted.append)
    monkeypatch.setattr(options, "locate", lambda root, fallback: None)
    chosen = Options(output=tmp_path, data=None, device="cpu", seeds=None, only=(), profile="quick")
    for backend in (Backend(7), Backend(700, lambda workers, threads: None)):
        with pytest.raises(AttributeError), chosen.holding_output(backend):
            pass
    assert counted == [7, 1]
