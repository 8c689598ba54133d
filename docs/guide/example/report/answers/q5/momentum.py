"""Question 5, momentum: what it adds in the first epochs."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import IntervalChart
from report.answers.curves import accuracy_points, difference_row
from report.answers.q5 import answer
from report.conclude.claims import MARGIN
from report.conclude.interval_rules import Above
from report.conclude.statistics import Estimate
from report.experiments.momentum import MomentumResults
from report.record.reader import Records


def final_accuracy(run: MomentumResults) -> float:
    """Return the test accuracy after the last epoch."""
    return run.test_accuracy[-1]


@answer.claim(
    "Q5.90",
    "Momentum helps in the first epochs.",
    Above(MARGIN),
)
def gain_from_momentum(records: Records) -> Estimate:
    """Test accuracy after {epochs} epochs: momentum 0.9 minus without."""
    momentum = records.arm("momentum", "momentum", MomentumResults)
    plain = records.arm("momentum", "plain", MomentumResults)
    epochs = momentum.parameters["epochs"]
    return accuracy_points(
        momentum, plain, final_accuracy, settings={"epochs": epochs}
    )


@answer.figure("q5-momentum")
def gains(records: Records, findings: Findings) -> FigureSpec:
    """Draw the difference that momentum makes, and that of each seed."""
    momentum = records.arm("momentum", "momentum", MomentumResults)
    plain = records.arm("momentum", "plain", MomentumResults)
    row = difference_row("momentum 0.9", momentum, plain, final_accuracy)
    return FigureSpec(
        chart=IntervalChart(
            rows=[row],
            x_label="test accuracy minus no momentum (percentage points)",
            margin=MARGIN,
        ),
        title=by_verdict(
            findings["Q5.90"],
            supported="Momentum helps in the first epochs",
            refuted="Momentum does not help in the first epochs",
            withheld="Test accuracy with momentum minus that without",
        ),
        alt=f"Momentum changes test accuracy by {row.value:+.2f} points "
        f"({row.low:+.2f} to {row.high:+.2f}).",
        caption="Mean paired difference with its 95 % interval; small "
        "dots: single seeds; shaded: too little to count.",
        records=momentum.records + plain.records,
    )
