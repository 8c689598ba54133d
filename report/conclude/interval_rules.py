"""Rules that compare one interval with a threshold or a margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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
    """How a sentence names the interval of a rule, where there are several of them."""

    of: str = ""
    """What was estimated: ``the difference in accuracy``."""
    unit: str = ""
    """Of the threshold, as a sentence has it: ``points``, ``%``; empty for a pure number."""

    def describe(self) -> str:
        """Say the rule in words."""
        return f"supported if the interval lies {self.side()}, refuted if {self.other_side().partition(' ')[0]}"

    def side(self) -> str:
        """Say where the interval lies if the claim is supported."""
        raise NotImplementedError

    def other_side(self) -> str:
        """Say where the interval lies if the claim is refuted."""
        raise NotImplementedError


class _Threshold(_OneInterval, frozen=True, kw_only=False):
    threshold: float = 0.0

    def thresholds(self) -> tuple[float, ...]:
        """Return the value that the interval is compared with."""
        return (self.threshold,)


class Above(_Threshold, frozen=True, tag=True):
    """The claim says "more than the threshold"."""

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one estimate."""
        return PValues(p_above(estimates[0], self.threshold), p_below(estimates[0], self.threshold))

    def side(self) -> str:
        """Say where the interval lies if the claim is supported."""
        return f"above {number(self.threshold, self.unit)}"

    def other_side(self) -> str:
        """Say where the interval lies if the claim is refuted."""
        return f"below {number(self.threshold, self.unit)}"


class Below(_Threshold, frozen=True, tag=True):
    """The claim says "less than the threshold"."""

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one estimate."""
        return PValues(p_below(estimates[0], self.threshold), p_above(estimates[0], self.threshold))

    def side(self) -> str:
        """Say where the interval lies if the claim is supported."""
        return f"below {number(self.threshold, self.unit)}"

    def other_side(self) -> str:
        """Say where the interval lies if the claim is refuted."""
        return f"above {number(self.threshold, self.unit)}"


class _Margin(_OneInterval, frozen=True, kw_only=False):
    margin: float
    around: float = 0.0

    def thresholds(self) -> tuple[float, ...]:
        """Return the values that the interval is compared with."""
        return (self.around - self.margin, self.around + self.margin)

    def _span(self) -> str:
        low, high = self.thresholds()
        span = f"±{self.margin:g}" if self.around == 0 else f"{number(low)} to {number(high)}"
        return f"{span} {self.unit}".rstrip()


class Inside(_Margin, frozen=True, tag=True):
    """The claim says "no difference worth the name": two one-sided tests against the margin."""

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one estimate."""
        low, high = self.around - self.margin, self.around + self.margin
        within = max(p_above(estimates[0], low), p_below(estimates[0], high))
        return PValues(within, min(p_above(estimates[0], high), p_below(estimates[0], low)))

    def side(self) -> str:
        """Say where the interval lies if the claim is supported."""
        return f"inside {self._span()}"

    def other_side(self) -> str:
        """Say where the interval lies if the claim is refuted."""
        return f"outside {self._span()}"


class Outside(_Margin, frozen=True, tag=True):
    """The claim says "a difference worth the name": the reverse of `Inside`."""

    def p_values(self, estimates: Sequence[Estimate]) -> PValues:
        """Test one estimate."""
        within, outside = Inside(self.margin, self.around).p_values(estimates)
        return PValues(outside, within)

    def side(self) -> str:
        """Say where the interval lies if the claim is supported."""
        return f"outside {self._span()}"

    def other_side(self) -> str:
        """Say where the interval lies if the claim is refuted."""
        return f"inside {self._span()}"


IntervalRule = Above | Below | Inside | Outside


def number(value: float, unit: str = "") -> str:
    """Write a number of a rule with its unit, as short as it is."""
    return f"{value:g} {unit}".rstrip().replace("-", "−")
