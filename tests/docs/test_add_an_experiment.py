"""The worked example of the guide: its files, put where the guide says, make a report with one more claim."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/guide/add-an-experiment.md"
EXAMPLE = ROOT / "docs/guide/example"
SENTENCE = EXAMPLE / "sentence.md.j2"
FILES = sorted(path for path in EXAMPLE.rglob("*.py"))
CHANGED = {"report/answers/q5/__init__.py": 1, "report/render/templates/q5.md.j2": SENTENCE.read_text().count("\n")}
"""Lines that are added to files that exist."""

REPORT = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

print("tests", int(pytest.main(["-q", "-p", "no:cacheprovider", "tests", "-k", "momentum"])))

from stand_ins.experiments import dataset
from stand_ins.pages import text_of

from report.answers.q5 import answer
from report.experiments import plan
from report.plan import Profile
from report.record.reader import Records
from report.record.store import RecordStore
from report.render import pages
from report.run import worker
from report.run.executor import Backend, Runner

worker.dataset = dataset
runs = plan(Profile(), only=["momentum"])
store = RecordStore(Path("records"), "sample")
backend = Backend(1, lambda workers, threads: ThreadPoolExecutor(workers))
print("failures", Runner(store, Path(), backend, on_end=lambda *_: None).run(runs))
records = Records(store, runs)
finding = pages.measure(records, "full").findings["Q5.90"]
print("finding", finding.verdict, "|", finding.measured)
print(text_of(answer, records, Path()))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a copy of the report and of what its tests share, with the example in it."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "report", folder / "report", ignore=shutil.ignore_patterns("__pycache__"))
    for shared in ("examples", "stand_ins"):
        shutil.copytree(ROOT / "tests" / shared, folder / "tests" / shared)
    for file in ("pyproject.toml", "tests/conftest.py", "tests/test_examples.py"):
        shutil.copy(ROOT / file, folder / file)
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    change(folder / "report/answers/q5/__init__.py", r"experiments=\(", 'experiments=("momentum", ')
    end_of_evidence = r"(?s)(block evidence %}.*?)(?={% endblock)"
    change(folder / "report/render/templates/q5.md.j2", end_of_evidence, lambda found: found[1] + SENTENCE.read_text())
    return folder


def change(file, pattern, replacement):
    text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"), count=1)
    assert count == 1
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def output(checkout):
    """Return what the example's tests and a report of the sample print, made of the copy and not of this checkout."""
    path = os.pathsep.join([str(checkout), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_is_short_and_the_guide_shows_all_of_it():
    sizes = {path.relative_to(EXAMPLE).as_posix(): path.read_text().count("\n") for path in FILES} | CHANGED
    print(sizes, sum(sizes.values()))
    assert len(sizes) <= 6
    assert sum(sizes.values()) <= 150  # of at most 76 characters
    shown = re.findall(r"{literalinclude} (.*)", GUIDE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(path.relative_to(GUIDE.parent).as_posix() for path in [*FILES, SENTENCE])


def test_the_examples_own_tests_pass(output):
    assert "\n4 passed" in output  # that it has example results is one of them
    assert "\ntests 0\n" in output


def test_a_report_has_its_claim_its_figure_and_its_sentence(output, checkout):
    assert "\nfailures []\n" in output
    assert "\nfinding supported | Test accuracy after 5 epochs: momentum 0.9 minus without\n" in output
    assert ". Momentum helps in the first epochs.*" in output
    assert len(list((checkout / "figures").glob("q5-momentum*.svg"))) >= 2  # light and dark
    assert re.search(
        r"test accuracy after the same epochs changes by\s+\+[\d.]+\spp \(.*\): momentum helps here\.", output
    )
