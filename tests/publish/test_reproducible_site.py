"""The same records give the same site, byte for byte, wherever and whenever it is made."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from report.answers import ANSWERS, OTHER_PAGES
from report.publish.archive import NAME

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = {
    "plain": {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    "other": {"PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8"},
}
SECONDS = "1700000000"  # on 14 November 2023, but on the 15th in Kiritimati
SHARED_PAGES = ("index", "answers", "audit", "reproduced", "references")
PAGES = (*(f"answers/{name}" for name in ANSWERS), *OTHER_PAGES, *SHARED_PAGES)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """
    Return two folders, each with a site's source and the site, made in different environments at the same time.

    One site is the first from its source, the other the second.
    """
    settings = {key: value for key, value in os.environ.items() if not key.startswith("FMNIST_REF_")}
    settings |= {
        "PYTHONPATH": str(ROOT),
        "SOURCE_DATE_EPOCH": SECONDS,
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    settings["FMNIST_REF_SITE_URL"] = "https://example.org/fmnist-ref/"
    made = {name: tmp_path_factory.mktemp(name) for name in ENVIRONMENTS}
    running = [
        subprocess.Popen(
            [sys.executable, str(ROOT / "tests/stand_ins/render.py"), str(folder), str(builds)],
            cwd=ROOT,
            env=settings | ENVIRONMENTS[name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for builds, (name, folder) in enumerate(made.items(), start=1)
    ]
    said = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], "\n".join(said)
    return made


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("part", ["source", "site"])
def test_two_renderings_are_the_same_byte_for_byte(folders, part):
    plain, other = (files(folders[name] / part) for name in ENVIRONMENTS)
    assert sum(name.endswith(".svg") for name in plain) > 100  # there is something to differ in
    assert [name for name in sorted(plain.keys() | other) if plain.get(name) != other.get(name)] == []


def test_every_page_is_among_them(folders):
    site = folders["plain"] / "site"
    assert [name for name in PAGES if not (site / f"{name}.html").is_file()] == []
    with zipfile.ZipFile(site / NAME) as archive:
        assert {f"fmnist-ref/{name}.html" for name in PAGES} <= set(archive.namelist())


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_have_figures_and_verdicts_to_differ_in(folders, name):
    page = json.loads((folders["plain"] / f"source/evidence/{name}.json").read_text(encoding="utf-8"))
    assert page["headline"]
    assert page["figures"]
    assert any(claim["estimates"] for claim in page["claims"].values())


def test_the_date_is_that_of_the_source(folders):
    assert '"2023-11-14"' in (folders["other"] / "source/evidence/site.json").read_text(encoding="utf-8")
    home = (folders["plain"] / "site/index.html").read_text(encoding="utf-8")
    assert "14 November 2023" in home
    released = re.search(r"date-released: (\d{4})", (ROOT / "CITATION.cff").read_text(encoding="utf-8"))[1]
    assert re.search(rf"©.*{released}", home)  # the copyright does not depend on that date
