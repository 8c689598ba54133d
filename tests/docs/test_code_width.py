"""Code on pages is at most 76 characters wide, which fits their column, a printed page, and half a screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDTH = 76
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/guide").glob("*.md")),
    *sorted((ROOT / "report/render/templates").glob("*.md.j2")),
]
MODULES = sorted((ROOT / "docs/guide").rglob("*.py"))


def code_of(page: Path) -> Iterator[str]:
    """Yield the lines of a page's blocks of code, not those of directives such as ``{result-figure}``."""
    inside = shown = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("```"):
            inside = not inside
            shown = inside and (not line.lstrip().startswith("```{") or "{code" in line)
        elif shown:
            yield line


def test_pages_have_code() -> None:
    assert sum(len(list(code_of(page))) for page in PAGES) > 200
    assert len(MODULES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_of_code_fit_their_column(page: Path) -> None:
    assert [line for line in code_of(page) if len(line) > WIDTH] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_modules_that_the_guide_shows_fit_their_column(module: Path) -> None:
    assert [line for line in module.read_text(encoding="utf-8").splitlines() if len(line) > WIDTH] == []
