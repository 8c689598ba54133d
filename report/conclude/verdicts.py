"""From estimates to verdicts: the rules of all claims applied together, with Holm's correction for their number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from report.conclude.claims import FIELD, Claim, fill
from report.conclude.holm import holm
from report.conclude.rules import LEVEL, Decision, NoneOf, Reproduced, Rule, conditions_of, num_tests
from report.conclude.statistics import Estimate
from report.plan import ProfileName
from report.record.reader import SeedCount

Decided = Literal["supported", "refuted", "depends"]
VerdictWord = Literal[
    "supported",
    "refuted",
    "depends",
    "undetermined",
    "true by definition",
    "false by definition",
    "see another row",
    "not all runs yet",
    "not testable here",
    "not assessed in the quick profile",
    "not measured yet",
]
ASSESSED: tuple[VerdictWord, ...] = ("supported", "refuted", "depends", "undetermined")
"""Verdicts that data gave."""
WAITING: tuple[VerdictWord, ...] = ("not all runs yet", "not measured yet", "not assessed in the quick profile")
"""Verdicts of a report that is not complete, or not full."""


class ConditionResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict of a claim under one condition."""

    name: str
    """Empty where the claim has no conditions."""
    verdict: Decision
    """After Holm's correction."""
    leaning: Decision | None = None
    """What its 95 % interval alone would have decided, where Holm's correction does not."""
    p_value: float | None = None
    """
    Two-sided, of the decision taken or the nearer one, before the correction. None where no chance is involved or none is known:
    exact numbers, a counterexample, single runs.
    """


class ConditionFinding(ConditionResult, frozen=True, kw_only=True):
    """A claim under one condition, with the estimates that decided it."""

    estimates: tuple[Estimate, ...]
    rejects: bool
    """Whether the decision rejects a null hypothesis, as all do but *undetermined* and *supported* by `Reproduced`."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A claim with its verdict and the estimates that decided it."""

    claim: Claim
    verdict: VerdictWord
    leaning: Decided | None = None
    """What the 95 % intervals alone would have decided, where Holm's correction does not."""
    estimates: tuple[Estimate, ...] = ()
    conditions: tuple[ConditionFinding, ...] = ()
    """The verdict in detail; empty where data gave none."""
    seeds: SeedCount | None = None
    """For *not all runs yet*: how many of them there are."""

    @property
    def words(self) -> str:
        """The verdict as text: ``undetermined, leaning to supported``, ``see Q2.7``, ``after 1 of 25 seeds``."""
        if self.verdict == "see another row":
            return f"see {self.claim.see}"
        if self.seeds and self.seeds.planned > 1:
            return f"after {self.seeds.done} of {self.seeds.planned} seeds"
        return in_words(self.verdict, self.leaning, self.conditions)

    @property
    def measured(self) -> str:
        """What was measured, with the settings of the runs filled in; an ellipsis where there are no runs."""
        return self._filled(self.claim.measured)

    @property
    def illustration(self) -> str:
        """What was measured beside a definition, in the same way; empty where nothing was."""
        return self._filled(self.claim.illustration) if self.estimates else ""

    def _filled(self, text: str) -> str:
        settings = {name: value for estimate in self.estimates for name, value in estimate.settings.items()}
        return FIELD.sub("…", fill(text, settings))


def in_words(
    verdict: VerdictWord, leaning: Decided | Decision | None, conditions: Sequence[ConditionResult] = ()
) -> str:
    """Write a verdict with what it leans to or depends on: ``depends (supported: equal epochs; refuted: equal time)``."""
    if verdict != "depends":
        return f"{verdict}, leaning to {leaning}" if leaning else verdict
    names: dict[str, list[str]] = {"supported": [], "refuted": [], "undetermined": []}
    for condition in conditions:
        names[condition.verdict].append(condition.name)
    parts = [f"{decision}: {', '.join(named)}" for decision, named in names.items() if named]
    return f"depends ({'; '.join(parts)})"


def conclude(
    claims: Mapping[str, Claim],
    estimates: Mapping[str, tuple[Estimate, ...]],
    profile: ProfileName,
    seeds: Mapping[str, SeedCount] = {},
) -> dict[str, Finding]:
    """
    Decide every claim.

    Parameters
    ----------
    claims : mapping of str to Claim
        By id.
    estimates : mapping of str to tuple of Estimate
        By claim id, one for each test in the order of the claim's rule; a claim without an entry has not been measured.
    profile : {"quick", "full"}
        `quick` withholds the verdicts that data would give.
    seeds : mapping of str to SeedCount
        By claim id: how many of its planned seeds its estimates are from. A claim without an entry has all of them.

    Returns
    -------
    dict of str to Finding
        In the order of `claims`.
    """
    outcomes = {
        id: _outcomes(id, conditions_of(claim.rule), estimates[id])
        for id, claim in claims.items()
        if claim.rule and id in estimates
    }
    waiting = {id for id, count in seeds.items() if not count.complete}
    p_values = {
        (id, condition.name): condition.p_value
        for id, found in outcomes.items()
        for condition in found
        if condition.p_value is not None
    }
    for id in waiting & outcomes.keys():  # whatever they will be, no verdict that stands now will fall because of them
        p_values |= {(id, condition.name): 1.0 for condition in outcomes[id]}
    survives = holm(p_values)
    findings = {}
    for id, claim in claims.items():
        found = tuple(estimates.get(id, ()))
        judged = outcomes.get(id, ()) if profile == "full" and id not in waiting else ()
        conditions = tuple(_correct(condition, survives.get((id, condition.name), True)) for condition in judged)
        verdict = combine([c.verdict for c in conditions]) if conditions else _without_data(claim, found, profile)
        leaning = combine([c.leaning or c.verdict for c in conditions]) if verdict == "undetermined" else None
        findings[id] = Finding(
            claim=claim,
            verdict=verdict,
            leaning=None if leaning == "undetermined" else leaning,
            estimates=found,
            conditions=conditions,
            seeds=seeds[id] if verdict == "not all runs yet" else None,
        )
    return findings


def combine(verdicts: Collection[str]) -> Decided | Literal["undetermined"]:
    """Combine the verdicts of a claim's conditions: *depends* where some support it and some refute it."""
    if "supported" in verdicts and "refuted" in verdicts:
        return "depends"
    if set(verdicts) == {"supported"}:
        return "supported"
    return "refuted" if set(verdicts) == {"refuted"} else "undetermined"


def _outcomes(id: str, rules: Mapping[str, Rule], estimates: Sequence[Estimate]) -> tuple[ConditionFinding, ...]:
    """Apply a claim's rules, each to the estimates that it takes, without any correction."""
    if sum(map(num_tests, rules.values())) != len(estimates):
        raise ValueError(f"{id} has {len(estimates)} estimates, not one for each test of its rule")
    found, left = [], tuple(estimates)
    for name, rule in rules.items():
        taken, left = left[: num_tests(rule)], left[num_tests(rule) :]
        found.append(decide(rule, taken, name))
    return tuple(found)


def decide(rule: Rule, estimates: Sequence[Estimate], name: str = "") -> ConditionFinding:
    """Apply one rule to the estimates that it takes, without any correction."""
    supported, refuted = rule.p_values(estimates)
    nearer = min(supported, refuted)
    verdict: Decision = "undetermined" if nearer >= LEVEL else "supported" if supported < refuted else "refuted"
    if isinstance(rule, Reproduced):  # whose first value is 0 or 1
        nearer = refuted
        verdict = "refuted" if refuted < LEVEL else "supported" if supported == 0 else "undetermined"
    by_a_case = isinstance(rule, NoneOf) and verdict == "refuted"
    tested = any(estimate.sampling is not None for estimate in estimates) and not by_a_case
    return ConditionFinding(
        name=name,
        verdict=verdict,
        estimates=tuple(estimates),
        p_value=nearer if tested else None,
        rejects=verdict == "refuted" or (verdict == "supported" and not isinstance(rule, Reproduced)),
    )


def _correct(condition: ConditionFinding, survives: bool) -> ConditionFinding:
    """Turn a decision that does not survive Holm's correction into a leaning."""
    if survives or not condition.rejects:
        return condition
    return msgspec.structs.replace(condition, verdict="undetermined", leaning=condition.verdict)


def _without_data(claim: Claim, estimates: tuple[Estimate, ...], profile: ProfileName) -> VerdictWord:
    """Return the verdict of a claim that no data of this report decide."""
    if claim.see:
        return "see another row"
    if claim.kind == "D":
        return "true by definition" if claim.holds else "false by definition"
    if not estimates and claim.kind == "G":
        return "not testable here"
    if not estimates:
        return "not assessed in the quick profile" if profile == "quick" else "not measured yet"
    if claim.rule is None:
        raise ValueError(f"{claim.id} has estimates but no rule")
    return "not assessed in the quick profile" if profile == "quick" else "not all runs yet"
