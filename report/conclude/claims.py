"""
What a claim is: what the notebook says, what was measured, and the rule by which it is decided.

The claims themselves stand in `report.answers`, at the functions that measure them; ``python -m report claims`` prints
them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from report.conclude.rules import Conditions, Rule

FIELD = re.compile(r"\{(\w+)\}")
Kind = Literal["E", "D", "G"]
"""`E` is settled by data, `D` by mathematics or documented behaviour (and a test), `G` by data of an accelerator."""
Origin = Literal["said", "implied", "ours"]
"""`said` by the notebook, `implied` by its code or its task, or `ours`: a control or a remark, which no score counts."""
MARGIN = 0.3
"""Percentage points: the smallest difference in accuracy that counts as a difference."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger."""

    id: str
    page: str
    """Page on which it is discussed, as ``q4``."""
    says: str
    """The claim, in our words."""
    origin: Origin
    place: str = ""
    """Where the notebook says or implies it, as ``Q2, generalisation``; empty for ours."""
    kind: Kind
    measured: str
    """What was measured, with fields such as ``{epochs}`` for settings; for `D`, what settles it."""
    rule: Rule | Conditions | None = None
    """For `E` and `G`."""
    holds: bool | None = None
    """For `D`: whether the claim is true by definition."""
    tests: tuple[str, ...] = ()
    """For `D`: functions of the page's module in tests/definitions that check it."""
    illustration: str = ""
    """For `D`: what the measurement beside it is; it has no verdict of its own."""
    see: str = ""
    """Id of the claim that settles this one too; it is not counted then."""
    note: str = ""
    """What the reader should know about the verdict; one or two sentences."""

    @property
    def counts(self) -> bool:
        """Whether the score counts it: the notebook says or implies it, and no other row settles it."""
        return self.origin != "ours" and not self.see


def fill(text: str, values: Mapping[str, object]) -> str:
    """Replace fields such as ``{epochs}`` by their values; those without one stay as they are."""
    return FIELD.sub(lambda field: str(values.get(field[1], field[0])), text)


def in_order(claims: Iterable[Claim]) -> dict[str, Claim]:
    """Return claims by id, in the order of the notebook: Part 1 first, Q2.2 before Q2.10, Q2.8a before Q2.8b."""
    return {claim.id: claim for claim in sorted(claims, key=lambda claim: _place(claim.id))}


def _place(id: str) -> tuple[str, int, str]:
    """Split ``Q2.8a`` into ``Q2``, 8 and ``a``."""
    page, number, part = re.fullmatch(r"([A-Z]\d)\.(\d+)([a-z]?)", id).groups()  # type: ignore[union-attr]
    return page, int(number), part
