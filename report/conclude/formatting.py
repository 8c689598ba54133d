"""Numbers as text: as many digits as the interval supports, with their unit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from report.conclude.rules import Conditions, Rule, simple_rules
from report.conclude.sampling import Binomial
from report.conclude.statistics import Estimate

SHORT_UNITS = {"percentage points": "pp", "percent": "%", "seconds": "s", "ratio": "×"}
PLURALS = ("epochs", "fits", "images", "machines", "printed figures", "rates", "runs", "seeds", "test images")
SINGULAR = {plural: plural.removesuffix("s") for plural in PLURALS} | {"printed losses": "printed loss"}
FEW = 100
"""A share of fewer than this is written as a count: a percentage would suggest more digits than it has."""
WIDE = 10
"""Quotient of a ratio's two bounds above which all of its digits that one number of decimals shows would mean little."""
MAX_DECIMALS = 6
MINUS = "−"
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def digits_for(estimate: Estimate) -> int:
    """Choose the decimals: those that the interval supports, or three significant figures without one."""
    if estimate.digits is not None:
        return estimate.digits
    if estimate.low is not None and estimate.high is not None and estimate.high > estimate.low:
        return digits_of_spread((estimate.high - estimate.low) / 2)
    if estimate.value == 0 or not math.isfinite(estimate.value):
        return 0
    return min(6, max(0, 2 - math.floor(math.log10(abs(estimate.value)))))


def apart_from_thresholds(estimates: Sequence[Estimate], rule: Rule | Conditions) -> tuple[Estimate, ...]:
    """Add decimals to estimates where rounding hides on which side of its rule's thresholds a bound lies."""
    return tuple(
        _apart_from(estimate, test.thresholds()) for estimate, test in zip(estimates, simple_rules(rule), strict=True)
    )


def _apart_from(estimate: Estimate, thresholds: Sequence[float]) -> Estimate:
    bounds = [bound for bound in (estimate.low, estimate.high) if bound is not None]

    def shows_the_sides(digits: int) -> bool:
        return all(
            (round(bound, digits) > threshold, round(bound, digits) < threshold)
            == (bound > threshold, bound < threshold)
            for bound in bounds
            for threshold in thresholds
        )

    fewest = digits_for(estimate)
    digits = next(filter(shows_the_sides, range(fewest, MAX_DECIMALS + 1)), fewest)
    return estimate if digits == fewest else msgspec.structs.replace(estimate, digits=digits)


def digits_of_spread(half_width: float) -> int:
    """Show the first digit of an interval's half width, and the second where the first is a 1 or a 2."""
    decimals = -math.floor(math.log10(half_width))
    leading = half_width * 10.0**decimals
    return min(6, max(0, decimals + (leading < 2.95)))


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """Write a number with a true minus sign and thousands separators."""
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")  # a rounded −0.0 is just 0.0
    return text.replace("-", MINUS)


def with_unit(text: str, unit: str) -> str:
    """Append a unit as it is usually written: ``3.9 pp``, ``84 %``, ``2.1×``, ``0.1 pp per ten epochs``, ``1 run``."""
    counted, per, whole = unit.partition(" per ")
    short = SHORT_UNITS.get(counted, counted) + per + whole
    if text.lstrip(f"+{MINUS}") == "1":
        short = SINGULAR.get(unit, short)
    return f"{text}{short}" if short in ("×", "") else f"{text}{THIN_SPACE}{short}"


def _is_wide(estimate: Estimate) -> bool:
    """Return whether an estimate is a ratio so uncertain that its bounds differ in their orders of magnitude."""
    if estimate.unit != "ratio" or estimate.low is None or estimate.high is None:
        return False
    return estimate.low > 0 and estimate.high / estimate.low > WIDE


def two_figures(value: float) -> str:
    """Write a positive number with two significant figures; ``< 0.01`` below that."""
    if value < 0.01:
        return "< 0.01"
    decimals = 1 - math.floor(math.log10(value))
    return number(round(value, decimals), max(0, decimals))


def count_of(estimate: Estimate) -> str:
    """Write what an estimate is over: ``25 seeds``, ``10,000 test images``, ``1 fit``."""
    return f"{estimate.n:,} {SINGULAR.get(estimate.n_of, estimate.n_of) if estimate.n == 1 else estimate.n_of}"


def is_count(estimate: Estimate) -> bool:
    """Return whether an estimate is a share of few: its text is a count, ``22 of 25``, and its interval names its unit."""
    return isinstance(estimate.sampling, Binomial) and estimate.sampling.trials < FEW


def text_of(estimate: Estimate) -> str:
    """Write an estimate as it stands in a sentence, without its interval; a share of few as ``22 of 25``."""
    if isinstance(estimate.sampling, Binomial) and is_count(estimate):
        return f"{estimate.sampling.successes} of {estimate.sampling.trials}"
    if _is_wide(estimate):
        return with_unit(two_figures(estimate.value), estimate.unit)
    return with_unit(number(estimate.value, digits_for(estimate), signed=estimate.signed), estimate.unit)


def interval_of(estimate: Estimate) -> str:
    """Write an estimate's interval or range as ``low to high``, that of a count in percent; empty if it has none."""
    if estimate.low is None or estimate.high is None:
        return ""
    if _is_wide(estimate):
        return f"{two_figures(estimate.low)} to {two_figures(estimate.high)}"
    digits = digits_for(estimate)
    low, high = (number(end, digits, signed=estimate.signed) for end in (estimate.low, estimate.high))
    return f"{low} to {with_unit(high, estimate.unit)}" if is_count(estimate) else f"{low} to {high}"


def interval_name(estimate: Estimate) -> str:
    """Name what `interval_of` writes."""
    return {"confidence": "95 % interval", "range": "range", "exact": "exact"}[estimate.kind]


def uncertainty_of(estimate: Estimate) -> str:
    """Write an estimate's interval or range with its name, or ``exact``; empty for a single run, which has neither."""
    if estimate.kind == "exact":
        return "exact"
    interval = interval_of(estimate)
    return f"{interval_name(estimate)} {interval}" if interval else ""


def brief_uncertainty_of(estimate: Estimate) -> str:
    """Write the same without the name of a 95 % interval, for where all are 95 % intervals unless they say otherwise."""
    return interval_of(estimate) if estimate.kind == "confidence" else uncertainty_of(estimate)


def p_value(value: float) -> str:
    """Write a p-value with two significant figures, ``p = 0.031``; ``p < 0.0001`` below that."""
    if value < 1e-4:
        return "p < 0.0001"
    return f"p = {number(min(value, 1.0), min(5, 1 - math.floor(math.log10(value))))}"


def detectable_of(estimate: Estimate) -> str:
    """Write the smallest difference that as many runs could have detected; empty where there is none."""
    if estimate.detectable is None:
        return ""
    digits = min(6, max(1, 1 - math.floor(math.log10(estimate.detectable)))) if estimate.detectable > 0 else 1
    return with_unit(number(estimate.detectable, digits), estimate.unit)


def cell(value: str | float | int) -> str:
    """Write a table cell: text as it is, counts with separators, measurements to four significant figures, settings as they are."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return number(value, 0)
    if value == 0 or not math.isfinite(value):
        return number(value, 0)
    digits = min(6, max(0, 3 - math.floor(math.log10(abs(value)))))
    exact = next((fewer for fewer in range(digits) if round(value, fewer) == value), digits)
    return number(value, exact)  # a setting such as 0.03 as it was set, a measurement with all its figures
