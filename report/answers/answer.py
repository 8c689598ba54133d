"""
What an answer page is made of: functions of records, registered with the page that shows their results.

A page is a package of `report.answers` whose ``__init__.py`` makes an `Answer`. Its modules register functions with it::

    @answer.claim(
        "Q4.1",
        "A hidden layer can improve the model.",
        Above(MARGIN),
        place="Q4, first sentence",
    )
    def gain_of_a_layer(records: Records) -> Estimate:
        '''Test accuracy averaged over epochs {first} to {last}, one ReLU layer minus none.'''

The page's sentences stand in its template, ``report/render/templates/q4.md.j2``: it shows what is registered by name, as
``{{ number("Q4.1") }}`` or ``{{ figure("q4-gains") }}``, and chooses its words by the verdicts.

The first line of a claim's function says what was measured: the audit shows it, with its fields filled from
`Estimate.settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

import msgspec

from report.answers.charts import Chart
from report.conclude.claims import Claim, Kind, Origin, fill
from report.conclude.rules import Conditions, Decision, Rule
from report.conclude.statistics import Estimate
from report.conclude.verdicts import ASSESSED, Finding
from report.record.reader import Records


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """A figure before it is drawn."""

    chart: Chart
    title: str
    """The finding, as a sentence without a full stop."""
    alt: str = ""
    """What a reader who can't see it needs to know; empty for an interval chart, whose rows are then written out."""
    caption: str
    records: tuple[str, ...] = ()
    """Ids of the runs behind it; empty if they are all that its function reads."""


Cell = str | float | int | Estimate
Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """A table before its cells are formatted: text, numbers, or estimates with the digits that their intervals support."""

    title: str
    """What it shows, in a few words."""
    caption: str
    columns: list[str]
    rows: Sequence[Sequence[Cell]]
    records: tuple[str, ...] = ()
    """Ids of the runs behind it; empty if they are all that its function reads."""
    fewest_seeds: int | None = None
    """Seeds behind the rows with the fewest; None where all have the same."""


def table_of(
    items: Iterable[Item], columns: Mapping[str, Callable[[Item], Cell]], *, title: str, caption: str
) -> TableSpec:
    """Make a table with a row for each item, and under each heading what a function makes of the item."""
    rows = [[cell(item) for cell in columns.values()] for item in items]
    return TableSpec(title=title, caption=caption, columns=list(columns), rows=rows)


Findings = Mapping[str, Finding]
Estimator = Callable[[Records], Estimate | tuple[Estimate, ...]]
"""Estimates a number or, where a claim's rule looks at several, a tuple of them."""
FigureFunction = Callable[[Records, Findings], FigureSpec]
TableFunction = Callable[[Records, Findings], TableSpec]
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


@dataclass(kw_only=True)
class Answer:
    """One page, with the functions that are registered for it."""

    name: str
    """``part1``, ``q1`` … ``q6``, ``speed``, ``data``."""
    title: str
    """The question, with its number."""
    experiments: tuple[str, ...]
    """Experiments whose records it reads."""
    headline: str
    """Name of the number on the home page's card."""
    headline_label: str
    """What it is, with fields such as ``{epochs}`` for settings of its runs."""
    prefix: str = ""
    """What the numbers of its claims, figures and tables begin with: ``Q2`` in ``Figure Q2.3``."""
    parts: tuple[str, ...] = ()
    """Further pages that a long answer continues on, such as ``q2-noise``. Each has a template of that name."""
    card: str | None = None
    """Name of the figure drawn small on the card; not shown on the page itself."""
    answers_notebook: bool = True
    """Whether the page answers a question of the notebook."""
    claims: dict[str, Claim] = field(default_factory=dict)
    estimators: dict[str, Estimator] = field(default_factory=dict)
    """By claim id or by the number's own name."""
    figures: dict[str, FigureFunction] = field(default_factory=dict)
    tables: dict[str, TableFunction] = field(default_factory=dict)

    @property
    def documents(self) -> tuple[str, ...]:
        """Names of all pages of the answer, in order."""
        return (self.name, *self.parts)

    def claim(
        self,
        id: str,
        says: str,
        rule: Rule | Conditions,
        *,
        place: str = "",
        origin: Origin | None = None,
        kind: Kind = "E",
        measured: str = "",
        constants: Mapping[str, object] = {},
        note: str = "",
    ) -> Callable[[AnyFunction], AnyFunction]:
        """
        Register the function that measures a claim.

        Parameters
        ----------
        id : str
            Number of the claim, such as ``Q4.1``.
        says : str
            The claim, in our words.
        rule : Rule
            Decides from what the function returns: one estimate for each of its tests, in order.
        place : str
            Where in the notebook; empty for a control or remark of ours.
        origin : {"said", "implied", "ours"}, optional
            By default ``said`` with a place, and ``ours`` without one. ``implied``: by the notebook's code or task.
        kind : {"E", "G"}
            Whether records of any machine can settle it, or only those of an accelerator.
        measured : str
            What was measured, as in the docstring; for functions that are made by another.
        constants : mapping
            Values for fields of what was measured that are constants of the code, such as the batch sizes compared.
        note : str
            What the reader should know about the verdict.
        """

        def register(function: AnyFunction) -> AnyFunction:
            described = fill(measured or _first_line(function), constants)
            self._add_claim(id, says, place, origin, kind=kind, measured=described, rule=rule, note=note)
            return self.number(id)(function)

        return register

    def definition(
        self,
        id: str,
        says: str,
        settled_by: str,
        *tests: str,
        holds: bool,
        place: str = "",
        origin: Origin | None = None,
        note: str = "",
    ) -> None:
        """Register a claim that mathematics or documented behaviour settles, with the tests that check it."""
        self._add_claim(id, says, place, origin, kind="D", measured=settled_by, holds=holds, tests=tests, note=note)

    def illustration(self, id: str, *, measured: str = "") -> Callable[[AnyFunction], AnyFunction]:
        """Register the function that measures something beside a definition, which needs no measurement to hold."""

        def register(function: AnyFunction) -> AnyFunction:
            described = measured or _first_line(function)
            self.claims[id] = msgspec.structs.replace(self.claims[id], illustration=described)
            return self.number(id)(function)

        return register

    def see(self, id: str, says: str, other: str, *, place: str = "", note: str = "") -> None:
        """Register a claim that another one settles too."""
        self._add_claim(id, says, place, None, kind="E", measured=f"See {other}", see=other, note=note)

    def number(self, name: str, *arguments: Any) -> Callable[[AnyFunction], AnyFunction]:
        """
        Register the function that estimates a number of the text.

        Parameters
        ----------
        name : str
            The number's name, as in ``{{ number("accuracy-none") }}``.
        *arguments
            What the function takes besides the records, so that one function gives several numbers.
        """
        return _registering(self.estimators, name, arguments)

    def figure(self, name: str, *arguments: Any) -> Callable[[AnyFunction], AnyFunction]:
        """Register the function that specifies a figure; `arguments` are what it takes besides records and findings."""
        return _registering(self.figures, name, arguments)

    def table(self, name: str) -> Callable[[AnyFunction], AnyFunction]:
        """Register the function that specifies a table."""
        return _registering(self.tables, name)

    def _add_claim(self, id: str, says: str, place: str, origin: Origin | None, **about: Any) -> None:
        whose = origin or ("said" if place else "ours")
        _add(self.claims, id, Claim(id=id, page=self.name, says=says, place=place, origin=whose, **about))


def with_arguments(function: Callable[..., Made], *arguments: Any) -> Callable[..., Made]:
    """Bind the last arguments of a function; what is bound keeps its name."""

    @wraps(function)
    def bound(*given: Any) -> Made:
        return function(*given, *arguments)

    return bound


def _registering(
    registry: dict[str, Any], name: str, arguments: Sequence[Any] = ()
) -> Callable[[AnyFunction], AnyFunction]:
    """Return a decorator that puts a function, with arguments bound, into a registry."""

    def register(function: AnyFunction) -> AnyFunction:
        _add(registry, name, with_arguments(function, *arguments))
        return function

    return register


def _add(registry: dict[str, Any], name: str, entry: object) -> None:
    if name in registry:
        raise ValueError(f"{name} is registered already")
    registry[name] = entry


def _first_line(function: Callable[..., object]) -> str:
    if not function.__doc__:
        raise ValueError(f"{function} needs a docstring: its first line says what was measured")
    return function.__doc__.strip().partition("\n")[0].removesuffix(".")


def by_verdict(
    finding: Finding, *, supported: str, refuted: str, depends: str = "", undetermined: str = "", withheld: str = ""
) -> str:
    """
    Choose a phrase by a verdict, so that no sentence outlives its data.

    Without a phrase of its own a claim that is undetermined, or depends, gets that of one without a verdict, which
    therefore must be neutral.
    """
    chosen = {"supported": supported, "refuted": refuted, "depends": depends, "undetermined": undetermined}
    return chosen.get(finding.verdict) or withheld


def if_assessed(finding: Finding, found: str, *, withheld: str) -> str:
    """Return what the data show, or a neutral phrase where the verdict is withheld."""
    return found if finding.verdict in ASSESSED else withheld


def names_of(finding: Finding, verdict: Decision) -> str:
    """Name the conditions that have a verdict, for a sentence about a claim that depends on them."""
    return " and ".join(condition.name for condition in finding.conditions if condition.verdict == verdict)
