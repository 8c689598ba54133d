"""From estimates to verdicts: the rules of all claims, applied together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from report.conclude.claims import FIELD, Claim, fill
from report.conclude.rules import AnyOf
from report.conclude.statistics import Estimate, holm
from report.plan import ProfileName

VerdictWord = Literal[
    "supported",
    "refuted",
    "undetermined",
    "true by definition",
    "false by definition",
    "not testable here",
    "not assessed in the quick profile",
    "not measured yet",
]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A claim with its verdict and the estimates that decided it."""

    claim: Claim
    verdict: VerdictWord
    estimates: tuple[Estimate, ...] = ()
    survives_holm: bool | None = None
    """Whether the verdict survives Holm's correction; None where no p-value belongs to it."""

    @property
    def measured(self) -> str:
        """What was measured, with the settings of the runs filled in; an ellipsis where there are no runs."""
        settings = {name: value for estimate in self.estimates for name, value in estimate.settings.items()}
        return FIELD.sub("…", fill(self.claim.measured, settings))


def conclude(
    claims: Mapping[str, Claim], estimates: Mapping[str, tuple[Estimate, ...]], profile: ProfileName
) -> dict[str, Finding]:
    """
    Decide every claim.

    Parameters
    ----------
    claims : mapping of str to Claim
        By id.
    estimates : mapping of str to tuple of Estimate
        By claim id; a claim without an entry has not been measured.
    profile : {"quick", "full"}
        `quick` withholds the verdicts that data would give.

    Returns
    -------
    dict of str to Finding
        In the order of `claims`.
    """
    measured = {id: estimates[id] for id, claim in claims.items() if claim.rule and id in estimates}
    survives = holm({id: p for id, found in measured.items() if (p := _p_value(claims[id], found)) is not None})
    return {
        id: Finding(
            claim=claim,
            verdict=_verdict(claim, estimates.get(id, ()), profile),
            estimates=tuple(estimates.get(id, ())),
            survives_holm=survives.get(id) if profile == "full" else None,
        )
        for id, claim in claims.items()
    }


def _verdict(claim: Claim, estimates: tuple[Estimate, ...], profile: ProfileName) -> VerdictWord:
    if claim.kind == "D":
        return "true by definition" if claim.holds else "false by definition"
    if not estimates:
        return "not testable here" if claim.kind == "G" else "not measured yet"
    if profile == "quick":
        return "not assessed in the quick profile"
    if claim.rule is None:
        raise ValueError(f"{claim.id} has estimates but no rule")
    return claim.rule.decide(estimates)


def _p_value(claim: Claim, estimates: tuple[Estimate, ...]) -> float | None:
    """Return the p-value of the whole claim: the largest of its parts, or the smallest where one part is enough."""
    parts = [estimate.p_value for estimate in estimates]
    known = [p for p in parts if p is not None]
    if not known or len(known) < len(parts):
        return None
    if isinstance(claim.rule, AnyOf):
        return min(1.0, len(known) * min(known))  # Bonferroni within the claim
    return max(known)
