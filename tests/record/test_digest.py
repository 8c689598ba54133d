"""Which changes of the source make a record stale."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SOURCES = {
    "report/__init__.py": "",
    "report/measure.py": '''
"""A module."""
from report import tools
from report.tools import double as twice

def measure(run):
    """Measure."""
    return twice(run) + tools.CONSTANT

def unrelated():
    return 1
''',
    "report/tools.py": '''
import math
CONSTANT = 3

def double(x: int, by=2) -> int:
    # a comment
    return scale(x, by)

def scale(x, by):
    return x * by

class Unused:
    """Nothing here."""
''',
}


@pytest.fixture
def digest_of(tmp_path):
    """Return a function that digests the little package above after some replacements, in a fresh interpreter."""

    def run(**replacements):
        for name, text in SOURCES.items():
            for old, new in replacements.items():
                text = text.replace(*new) if old in name else text
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        (tmp_path / "report" / "record").mkdir(exist_ok=True)
        (tmp_path / "report" / "record" / "__init__.py").touch()
        (tmp_path / "report" / "record" / "digest.py").write_text(
            (ROOT / "report" / "record" / "digest.py").read_text()
        )
        code = "import json; from report.record.digest import digest; print(json.dumps(digest('report.measure', 'measure')))"
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        return __import__("json").loads(done.stdout)

    return run


def test_reaches_what_is_used_and_nothing_else(digest_of):
    assert set(digest_of()) == {
        "report.measure.measure",
        "report.tools.CONSTANT",
        "report.tools.double",
        "report.tools.scale",
    }


@pytest.mark.parametrize(
    "change",
    [
        ("# a comment", "# another comment\n"),
        ("x: int, by=2", "x: float, by=2"),
        ('"""Nothing here."""', '"""Something."""'),
        ("def scale(x, by):", 'def scale(x, by):\n    """Scale."""\n'),
        ("import math", "import math\n\nNEW = 1\n"),
    ],
)
def test_what_changes_nothing(digest_of, change):
    assert digest_of() == digest_of(tools=change)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (("by=2", "by=3"), "report.tools.double"),
        (("x * by", "x + by"), "report.tools.scale"),
        (("CONSTANT = 3", "CONSTANT = 4"), "report.tools.CONSTANT"),
    ],
)
def test_what_changes_one_definition(digest_of, change, name):
    before, after = digest_of(), digest_of(tools=change)
    assert {key for key in before if before[key] != after[key]} == {name}


def test_changes_are_told_by_name():
    from report.record.digest import changes

    assert changes({"a": "1", "b": "1"}, {"a": "2", "c": "1"}) == ["a changed", "b is gone", "c is new"]
    assert changes({"a": "1"}, {"a": "1"}) == []


def test_a_default_of_fit_is_part_of_every_training_run():
    from report.record.store import code_of

    code = code_of("epochs")
    assert {"fmnist_ref.training.fit", "fmnist_ref.data.normalize", "report.experiments.epochs.measure"} <= set(code)
    assert not any("figures" in name or "answers" in name for name in code)
