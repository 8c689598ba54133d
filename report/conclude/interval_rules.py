"""Rules that compare one interval with a threshold or a margin."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import msgspec

from report.conclude.sampling import Binomial, Signs, StudentT
from report.conclude.statistics import Estimate


class PValues(NamedTuple):
    """With which a claim is supported, and with which it is refuted."""

    supported: float
    refuted: float


def p_above(estimate: Estimate, threshold: float) -> float:
    """Return the two-sided p-value with which an estimate lies above a threshold; 0 or 1 for an exact number."""
    if isinstance(estimate.sampling, StudentT | Binomial | Signs):
        return estimate.sampling.p_above(estimate.value, threshold)
    return 0.0 if estimate.kind == "exact" and estimate.value > threshold else 1.0


def p_below(estimate: Estimate, threshold: float) -> float:
    """Return the two-sided p-value with which an estimate lies below a threshold; 0 or 1 for an exact number."""
    if isinstance(estimate.sampling, StudentT | Binomial | Signs):
        return estimate.sampling.p_below(estimate.value, threshold)
    return 0.0 if estimate.kind == "exact" and estimate.value < threshold else 1.0


class _OneInterval(msgspec.Struct, frozen=True, kw_only=True):
    """A rule about one interval, and how a sentence names it where there are several."""

    sides: ClassVar[tuple[str, str]]
    """On which side of the threshold, or of the margin, the interval supports the claim, and on which it refutes it."""
    of: str = ""
    """What was estimated: ``the difference in accuracy``."""
    unit: str = ""
    """Of the threshold, as a sentence has it: ``points``, ``%``; empty for a pure number."""

    def describe(self) -> str:
        """Describe the rule in words."""
        return f"supported if the interval lies {self.side()}, refuted if {self.sides[1]}"

    def side(self) -> str:
        """State where the interval lies if the claim is supported."""
        return f"{self.sides[0]} {self.limit()}"

    @abstractmethod
    def limit(self) -> str:
        """Write the threshold or the margin."""


class _Threshold(_OneInterval, frozen=True, kw_only=False):
    threshold: float = 0.0

    def thresholds(self) -> tuple[float, ...]:
        """Return the value that the interval is compared with."""
        return (self.threshold,)

    def limit(self) -> str:
        """Write the threshold."""
        return number(self.threshold, self.unit)


class Above(_Threshold, frozen=True, tag=True):
    """The claim says "more than the threshold"."""

    sides = ("above", "below")

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one estimate."""
        return PValues(p_above(estimates[0], self.threshold), p_below(estimates[0], self.threshold))


class Below(_Threshold, frozen=True, tag=True):
    """The claim says "less than the threshold"."""

    sides = ("below", "above")

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one estimate."""
        return PValues(p_below(estimates[0], self.threshold), p_above(estimates[0], self.threshold))


class _Margin(_OneInterval, frozen=True, kw_only=False):
    margin: float
    around: float = 0.0

    def thresholds(self) -> tuple[float, ...]:
        """Return the values that the interval is compared with."""
        return (self.around - self.margin, self.around + self.margin)

    def limit(self) -> str:
        """Write the margin."""
        low, high = self.thresholds()
        span = f"±{self.margin:g}" if self.around == 0 else f"{number(low)} to {number(high)}"
        return f"{span} {self.unit}".rstrip()


class Inside(_Margin, frozen=True, tag=True):
    """The claim says "no difference worth the name": two one-sided tests against the margin."""

    sides = ("inside", "outside")

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one estimate."""
        low, high = self.thresholds()
        within = max(p_above(estimates[0], low), p_below(estimates[0], high))
        return PValues(within, min(p_above(estimates[0], high), p_below(estimates[0], low)))


class Outside(_Margin, frozen=True, tag=True):
    """The claim says "a difference worth the name": the reverse of `Inside`."""

    sides = ("outside", "inside")

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one estimate."""
        within, outside = Inside(self.margin, self.around).p_values(estimates)
        return PValues(outside, within)


IntervalRule = Above | Below | Inside | Outside


def number(value: float, unit: str = "") -> str:
    """Write a number of a rule with its unit, as short as it is."""
    return f"{value:g} {unit}".rstrip().replace("-", "−")
