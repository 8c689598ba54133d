"""
Decision rules: from estimates to supported, refuted or undetermined, with the p-value of that decision.

A rule has one threshold, and gives two p-values: that with which the claim is supported, and that with which it is refuted.
Both are two-sided, so that a claim is decided where the plain 95 % interval lies wholly on one side of the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from report.conclude.interval_rules import IntervalRule, PValues, number, p_below
from report.conclude.sampling import Rank
from report.conclude.statistics import Estimate

LEVEL = 0.05
MIN_REFERENCES = 24
"""Curves that `Reproduced` needs."""
CORRECTED = "after Bonferroni’s correction"
Decision = Literal["supported", "refuted", "undetermined"]


class NoneOf(msgspec.Struct, frozen=True, tag=True):
    """The claim says "never": one counterexample refutes it; it is supported if more than a small share of them is ruled out."""

    ceiling: float
    """Percent of runs."""

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one share of runs."""
        if estimates[0].value > 0:
            return PValues(1.0, 0.0)
        return PValues(p_below(estimates[0], self.ceiling), 1.0)

    def describe(self) -> str:
        """Describe the rule in words."""
        return f"refuted by one case; supported if there is none and the interval lies below {number(self.ceiling)} %"

    def thresholds(self) -> tuple[float, ...]:
        """Return the value that the interval is compared with."""
        return (self.ceiling,)


class Reproduced(msgspec.Struct, frozen=True, tag=True):
    """The claim says "one of these": it stands unless the curve lies farther from the others than nearly all of them do."""

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one rank. It is no evidence for the claim, only none against it: the first value is 0 or 1."""
        sampling = estimates[0].sampling
        if not isinstance(sampling, Rank) or estimates[0].n < MIN_REFERENCES:
            return PValues(1.0, 1.0)
        return PValues(0.0 if sampling.p_value >= LEVEL else 1.0, sampling.p_value)

    def describe(self) -> str:
        """Describe the rule in words."""
        return (
            f"refuted if fewer than {LEVEL * 100:.0f} % of all runs lie as far from the others or farther (rank envelope); "
            f"supported if not; undetermined with fewer than {MIN_REFERENCES} runs"
        )

    def thresholds(self) -> tuple[float, ...]:
        """Return nothing: a rank has no interval."""
        return ()


SimpleRule = IntervalRule | NoneOf | Reproduced


class AllOf(msgspec.Struct, frozen=True, tag=True):
    """Several tests at once: all must support the claim; one that refutes it is enough, after Bonferroni's correction."""

    rules: tuple[IntervalRule, ...]

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test as many estimates as there are rules, in order."""
        parts = [rule.p_values([estimate]) for rule, estimate in zip(self.rules, estimates, strict=True)]
        return PValues(max(p.supported for p in parts), min(1.0, len(parts) * min(p.refuted for p in parts)))

    def describe(self) -> str:
        """Describe the rule in words."""
        return f"supported if {_all_lie(self.rules)}; refuted if one of them lies on the other side of its threshold, {CORRECTED}"


class Together(msgspec.Struct, frozen=True, tag=True):
    """The claim says "one follows the other": both tests must support it; one that does while the other refutes it is against it."""

    rules: tuple[IntervalRule, IntervalRule]

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test two estimates, in the order of the rules. They part in either of two ways, hence Bonferroni's correction."""
        first, second = (rule.p_values([estimate]) for rule, estimate in zip(self.rules, estimates, strict=True))
        apart = min(max(first.supported, second.refuted), max(first.refuted, second.supported))
        return PValues(max(first.supported, second.supported), min(1.0, 2 * apart))

    def describe(self) -> str:
        """Describe the rule in words."""
        return (
            f"supported if {_all_lie(self.rules)}; "
            f"refuted if one of them does and the other lies on the other side of its threshold, {CORRECTED}"
        )


Rule = SimpleRule | AllOf | Together
"""A test of the estimates that belong to a claim or to one of its conditions: `p_values`, and the same in words, `describe`."""


class Conditions(msgspec.Struct, frozen=True, tag=True):
    """Several conditions under which the claim is tested, each with its own rule; the verdict may depend on them."""

    rules: dict[str, Rule]
    """By the condition's name: ``{"equal epochs": Above(0.3)}``."""


def conditions_of(rule: Rule | Conditions) -> Mapping[str, Rule]:
    """Return the rules by their conditions; a rule without any has one, whose name is empty."""
    return rule.rules if isinstance(rule, Conditions) else {"": rule}


def simple_rules(rule: Rule | Conditions) -> list[SimpleRule]:
    """List the tests of a rule, one for each estimate that it takes, in order."""
    return [
        test
        for part in conditions_of(rule).values()
        for test in (part.rules if isinstance(part, AllOf | Together) else (part,))
    ]


def num_tests(rule: Rule) -> int:
    """Count the estimates that a rule takes."""
    return len(simple_rules(rule))


def _all_lie(rules: Sequence[IntervalRule]) -> str:
    """State where all intervals of several rules lie: ``the interval of A lies above 0 and that of B below 1``."""
    first, *others = rules
    if len({rule.side() for rule in rules}) == 1:
        return f"the intervals of {' and of '.join(rule.of for rule in rules)} lie {first.side()}"
    *middle, last = [f"that of {rule.of} {rule.side()}" for rule in others]
    return " and ".join([", ".join([f"the interval of {first.of} lies {first.side()}", *middle]), last])
