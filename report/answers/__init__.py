"""What the records say: a package for each page, found by its folder; its functions are pure functions of records."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from report.answers.answer import Answer
from report.conclude.claims import Claim, in_order


def _pages() -> dict[str, Answer]:
    """Import every page's package and its modules, which register their functions, and return the pages."""
    pages = {}
    for package in pkgutil.iter_modules(__path__):
        if package.ispkg:
            page = import_module(f"{__name__}.{package.name}")
            for module in pkgutil.iter_modules(page.__path__):
                import_module(f"{page.__name__}.{module.name}")
            pages[package.name] = page.answer
    return pages


_PAGES = _pages()
ANSWERS: dict[str, Answer] = {name: page for name, page in _PAGES.items() if page.answers_notebook}
"""The answers to Part 1 and the six questions, in order."""
OTHER_PAGES: dict[str, Answer] = {name: page for name, page in _PAGES.items() if not page.answers_notebook}
"""Pages that show records but answer no question of the notebook."""
CLAIMS: dict[str, Claim] = in_order(claim for page in _PAGES.values() for claim in page.claims.values())
"""The ledger: every claim, by its id."""
