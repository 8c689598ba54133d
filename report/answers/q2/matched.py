"""Question 2, at one training loss: the gap to the test loss by batch size."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import LineChart, Panel
from report.answers.curves import paired_difference
from report.answers.q2 import answer
from report.answers.q2.budgets import LARGE, SMALL, arm_of, ids_of, over_batch_sizes
from report.conclude.rules import Above, Below
from report.conclude.statistics import Estimate, exact
from report.experiments.batch_size import BATCH_SIZES, BUDGETS, BatchSizeResults
from report.record.reader import Arm, Records


def longest(records: Records, batch_size: int) -> Arm[BatchSizeResults]:
    """Return, of a batch size's runs under both budgets, those that saw more images."""
    return max((arm_of(records, b, batch_size) for b in BUDGETS), key=lambda arm: arm.results[0].epochs[-1])


def matched_level(records: Records) -> float:
    """Return the lowest training loss that every run of every batch size gets down to."""
    return max(min(run.train_loss) for batch_size in BATCH_SIZES for run in longest(records, batch_size).results)


def test_loss_at(run: BatchSizeResults, level: float) -> float:
    """Return the test loss where the training loss first comes down to a level, between the scores on either side."""
    after = int(np.argmax(np.array(run.train_loss) <= level))
    if after == 0:
        return run.test_loss[0]
    above, below = run.train_loss[after - 1], run.train_loss[after]
    share = (above - level) / (above - below)
    return run.test_loss[after - 1] + share * (run.test_loss[after] - run.test_loss[after - 1])


@answer.claim(
    "Q2.7",
    "Small batches act as a regulariser.",
    Below(),
    note="At one training loss, a smaller gap and a lower test loss are the same thing: this is Q2.9 with the sign turned.",
    constants={"small": SMALL, "large": LARGE},
)
def gap_at_matched_loss(records: Records) -> Estimate:
    """Test minus training loss at a matched training loss, batch size {small} minus {large}."""
    level = matched_level(records)
    return paired_difference(
        longest(records, SMALL), longest(records, LARGE), lambda run: test_loss_at(run, level) - level, unit="nats"
    )


@answer.claim("Q2.9", "Large batches risk overfitting.", Above(), constants={"small": SMALL, "large": LARGE})
def test_loss_at_matched_loss(records: Records) -> Estimate:
    """Test cross-entropy at a matched training loss, batch size {large} minus {small}."""
    level = matched_level(records)
    return paired_difference(
        longest(records, LARGE), longest(records, SMALL), lambda run: test_loss_at(run, level), unit="nats"
    )


@answer.number("matched-level")
def level(records: Records) -> Estimate:
    """State the matched training loss itself."""
    value = matched_level(records)
    arms = {batch_size: longest(records, batch_size) for batch_size in BATCH_SIZES}
    runs = len(ids_of(arms))
    return exact(value, unit="nats", n=runs, n_of="runs", digits=3, records=ids_of(arms))


@answer.figure("q2-gap")
def gap_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw the gap between test and training loss at one training loss against batch size."""
    common = matched_level(records)
    arms = {batch_size: longest(records, batch_size) for batch_size in BATCH_SIZES}
    series = over_batch_sizes("test minus training", arms, lambda run: test_loss_at(run, common) - common)
    return FigureSpec(
        chart=LineChart(
            panels=[Panel(series=[series], x_label="batch size", y_label="generalisation gap (nats)", x_scale="log")]
        ),
        title=by_verdict(
            findings["Q2.7"],
            supported="At the same training loss, the gap to the test loss is smaller for the small batch",
            refuted="At the same training loss, the gap to the test loss is larger for the small batch",
            undetermined="At the same training loss, small and large batches show no settled difference in the gap",
            withheld="Gap between test and training loss at one training loss",
        ),
        alt="Test minus training loss at a training loss of "
        f"{common:.3f} nats: "
        + ", ".join(f"{y:.3f} at {x:.0f}" for x, y in zip(series.x, series.y, strict=True))
        + ".",
        caption=(
            f"Where each run's training loss first comes down to {common:.3f} nats, the lowest that all of them reach. "
            f"{len(arms[SMALL].results)} seeds. Line: mean; band: range over seeds."
        ),
        records=ids_of(arms),
    )
