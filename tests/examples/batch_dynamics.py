"""Example results of `batch_dynamics`."""

from examples.batch_size import JITTER
from report.experiments.batch_dynamics import ContinueResults, RiseResults, SpreadResults


def example(run, *, sign=1):
    """Make a study: small batches go on downhill, spread in proportion, climb less or, with sign −1, the reverse."""
    j = JITTER[run.seed]
    match run.arm:
        case "continue":
            return ContinueResults(
                loss_at_end_point=0.5,
                loss_after_small=0.4 - sign * 0.05 + j / 10,
                loss_after_large=0.4,
                updates_small=256,
                updates_large=1,
                small_learning_rate=0.03,
                large_learning_rate=0.3,
            )
        case "spread":
            return SpreadResults(
                small=64.0**sign * (1 + j),
                large=1.0,
                small_scaled=1 + j,
                num_orders=8,
                num_updates=16,
                learning_rate=0.1,
            )
        case _:
            return RiseResults(
                small=[-1.0, 0.2 + j],
                large=[-1.0, 0.2 + sign * 0.15 + j],
                small_learning_rate=0.03,
                large_learning_rate=0.3,
            )
