"""The wheel and the source archive of the site: complete, installable, and the same twice."""

import os
import subprocess
import sys
import tarfile

import pytest

import fmnist_ref
from report.publish.packages import build_packages

WHEEL = f"fmnist_ref-{fmnist_ref.__version__}-py3-none-any.whl"
ARCHIVE = f"fmnist_ref-{fmnist_ref.__version__}.tar.gz"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Return the folder with the files, in which another version had been."""
    folder = tmp_path_factory.mktemp("published") / "packages"
    folder.mkdir()
    (folder / "fmnist_ref-0.0.1.tar.gz").write_text("old")
    build_packages(folder.parent)
    return folder


def test_equal_checkouts_give_equal_files(packages, tmp_path):
    build_packages(tmp_path)
    assert sorted(path.name for path in packages.iterdir()) == sorted([WHEEL, ARCHIVE, "CITATION.cff"])
    for path in packages.iterdir():
        assert (tmp_path / "packages" / path.name).read_bytes() == path.read_bytes()


def test_the_wheel_can_be_installed_and_used(packages, tmp_path):
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target", str(tmp_path)]
    subprocess.run([*command, str(packages / WHEEL)], check=True, capture_output=True)
    code = "import fmnist_ref; print(fmnist_ref.__file__, len(fmnist_ref.load_sample('test').labels))"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    path, count = done.stdout.split()
    assert path.startswith(str(tmp_path))
    assert int(count) == 100


def test_the_source_archive_makes_the_report(packages):
    with tarfile.open(packages / ARCHIVE) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"tox.ini", "constraints.txt", "report/__main__.py", "docs/conf.py", "tests/conftest.py"} <= names
