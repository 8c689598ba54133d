"""Which commit the site names as its source."""

import re
import shutil
import subprocess

import pytest

from report.publish import site

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder, *words):
    subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def repository(tmp_path):
    """Return the folder of a repository with one commit."""
    (tmp_path / "file").write_text("content", encoding="utf-8")
    git(tmp_path, "init")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "--message", "one")
    return tmp_path


def commit_named():
    return site.about("cpu", "given", "0" * 64)["commit"]


def test_a_checkout_names_its_commit_and_says_whether_it_was_changed(repository, monkeypatch):
    monkeypatch.setattr(site, "ROOT", repository)
    assert re.fullmatch("[0-9a-f]{7,}", commit_named())
    (repository / "file").write_text("changed", encoding="utf-8")
    assert commit_named().endswith("-dirty")


def test_an_sdist_unpacked_inside_another_repository_names_no_commit(repository, monkeypatch):
    unpacked = repository / "fmnist_ref-1.0"
    unpacked.mkdir()
    monkeypatch.setattr(site, "ROOT", unpacked)
    assert commit_named() is None


def test_a_repository_that_a_variable_names_is_not_asked(repository, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))  # as in a hook of that repository
    monkeypatch.setattr(site, "ROOT", tmp_path_factory.mktemp("unpacked"))
    assert commit_named() is None
