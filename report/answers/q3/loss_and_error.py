"""Question 3, test loss against test error: together up to the epoch of lowest loss, and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from report.answers.answer import FigureSpec, Findings, TableSpec, by_verdict
from report.answers.charts import LineChart, Panel, Series
from report.answers.curves import PERCENT, band
from report.answers.q3 import answer
from report.conclude.rules import Above, AllOf
from report.conclude.statistics import Estimate, exact, mean_with_t_interval, with_range
from report.experiments.epochs import EpochsResults
from report.experiments.training import Curve
from report.record.reader import Arm, NoRecords, Records

SHORTEST_SPAN = 3
"""Epochs: a rank correlation of two is 1 or −1 whatever happens."""


def trained(records: Records) -> Arm[EpochsResults]:
    """Return the network trained from logits for a hundred epochs."""
    return records.arm("epochs", "from_logits", EpochsResults)


@answer.claim(
    "Q3.5",
    "A lower loss goes with a better accuracy on unseen images.",
    AllOf((Above(), Above())),
    note="The epochs of one run are no independent observations, so each run gives one correlation, and the interval is over runs.",
)
def rank_correlations(records: Records) -> tuple[Estimate, Estimate]:
    """Rank correlation of test cross-entropy and test error over the epochs before and after the loss is lowest."""
    arm = trained(records)
    spans = [split(run.curve) for run in arm.results]
    return _correlation(arm, [before for before, _ in spans]), _correlation(arm, [after for _, after in spans])


def split(curve: Curve) -> tuple[tuple[list[float], list[float]], tuple[list[float], list[float]]]:
    """Return test loss and test error of the epochs up to and including that of lowest loss, and of those after it."""
    lowest = int(np.argmin(curve.test_loss)) + 1
    error = [1 - accuracy for accuracy in curve.test_accuracy]
    return (curve.test_loss[:lowest], error[:lowest]), (curve.test_loss[lowest:], error[lowest:])


def _correlation(arm: Arm[EpochsResults], spans: list[tuple[list[float], list[float]]]) -> Estimate:
    """Estimate the mean rank correlation over the seeds whose span is long enough to have one."""
    used = [
        (loss, error, id)
        for (loss, error), id in zip(spans, arm.records, strict=True)
        if len(loss) >= SHORTEST_SPAN and min(loss) < max(loss) and min(error) < max(error)
    ]
    if not used:
        raise NoRecords(f"epochs: no seed has {SHORTEST_SPAN} epochs on this side of its lowest test loss")
    return mean_with_t_interval(
        [float(stats.spearmanr(loss, error).statistic) for loss, error, _ in used],
        unit="rank correlation",
        signed=True,
        method="Student t over seeds",
        digits=2,
        records=tuple(id for _, _, id in used),
    )


@answer.number("seeds-with-both-spans")
def seeds_with_both_spans(records: Records) -> Estimate:
    """Count the seeds whose epochs after the lowest test loss are enough for a rank correlation."""
    arm = trained(records)
    lengths = [len(split(run.curve)[1][0]) for run in arm.results]
    enough = sum(length >= SHORTEST_SPAN for length in lengths)
    return exact(enough, unit="seeds", n=len(lengths), n_of="seeds", digits=0, records=arm.records)


@answer.number("lowest-loss-epoch")
def lowest_loss_epoch(records: Records) -> Estimate:
    """Estimate the epoch at which the test loss is lowest."""
    arm = trained(records)
    epochs = arm.values(lambda run: float(np.argmin(run.curve.test_loss)) + 1)
    return mean_with_t_interval(epochs, unit="epochs", digits=0, records=arm.records)


@answer.number("parted-epochs")
def parted_epochs(records: Records) -> Estimate:
    """Count the epochs in which the test loss rises and the test error falls."""
    arm = trained(records)
    counts = arm.values(lambda run: float(_parted(run.curve)))
    return with_range(
        counts,
        unit="epochs",
        n_of="seeds",
        digits=0,
        records=arm.records,
    )


def _parted(curve: Curve) -> int:
    rises, falls = np.diff(curve.test_loss) > 0, np.diff(curve.test_accuracy) > 0
    return int((rises & falls).sum())


def after_the_lowest(value: Callable[[Curve], list[float]], **about: Any) -> Callable[[Records], Estimate]:
    """Make a measure of the change of a per-epoch quantity from the epoch of lowest test loss to the last."""

    def measure(records: Records) -> Estimate:
        arm = trained(records)
        changes = arm.values(lambda run: value(run.curve)[-1] - value(run.curve)[int(np.argmin(run.curve.test_loss))])
        return mean_with_t_interval(changes, signed=True, records=arm.records, **about)

    return measure


@answer.figure("q3-loss-and-error")
def loss_and_error(records: Records, findings: Findings) -> FigureSpec:
    """Draw test loss and test error over the epochs, in two panels."""
    arm = trained(records)
    curves = [run.curve for run in arm.results]
    lowest = float(np.mean([np.argmin(curve.test_loss) + 1 for curve in curves]))
    panels = []
    for series, label in (
        (band("test", curves, lambda c: c.test_loss), "test cross-entropy (nats)"),
        (band("test", curves, lambda c: [1 - a for a in c.test_accuracy], PERCENT), "test images not recognised (%)"),
    ):
        ends = [min(series.low or series.y), max(series.high or series.y)]
        mark = Series(label="lowest loss", x=[lowest, lowest], y=ends, role="reference")
        panels.append(Panel(series=[series, mark], x_label="epoch", y_label=label))
    return FigureSpec(
        chart=LineChart(panels=panels),
        title=by_verdict(
            findings["Q3.5"],
            supported="Test loss and test error fall and rise together",
            refuted="Beyond its minimum the test loss no longer says how many images are recognised",
            undetermined="Up to its minimum the test loss goes with the error; beyond it, that is not settled",
            withheld="Test loss and test error by epoch",
        ),
        alt=(
            f"Two panels over {len(curves[0].test_loss)} epochs. The test loss is lowest at epoch {lowest:.0f} on average and ends at "
            f"{np.mean([c.test_loss[-1] for c in curves]):.3f} nats; the test error is "
            f"{np.mean([PERCENT * (1 - c.test_accuracy[int(np.argmin(c.test_loss))]) for c in curves]):.1f} % there and "
            f"{np.mean([PERCENT * (1 - c.test_accuracy[-1]) for c in curves]):.1f} % at the end."
        ),
        caption=(
            f"784-128-10 network from logits, SGD at 0.01, batch size 64, {len(curves)} seeds. Line: mean; band: range over seeds; "
            "thin line: mean epoch of the lowest test loss."
        ),
        records=arm.records,
    )


@answer.table("q3-spans")
def spans(records: Records, findings: Findings) -> TableSpec:
    """List, per seed, the epoch of lowest test loss and what happens after it."""
    arm = trained(records)
    rows: list[list[str | float | int]] = []
    for seed, run in sorted(arm.by_seed.items()):
        (before, _), (after, error) = split(run.curve)
        rows.append(
            [
                f"seed {seed}",
                len(before),
                len(after),
                min(run.curve.test_loss),
                run.curve.test_loss[-1],
                PERCENT * (1 - run.curve.test_accuracy[len(before) - 1]),
                PERCENT * (error[-1] if after else 1 - run.curve.test_accuracy[-1]),
            ]
        )
    return TableSpec(
        caption="Test images, 784-128-10 network from logits: where the loss is lowest, and the last epoch.",
        columns=[
            "run",
            "epoch of lowest loss",
            "epochs after it",
            "lowest test loss (nats)",
            "last test loss (nats)",
            "error at the lowest loss (%)",
            "last error (%)",
        ],
        rows=rows,
        records=arm.records,
    )


answer.number("loss-after-lowest")(after_the_lowest(lambda c: c.test_loss, unit="nats"))
answer.number("error-after-lowest")(
    after_the_lowest(lambda c: [PERCENT * (1 - accuracy) for accuracy in c.test_accuracy], unit="percentage points")
)
