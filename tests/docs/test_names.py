"""What pages, docstrings and settings name is there: files of the checkout, and names of the report."""

import re
from importlib import import_module
from pathlib import Path

from report.record.store import Record

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT, ROOT / "docs/guide/example")
PATH = re.compile(r"(?<![\w./-])(?:report|tests|docs|fmnist_ref)/[\w./-]*\w(?![\w{*-])")
PLACEHOLDER = "NAME"
NAME = re.compile(r"`(report(?:\.\w+)+)`")
TEXTS = sorted(
    path
    for pattern in (
        "*.md",
        "*.toml",
        "*.ini",
        "docs/*.md",
        "docs/*/*.md",
        "docs/_ext/*/*.py",
        "fmnist_ref/*.py",
        "report/**/*.py",
    )
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"  # which also names what is gone
)


def exists(name):
    """Return whether a dotted name is that of a module, or of what a module or a class in it has."""
    module, *rest = name.split(".")
    found = import_module(module)
    for part in rest:
        module += f".{part}"
        if not hasattr(found, part):
            try:
                import_module(module)
            except ModuleNotFoundError:
                return part in getattr(found, "__annotations__", {})
        found = getattr(found, part)
    return True


def test_named_files_and_names_are_there():
    missing = {}
    for text in TEXTS:
        content = text.read_text(encoding="utf-8")
        named = [path for path in PATH.findall(content) if PLACEHOLDER not in path]
        paths = [path for path in named if not any((folder / path).exists() for folder in FOLDERS)]
        names = [name for name in NAME.findall(content) if not exists(name)]
        if paths or names:
            missing[text.relative_to(ROOT).as_posix()] = paths + names
    assert missing == {}


def test_the_guide_explains_every_field_of_a_record():
    text = (ROOT / "docs/guide/reproduce.md").read_text(encoding="utf-8")
    section = text.partition("## What is in a record")[2].partition("\n## ")[0]
    explained = [
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    ]
    assert sorted(explained) == sorted(Record.__struct_fields__)
