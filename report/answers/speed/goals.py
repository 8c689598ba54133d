"""What the reference loop is held to: ratios of times within one run, each with its limit. `bench --check` reads them too."""

from __future__ import annotations

import msgspec

from report.answers.speed import answer
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.throughput import EpochTimes, MethodName, ThroughputResults
from report.record.reader import Records

MOST_OVER_HAND_WRITTEN = 1.6
"""How many times as long as hand-written gradients `fit` may take."""
AIM = 1.25
"""The same, as it should be."""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One ratio and what it must reach."""

    slower: MethodName
    faster: MethodName
    says: str
    """The ratio in words."""
    least: float | None = None
    most: float | None = None

    def met_by(self, ratio: float) -> bool:
        """Whether the ratio is within the limit."""
        return (self.least is None or ratio >= self.least) and (self.most is None or ratio <= self.most)

    def limit(self) -> str:
        """Write the limit, as ``at least 9``."""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"


NOTEBOOK_OVER_FIT = Goal(
    slower="notebook",
    faster="fit",
    says="the notebook's loop over fit, default threads",
    least=9.0,
)
GOALS = (
    Goal(
        slower="fit_one_thread",
        faster="scikit_learn",
        says="fit over scikit-learn, one thread each",
        most=1.0,
    ),
    Goal(
        slower="fit_one_thread",
        faster="hand_written",
        says="fit over the same training with hand-written gradients, one thread each",
        most=MOST_OVER_HAND_WRITTEN,
    ),
    NOTEBOOK_OVER_FIT,
    Goal(
        slower="notebook",
        faster="fit_pool",
        says="the notebook's loop over an epoch of the busy pool",
        least=18.0,
    ),
)


def ladder(records: Records) -> tuple[ThroughputResults, tuple[str, ...]]:
    """Return the one run of the ladder and its id."""
    arm = records.arm("speed", "throughput", ThroughputResults)
    return arm.results[0], arm.records


def rung_of(results: ThroughputResults, name: MethodName) -> EpochTimes:
    """Find one rung; every ladder has them all."""
    return next(times for times in results.methods if times.name == name)


def ratio_of(results: ThroughputResults, goal: Goal, records: tuple[str, ...] = ()) -> Estimate:
    """Estimate a goal's ratio from the times of the same rounds."""
    slower, faster = (rung_of(results, name).seconds["epoch"] for name in (goal.slower, goal.faster))
    return log_ratio(slower, faster, records=records)


@answer.number("notebook-over-fit")
def notebook_over_fit(records: Records) -> Estimate:
    """Estimate how many times as long the notebook's loop takes as `fit`."""
    results, ids = ladder(records)
    return ratio_of(results, NOTEBOOK_OVER_FIT, ids)
