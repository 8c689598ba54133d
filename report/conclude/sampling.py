"""Where an estimate's chance comes from, and so the p-value with which it lies above or below a threshold."""

from __future__ import annotations

import math

import msgspec
from scipy import special


def _at_least(count: int, trials: int, probability: float) -> float:
    """Return the probability of `count` successes or more."""
    return float(special.bdtrc(count - 1, trials, probability)) if count else 1.0


class StudentT(msgspec.Struct, frozen=True, tag=True):
    """A mean whose error was estimated from the values."""

    error: float
    """Standard error, in the estimate's unit; of the logarithm if `log`."""
    dof: float
    log: bool = False
    """Whether the mean was taken of logarithms: for ratios."""
    smallest_p: float = 0.0
    """No p-value is below this one: what so few repetitions can show without assuming a distribution."""

    def p_above(self, value: float, threshold: float) -> float:
        """Return the two-sided p-value with which the value lies above a threshold; 1 if it lies below."""
        distance = math.log(value) - math.log(threshold) if self.log else value - threshold
        if self.error == 0:
            return self.smallest_p if distance > 0 else 1.0
        return max(self.smallest_p, min(1.0, 2 * float(special.stdtr(self.dof, -distance / self.error))))

    def p_below(self, value: float, threshold: float) -> float:
        """Return the two-sided p-value with which the value lies below a threshold; 1 if it lies above."""
        return self.p_above(1 / value, 1 / threshold) if self.log else self.p_above(-value, -threshold)


class Binomial(msgspec.Struct, frozen=True, tag=True):
    """A share of independent trials, in percent."""

    successes: int
    trials: int

    def p_above(self, value: float, threshold: float) -> float:
        """Return the two-sided p-value with which the share lies above a threshold in percent."""
        return min(1.0, 2 * _at_least(self.successes, self.trials, threshold / 100))

    def p_below(self, value: float, threshold: float) -> float:
        """Return the two-sided p-value with which the share lies below a threshold in percent."""
        return min(1.0, 2 * _at_least(self.trials - self.successes, self.trials, 1 - threshold / 100))


class Signs(msgspec.Struct, frozen=True, tag=True):
    """A median: of independent values, as many lie above it as below, whatever their distribution."""

    values: tuple[float, ...]

    def p_above(self, value: float, threshold: float) -> float:
        """Return the two-sided p-value of the sign test with which the median lies above a threshold."""
        above, below = (sum(v > threshold for v in self.values), sum(v < threshold for v in self.values))
        return min(1.0, 2 * _at_least(above, above + below, 0.5))

    def p_below(self, value: float, threshold: float) -> float:
        """Return the two-sided p-value of the sign test with which the median lies below a threshold."""
        return Signs(tuple(-v for v in self.values)).p_above(-value, -threshold)


class Rank(msgspec.Struct, frozen=True, tag=True):
    """The place of one curve among others like it."""

    p_value: float
    """Share of all curves, itself included, that lie as far from the others as this one or farther."""


Sampling = StudentT | Binomial | Signs | Rank
