"""Nothing that is published says whose machine made it, and what others wrote stays text."""

import getpass
import os
import platform
import re
import socket
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from stand_ins import small_report

from report.cli import main
from report.conclude.published import SCHEMA, ClaimResult, PublishedResult
from report.record import environment
from report.record.environment import Environment
from report.render import pages
from report.run import worker

ROOT = Path(__file__).parents[2]
ODD = {
    "USER": "quentin-oddname",
    "LOGNAME": "quentin-oddname",
    "USERNAME": "quentin-oddname",
    "HOSTNAME": "odd-host-4711",
    "COMPUTERNAME": "odd-host-4711",
    "HOME": "/home/quentin-oddname",
    "EMAIL": "quentin@odd-mail.example",
    "GIT_AUTHOR_EMAIL": "quentin@odd-mail.example",
    "GIT_AUTHOR_NAME": "quentin-oddname",
    "SLURM_JOB_USER": "quentin-oddname",
    "SECRET_TOKEN": "odd-secret-9Zx",
    "FMNIST_REF_DATA": "/srv/odd-folder",
}
HOSTILE = "<script>alert(1)</script>\n```{raw} html\n<b>\n```\n{py:func}`odd` [link](javascript:1)"


@pytest.fixture
def make_report(monkeypatch, tmp_path):
    """Return a function that makes a small report and returns the folder it was made in."""
    small_report.install(monkeypatch, lambda workers, threads: ThreadPoolExecutor(workers), whole=True)

    def make():
        output = tmp_path / "odd-output-folder"
        assert main(["run", "--profile", "quick", "--seeds", "1", "--output", str(output)]) == 0
        return output

    return make


def published(output):
    """Read all that a report leaves in its folder."""
    files = {path.relative_to(output): path.read_bytes() for path in output.rglob("*") if path.is_file()}
    assert any(path.parts[0] == "records" for path in files)
    assert any(path.name == "site.json" for path in files)
    return files


def test_no_name_place_or_variable_of_the_machine_is_published(make_report, monkeypatch):
    real = {getpass.getuser(), platform.node(), socket.gethostname(), str(Path.home()), sys.prefix, str(ROOT)}
    for name, value in ODD.items():
        monkeypatch.setenv(name, value)
    for module, function in ((platform, "node"), (socket, "gethostname"), (socket, "getfqdn")):
        monkeypatch.setattr(module, function, lambda *_: ODD["HOSTNAME"])
    output = make_report()
    own = {str(output), str(Path.cwd()), tempfile.gettempdir() + os.sep, *real}
    own = {text for text in own if len(text) > 4}  # "root" and "/" are words of the language
    docs = b"\n".join(path.read_bytes() for path in (ROOT / "docs").rglob("*") if path.is_file())
    for path, content in published(output).items():
        for text in {*ODD.values(), *own}:
            assert text.encode() not in content or text.encode() in docs, f"{text!r} in {path}"


def test_records_and_evidence_hold_no_absolute_path_and_no_address(make_report):
    place = re.compile(
        rb'"[^"]*(?:(?<![\w<:/.])/(?:home|Users|root|tmp|usr|var|opt|mnt|srv)/|[A-Z]:\\\\|\w@\w+\.\w)[^"]*"'
    )
    for path, content in published(make_report()).items():
        if path.suffix == ".json":
            assert not place.search(content), f"{place.search(content)} in {path}"


def test_the_environment_has_only_the_fields_that_were_allowed():
    assert set(Environment.__struct_fields__) == {
        "processor", "cores", "memory_bytes", "threads", "device", "operating_system",
        "python", "torch", "torchvision", "numpy",
    }  # fmt: skip


def test_foreign_text_reaches_pages_only_as_evidence(make_report, monkeypatch):
    """Device names and a published result of others are data: no Markdown page contains them, so none can act there."""
    observed = environment.observe()
    hostile = msgspec.structs.replace(observed, processor=HOSTILE, device=HOSTILE)
    monkeypatch.setattr(worker, "observe", lambda device: hostile)
    monkeypatch.setattr("report.publish.site.observe", lambda device: hostile)
    foreign = PublishedResult(
        schema=SCHEMA, version=HOSTILE, made_on=HOSTILE, seeds=5, first_seed=0,
        environment={"processor": HOSTILE, HOSTILE: "1"}, claims=(ClaimResult(id=HOSTILE, verdict="supported"),),
    )  # fmt: skip
    monkeypatch.setattr(pages.published, "read_all", lambda: [foreign])
    output = make_report()
    holding = {path for path, content in published(output).items() if b"alert(1)" in content}
    assert Path("source/evidence/reproduced.json") in holding
    assert Path("source/evidence/site.json") in holding
    assert {path.suffix for path in holding} == {".json"}
    for path in holding:
        assert msgspec.json.decode((output / path).read_bytes())  # and there it is quoted
