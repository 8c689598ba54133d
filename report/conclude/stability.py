"""Verdicts of two reports side by side: of other seeds, or of another machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Literal

import msgspec

from report.conclude.published import ClaimResult, result_of
from report.conclude.rules import MIN_REFERENCES
from report.conclude.sampling import Rank
from report.conclude.verdicts import ASSESSED, Finding

Outcome = Literal["reversed", "decided in some only", "same", "not comparable"]
OUTCOMES: tuple[Outcome, ...] = ("reversed", "decided in some only", "same", "not comparable")
"""From the worst to the least; tables are sorted by it."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The results of one claim in several reports."""

    id: str
    results: tuple[ClaimResult | None, ...]
    """One for each report; None where it has no such claim."""
    outcome: Outcome
    note: str = ""
    overlap: bool | None = None
    """Whether all intervals of two reports overlap; None where there is nothing to compare."""
    identical: bool = False
    """Whether two reports have the very same numbers, as those of the same seeds on one kind of machine do."""


def outcome_of(one: ClaimResult | None, other: ClaimResult | None) -> Outcome:
    """
    Compare two verdicts.

    They are *reversed* if one report supports what the other refutes, in the whole or under one condition.
    """
    if one is None or other is None or one.verdict not in ASSESSED or other.verdict not in ASSESSED:
        return "not comparable"
    verdicts = {condition.name: condition.verdict for condition in other.conditions}
    pairs = [(c.verdict, verdicts[c.name]) for c in one.conditions if c.name in verdicts]
    if any({"supported", "refuted"} == {*pair} for pair in pairs):
        return "reversed"
    if one.verdict == other.verdict:
        return "same" if all(here == there for here, there in pairs) else "decided in some only"
    return "decided in some only" if "undetermined" in {one.verdict, other.verdict} else "reversed"


def compare(here: Mapping[str, Finding], there: Iterable[ClaimResult]) -> list[Comparison]:
    """Compare the claims that data decided in one of two reports, those that differ first."""
    results = {id: result_of(finding) for id, finding in here.items()}
    rows = []
    for other in there:
        one = results.get(other.id)
        if other.verdict in ASSESSED or (one and one.verdict in ASSESSED):
            overlap = _overlap(one, other) if one else None
            found = outcome_of(one, other)
            identical = one is not None and bool(one.estimates) and one.estimates == other.estimates
            note = _in_a_condition(found, (one, other))
            pair = Comparison(
                id=other.id, results=(one, other), outcome=found, note=note, overlap=overlap, identical=identical
            )
            rows.append(pair)
    return _sorted(rows)


def compare_halves(whole: Mapping[str, Finding], halves: Iterable[Mapping[str, Finding]]) -> list[Comparison]:
    """Compare the verdicts that data gave in a report with those of both halves of its seeds, those that differ first."""
    even, odd = halves
    rows = []
    for id, finding in whole.items():
        if finding.verdict not in ASSESSED:
            continue
        parts = (even[id], odd[id])
        results = tuple(map(result_of, (finding, *parts)))
        same_runs = _records(parts[0]) == _records(parts[1])
        found = {outcome_of(*pair) for pair in combinations(results, 2)}
        outcome = "not comparable" if same_runs else next(outcome for outcome in OUTCOMES if outcome in found)
        note = "the same runs in both halves" if same_runs else _too_few(parts) or _in_a_condition(outcome, results)
        rows.append(Comparison(id=id, results=results, outcome=outcome, note=note))
    return _sorted(rows)


def count(rows: Iterable[Comparison]) -> dict[str, int]:
    """Count the outcomes."""
    found = Counter(row.outcome for row in rows)
    return {outcome: found[outcome] for outcome in OUTCOMES}


def _records(finding: Finding) -> set[str]:
    return {id for estimate in finding.estimates for id in estimate.records}


def _too_few(halves: Iterable[Finding]) -> str:
    """State where a half has fewer seeds than a rank among them takes."""
    estimates = [estimate for finding in halves for estimate in finding.estimates]
    if any(isinstance(estimate.sampling, Rank) and estimate.n < MIN_REFERENCES for estimate in estimates):
        return f"its rule needs {MIN_REFERENCES} seeds"
    return ""


def _in_a_condition(outcome: Outcome, results: Sequence[ClaimResult | None]) -> str:
    """State that verdicts which are the same overall differ under a condition."""
    verdicts = {result.verdict for result in results if result}
    return "under a condition" if outcome == "decided in some only" and len(verdicts) == 1 else ""


def _sorted(rows: Iterable[Comparison]) -> list[Comparison]:
    return sorted(rows, key=lambda row: OUTCOMES.index(row.outcome))


def _overlap(here: ClaimResult, there: ClaimResult) -> bool | None:
    """Return whether each interval shares a value with its counterpart."""
    if not here.estimates or len(here.estimates) != len(there.estimates):
        return None
    shared = []
    for one, other in zip(here.estimates, there.estimates, strict=True):
        if one.low is None or one.high is None or other.low is None or other.high is None or one.unit != other.unit:
            return None
        shared.append(one.low <= other.high and other.low <= one.high)
    return all(shared)
