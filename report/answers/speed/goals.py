"""What the reference loop is held to: ratios of times within one run, each with its limit. `bench --check` reads them too."""

from __future__ import annotations

import msgspec

from report.answers.speed import answer
from report.answers.timed import first_of
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.throughput import EpochTimes, MethodName, ThroughputResults
from report.record.reader import Records

MOST_OVER_HAND_WRITTEN = 1.6
"""How many times as long as hand-written gradients `fit` may take."""
AIM = 1.25
"""The same, as it should be."""


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One ratio and what it must reach on any machine: none depends on how many cores there are."""

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

    def ratio(self, results: ThroughputResults) -> Estimate:
        """Estimate the ratio from the times of the same rounds."""
        return ratio_of(results, self.slower, self.faster)


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
    Goal(
        slower="notebook",
        faster="fit_one_thread",
        says="the notebook's loop over fit on one thread",
        least=5.0,
    ),
)


def ladder(records: Records) -> ThroughputResults:
    """Return the results of the one run of the ladder."""
    return records.arm("speed", "throughput", ThroughputResults).results[0]


def rung_of(results: ThroughputResults, name: MethodName) -> EpochTimes:
    """Find one rung; a ladder has them all, a first look at what was tried may lack some."""
    return first_of((times for times in results.methods if times.name == name), f"times of {name}")


def ratio_of(results: ThroughputResults, slower: MethodName, faster: MethodName) -> Estimate:
    """Estimate how many times as long one rung takes as another, from the times of the same rounds."""
    return log_ratio(*(rung_of(results, name).seconds["epoch"] for name in (slower, faster)))


@answer.number("notebook-over-fit", "notebook", "fit")
@answer.number("fit-over-hand-written", "fit_one_thread", "hand_written")
@answer.number("sgd-over-fit", "torch_sgd", "fit_one_thread")
@answer.number("notebook-over-tensors", "notebook", "tensor_dataset")
@answer.number("tensors-over-fit", "tensor_dataset", "fit")
@answer.number("notebook-over-workers", "notebook", "loader_workers")
def rung_over_rung(records: Records, slower: MethodName, faster: MethodName) -> Estimate:
    """Estimate how many times as long one rung takes as another."""
    return ratio_of(ladder(records), slower, faster)
