"""Verdict chips. Each verdict has the same words, shape and colour on all pages."""

from __future__ import annotations

from typing import Literal, NamedTuple

from docutils import nodes

from fmnist_site.elements import Inline, inline
from report.conclude.verdicts import ConditionFinding, Finding, VerdictWord, in_words

Family = Literal[
    "supported", "refuted", "depends", "undetermined", "by-definition", "see-another", "not-testable", "open"
]


class Style(NamedTuple):
    """How a verdict is shown."""

    family: Family
    """Its class in the style sheet, and the group of the audit that counts it."""
    shape: str


STYLES: dict[VerdictWord, Style] = {
    "supported": Style("supported", "✓"),
    "refuted": Style("refuted", "✗"),
    "depends": Style("depends", "±"),
    "undetermined": Style("undetermined", "~"),
    "true by definition": Style("by-definition", "="),
    "false by definition": Style("by-definition", "="),
    "see another row": Style("see-another", "→"),
    "not all runs yet": Style("open", "·"),
    "not testable here": Style("not-testable", "∅"),
    "not assessed in the quick profile": Style("open", "·"),
    "not measured yet": Style("open", "·"),
}

FAMILIES: dict[Family, tuple[str, str]] = {
    "supported": ("✓", "supported"),
    "refuted": ("✗", "refuted"),
    "depends": ("±", "depends"),
    "undetermined": ("~", "undetermined"),
    "by-definition": ("=", "by definition"),
    "see-another": ("→", "decided by another row"),
    "not-testable": ("∅", "not testable here"),
    "open": ("·", "open"),
}
"""The groups of the audit in order, each with its shape and its words."""


def chip(finding: Finding) -> Inline:
    """Return the chip of a finding: its verdict, with what it depends on, leans to, or waits for."""
    style = STYLES[finding.verdict]
    return family_chip(style.family, finding.words, style.shape)


def condition_chip(condition: ConditionFinding) -> Inline:
    """Return the chip of what was decided under one condition."""
    style = STYLES[condition.verdict]
    return family_chip(style.family, in_words(condition.verdict, condition.leaning), style.shape)


def family_chip(family: Family, words: str, shape: str) -> Inline:
    """Return a chip with other words, such as a count."""
    mark = inline("span", shape, classes=["verdict-shape"], html_only=True, attributes={"aria-hidden": "true"})
    return inline("span", mark, nodes.Text(words), classes=["verdict", f"verdict-{family}"])


def count_families(verdicts: dict[str, int]) -> dict[Family, int]:
    """Return the number of verdicts in each group of the audit, without empty groups."""
    counts = dict.fromkeys(FAMILIES, 0)
    for word, count in verdicts.items():
        counts[STYLES[word].family] += count  # type: ignore[index] # msgspec has no dictionary with Literal keys here
    return {family: count for family, count in counts.items() if count}
