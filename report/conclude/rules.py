"""Decision rules. Each maps estimates to supported, refuted or undetermined, and can describe itself in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from report.conclude.statistics import Estimate

Decision = Literal["supported", "refuted", "undetermined"]


def _ends(estimate: Estimate) -> tuple[float, float]:
    """Return the interval or range, for an exact number the number itself; a single run decides nothing."""
    if estimate.kind == "exact":
        return estimate.value, estimate.value
    if estimate.low is None or estimate.high is None:
        return float("-inf"), float("inf")
    return estimate.low, estimate.high


class Above(msgspec.Struct, frozen=True, tag=True):
    """The claim says "more": the whole interval above `null + margin` supports it, the whole below `null` refutes it."""

    margin: float = 0.0
    null: float = 0.0

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from one estimate."""
        low, high = _ends(estimates[0])
        if low > self.null + self.margin:
            return "supported"
        negligible = self.null - self.margin < low and high < self.null + self.margin
        return "refuted" if high < self.null or negligible else "undetermined"

    def describe(self) -> str:
        """Say the rule in words."""
        return f"supported if the interval lies above {self.null + self.margin:g}; refuted if below {self.null:g}" + (
            f" or inside ±{self.margin:g}" if self.margin else ""
        )


class Below(msgspec.Struct, frozen=True, tag=True):
    """The claim says "less": the mirror image of `Above`."""

    margin: float = 0.0
    null: float = 0.0

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from one estimate."""
        low, high = _ends(estimates[0])
        mirrored = msgspec.structs.replace(estimates[0], low=-high, high=-low)
        return Above(self.margin, -self.null).decide([mirrored])

    def describe(self) -> str:
        """Say the rule in words."""
        return f"supported if the interval lies below {self.null - self.margin:g}; refuted if above {self.null:g}" + (
            f" or inside ±{self.margin:g}" if self.margin else ""
        )


class Harmless(msgspec.Struct, frozen=True, tag=True):
    """The claim says "no worse": refuted if the whole interval lies below −margin, supported if above it."""

    margin: float = 0.3

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from one estimate."""
        low, high = _ends(estimates[0])
        if high < -self.margin:
            return "refuted"
        return "supported" if low > -self.margin else "undetermined"

    def describe(self) -> str:
        """Say the rule in words."""
        return f"refuted if the interval lies below −{self.margin:g}; supported if above −{self.margin:g}"


class Inside(msgspec.Struct, frozen=True, tag=True):
    """The claim says "no difference": supported if the whole interval lies inside ±margin."""

    margin: float

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from one estimate."""
        low, high = _ends(estimates[0])
        if -self.margin < low and high < self.margin:
            return "supported"
        return "refuted" if low > self.margin or high < -self.margin else "undetermined"

    def describe(self) -> str:
        """Say the rule in words."""
        return f"supported if the interval lies inside ±{self.margin:g}; refuted if outside"


class Contains(msgspec.Struct, frozen=True, tag=True):
    """The claim names a value: supported if the interval contains it and excludes another."""

    value: float
    excludes: float

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from one estimate."""
        low, high = _ends(estimates[0])
        if low <= self.excludes <= high:
            return "undetermined"
        return "supported" if low <= self.value <= high else "refuted"

    def describe(self) -> str:
        """Say the rule in words."""
        return f"supported if the interval contains {self.value:g} and excludes {self.excludes:g}"


class NoneAtAll(msgspec.Struct, frozen=True, tag=True):
    """The claim says "always": one counter-example in any run refutes it."""

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from one count whose `high` is the largest in any run."""
        largest = _ends(estimates[0])[1]
        if largest == float("inf"):
            return "undetermined"
        return "supported" if largest == 0 else "refuted"

    def describe(self) -> str:
        """Say the rule in words."""
        return "supported only if the count is zero in every run; else refuted"


class AtLeast(msgspec.Struct, frozen=True, tag=True):
    """A threshold on an exact figure: supported if its whole range reaches it."""

    threshold: float

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from one estimate."""
        low, high = _ends(estimates[0])
        if low >= self.threshold:
            return "supported"
        return "refuted" if high < self.threshold else "undetermined"

    def describe(self) -> str:
        """Say the rule in words."""
        return f"supported if the interval reaches {self.threshold:g} throughout; refuted if it stays below"


class AtMost(msgspec.Struct, frozen=True, tag=True):
    """A ceiling: supported if the whole interval stays under it, refuted if the whole lies above."""

    ceiling: float

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from one estimate."""
        low, high = _ends(estimates[0])
        if high <= self.ceiling:
            return "supported"
        return "refuted" if low > self.ceiling else "undetermined"

    def describe(self) -> str:
        """Say the rule in words."""
        return f"supported if the interval stays under {self.ceiling:g}; refuted if it lies above"


SimpleRule = Above | Below | Harmless | Inside | Contains | NoneAtAll | AtLeast | AtMost


class Every(msgspec.Struct, frozen=True, tag=True):
    """Several conditions at once: supported if all are, refuted if any is."""

    rules: tuple[SimpleRule, ...]

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from as many estimates as there are rules, in order."""
        decisions = [rule.decide([e]) for rule, e in zip(self.rules, estimates, strict=True)]
        if all(decision == "supported" for decision in decisions):
            return "supported"
        return "refuted" if "refuted" in decisions else "undetermined"

    def describe(self) -> str:
        """Say the rule in words."""
        return "all of: " + "; ".join(rule.describe() for rule in self.rules)


class AnyOf(msgspec.Struct, frozen=True, tag=True):
    """Several ways to be right: supported if one condition is, refuted if none can be."""

    rules: tuple[SimpleRule, ...]

    def decide(self, estimates: Sequence[Estimate]) -> Decision:
        """Decide from as many estimates as there are rules, in order."""
        decisions = [rule.decide([e]) for rule, e in zip(self.rules, estimates, strict=True)]
        if "supported" in decisions:
            return "supported"
        return "refuted" if all(d == "refuted" for d in decisions) else "undetermined"

    def describe(self) -> str:
        """Say the rule in words."""
        return "any of: " + "; ".join(rule.describe() for rule in self.rules)


Rule = SimpleRule | Every | AnyOf
"""A decision from the estimates that belong to a claim, by `decide`, and the same in words, by `describe`."""
