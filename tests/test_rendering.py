"""The same records give the same pages and figures, byte for byte, wherever and whenever they are rendered."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = {
    "plain": {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    "other": {"PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8"},
}


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    found = {}
    for name, environment in ENVIRONMENTS.items():
        folder = tmp_path_factory.mktemp(name)
        subprocess.run(
            [sys.executable, str(Path(__file__).with_name("stand_ins") / "render.py"), str(folder)],
            cwd=ROOT,
            env=os.environ
            | {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1700000000", "OMP_NUM_THREADS": "1"}
            | environment,
            check=True,
        )
        found[name] = {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }
    return found


def test_two_renders_are_the_same_byte_for_byte(trees):
    plain, other = trees["plain"], trees["other"]
    assert sum(name.endswith(".svg") for name in plain) >= 10  # there is something to differ in
    assert sum("/answers/" in name for name in plain) == 4
    assert [name for name in sorted(plain.keys() | other) if plain.get(name) != other.get(name)] == []


def test_the_date_is_that_of_the_source(trees):
    assert b'"2023-11-14"' in trees["plain"]["q4/evidence/site.json"]
