"""
Which code a run depends on, and whether it has changed: a digest per definition.

From an experiment's `measure` function the names it uses are followed through this project's own modules (`fmnist_ref`
and `report`), definition by definition. Each is normalised (no comments, docstrings, type annotations of functions,
or layout) and hashed. So a new comment, or a new function beside the old ones, leaves every record standing; a
changed default in `fit` marks those that used it stale, and `status` can name it.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

PACKAGES = ("fmnist_ref", "report")
Name = tuple[str, str]
"""A module and a top-level name in it."""


@cache
def digest(module: str, name: str) -> dict[str, str]:
    """Return the hash of every definition that ``module.name`` reaches, by dotted name."""
    reached: dict[Name, str] = {}
    waiting: list[Name] = [(module, name)]
    while waiting:
        here = _resolve(*waiting.pop())
        if here is None or here in reached:
            continue
        node = _definitions(here[0])[here[1]]
        reached[here] = hashlib.sha256(ast.unparse(node).encode()).hexdigest()[:16]
        waiting += _mentions(here[0], node)
    return {f"{module}.{name}": reached[module, name] for module, name in sorted(reached)}


def changes(recorded: dict[str, str], current: dict[str, str]) -> list[str]:
    """Describe how two digests differ; an empty list if they don't."""
    return [
        f"{name} {'is new' if name not in recorded else 'is gone' if name not in current else 'changed'}"
        for name in sorted(recorded.keys() | current.keys())
        if recorded.get(name) != current.get(name)
    ]


def _resolve(module: str, name: str) -> Name | None:
    """Follow re-exports to where a name is defined; None for a name that is no definition of ours."""
    if module.split(".")[0] not in PACKAGES:
        return None
    if name in _definitions(module):
        return module, name
    if name in _imports(module):
        return _resolve(*_imports(module)[name])
    return None


def _mentions(module: str, node: ast.AST) -> list[Name]:
    """List the top-level names that a definition uses, in its own module or through an imported one."""
    found = []
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.append((module, part.id))
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            owner = _imports(module).get(part.value.id)
            if owner and owner[0].split(".")[0] in PACKAGES:
                found.append((".".join(filter(None, owner)), part.attr))  # package.module as a name
    return found


@cache
def _tree(module: str) -> ast.Module:
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # a class's attribute looks like a module's: package.module.Class
        spec = None
    if spec is None or spec.origin is None:
        return ast.Module(body=[], type_ignores=[])
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    _normalise(tree)
    return tree


@cache
def _definitions(module: str) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {name.id: node for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return found


@cache
def _imports(module: str) -> dict[str, Name]:
    found: dict[str, Name] = {}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.asname or alias.name: (alias.name, "") for alias in node.names}
    return found


def _normalise(tree: ast.Module) -> None:
    """Drop what can't change a result: docstrings and the type annotations of functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [
                statement
                for statement in node.body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
