"""Example results of `batch_dynamics`."""

from examples.batch_size import JITTER
from report.experiments.batch_dynamics import ContinueResults, RiseResults, SpreadResults


def example(run, *, sign=1):
    """Make a study: small batches end lower, spread more, climb less or, with sign −1, the reverse."""
    j = JITTER[run.seed % len(JITTER)]
    match run.arm:
        case "continue":
            return ContinueResults(
                loss_at_end_point=0.42,
                loss_after_small=0.4 - sign * 0.05 + j / 10,
                loss_after_large=0.4,
                loss_before_levelling=0.5,
                num_updates=3_125,
                epochs_to_end_point=300,
                epochs_to_level=200,
                is_level=True,
                learning_rate=0.03,
            )
        case "spread":
            return SpreadResults(
                small=64.0**sign * (1 + j),
                large=1.0,
                small_scaled=1.5**sign * (1 + j),
                small_tuned=3.0**sign * (1 + j),
                large_tuned=1.0,
                num_orders=8,
                num_updates=16,
                learning_rate=0.1,
                small_learning_rate=0.03,
                large_learning_rate=0.3,
            )
        case _:
            return RiseResults(
                small=[-1.0, 0.2 + j],
                large=[-1.0, 0.2 + sign * 0.15 + j],
                small_learning_rate=0.03,
                large_learning_rate=0.3,
            )
