"""The correction for testing many claims."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from report.conclude.statistics import CONFIDENCE

Test = TypeVar("Test", bound=Hashable)


def holm(p_values: Mapping[Test, float], level: float = 1 - CONFIDENCE) -> dict[Test, bool]:
    """
    Say which of many p-values survive Holm's step-down correction.

    Parameters
    ----------
    p_values : mapping of hashable to float
        One p-value per test.
    level : float
        Family-wise error rate.

    Returns
    -------
    dict of hashable to bool
        True where the test's null is still rejected.
    """
    survives = dict.fromkeys(p_values, False)
    for rank, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        if p_values[name] > level / (len(p_values) - rank):
            break
        survives[name] = True
    return survives
