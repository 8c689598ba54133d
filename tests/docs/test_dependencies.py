"""Each dependency is explained and pinned, and what CI runs is what the project says it supports."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS = [
    Requirement(line)
    for group in (
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    )
    for line in group
    if isinstance(line, str)
]
NAMES = {requirement.name for requirement in REQUIREMENTS}


def pins(name):
    """Read a file of pins: version by package."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ")[0].split("==") for line in lines if "==" in line)


def test_table_of_folders_has_the_layers_in_order():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Folders")[2].partition("\n## ")[0]
    folders = re.findall(r"^\| `([\w./]+?)/?` \|", text, flags=re.MULTILINE)
    (layers,) = (contract["layers"] for contract in PROJECT["tool"]["importlinter"]["contracts"])
    assert [name.removesuffix(".py").replace("/", ".") for name in folders] == [*layers, "docs", "tests"]


def test_each_dependency_has_its_row_and_each_row_its_dependency():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Dependencies")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")][1:]
    listed = [name.strip() for row in rows for name in row.split(",")]
    assert sorted(listed) == sorted(NAMES)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_pins_are_those_of_the_bounds(requirement):
    """Run `tox -e pins` after a change of a bound."""
    (bound,) = requirement.specifier
    assert bound.operator == ">="
    assert requirement.specifier.contains(pins("constraints.txt")[requirement.name])
    lowest = pins(".ci/lowest.txt")[requirement.name]
    assert f"{lowest}.".startswith(f"{bound.version}.")


def test_workflows_run_on_every_python_that_is_supported():
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    named = [re.search(r":: (3\.\d+)$", line) for line in PROJECT["project"]["classifiers"]]
    assert workflow["jobs"]["wheel"]["strategy"]["matrix"]["python"] == [found[1] for found in named if found]


def test_lint_checks_every_workflow():
    lint = (ROOT / "tox.ini").read_text(encoding="utf-8").partition("[testenv:lint]")[2].partition("[testenv:")[0]
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / ".github/workflows").iterdir()} <= set(lint.split())
