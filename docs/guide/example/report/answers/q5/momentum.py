"""Question 5, momentum: what it adds in the first epochs."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import IntervalChart
from report.answers.curves import accuracy_points
from report.answers.intervals import row
from report.answers.q5 import answer
from report.conclude.claims import MARGIN
from report.conclude.interval_rules import Above
from report.conclude.statistics import Estimate
from report.experiments.momentum import MomentumResults
from report.record.reader import Records


@answer.claim("Q5.90", "Momentum helps in the first epochs.", Above(MARGIN))
def gain_from_momentum(records: Records) -> Estimate:
    """Test accuracy after {epochs} epochs: momentum 0.9 minus without."""
    arm = records.arm("momentum", "momentum", MomentumResults)
    plain = records.arm("momentum", "plain", MomentumResults)
    return accuracy_points(
        arm, plain, lambda run: run.test_accuracy, settings=arm.parameters
    )


@answer.figure("q5-momentum")
def gains(records: Records, findings: Findings) -> FigureSpec:
    """Draw the difference that momentum makes."""
    gain = gain_from_momentum(records)
    return FigureSpec(
        chart=IntervalChart(
            rows=[row("momentum 0.9", gain)],
            x_label="test accuracy minus no momentum (percentage points)",
            margin=MARGIN,
        ),
        title=by_verdict(
            findings["Q5.90"],
            supported="Momentum helps in the first epochs",
            refuted="Momentum does not help in the first epochs",
            withheld="Test accuracy with momentum minus that without",
        ),
        caption="Mean paired difference with its 95 % interval; shaded: "
        "too little to count.",
    )
