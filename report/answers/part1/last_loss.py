"""Part 1, what the last printed loss tells of the network behind it: whether it lacks a class."""

from __future__ import annotations

from statistics import fmean

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import IntervalChart, IntervalRow
from report.answers.part1 import answer
from report.answers.part1.modes import missing_classes
from report.answers.printed import printed
from report.answers.trained import printed_epochs
from report.conclude.statistics import Estimate, exact
from report.experiments.epochs import PRINTED_EPOCHS
from report.record.reader import NoRecords, Records

NEAREST = 10
"""Runs that are compared with the notebook's own, by their last printed loss."""


def printed_last_loss() -> float:
    """Return the last loss that the notebook printed in Part 1."""
    return printed("part1_epoch")[-1].value


def last_losses(records: Records) -> tuple[list[float], list[float]]:
    """Return the losses at the end of the printed epochs: of runs that lack a class, and of runs that learnt all ten."""
    arm = printed_epochs(records, "as_published")
    if len(arm.results[0].mean_of_batch_means) < PRINTED_EPOCHS:
        raise NoRecords("epochs: no run has as many epochs as the notebook printed")
    lacking = [curve.mean_of_batch_means[-1] for curve in arm.results if missing_classes(curve)]
    return lacking, [curve.mean_of_batch_means[-1] for curve in arm.results if not missing_classes(curve)]


@answer.number("notebook-last-loss")
def notebook_last_loss(records: Records) -> Estimate:
    """Return the last loss that the notebook printed."""
    return exact(printed_last_loss(), unit="nats", n=1, n_of="printed losses", digits=4)


@answer.number("nearest-missing")
def missing_among_the_nearest(records: Records) -> Estimate:
    """Count, of the ten runs whose loss is nearest to the notebook's last, those that lack a class."""
    lacking, learnt = last_losses(records)
    runs = [
        (abs(loss - printed_last_loss()), is_missing)
        for losses, is_missing in ((lacking, True), (learnt, False))
        for loss in losses
    ]
    nearest = sorted(runs)[:NEAREST]
    return exact(sum(is_missing for _, is_missing in nearest), unit="runs", n=len(nearest), n_of="runs")


@answer.figure("part1-last-loss")
def last_loss(records: Records, findings: Findings) -> FigureSpec:
    """Draw each run's loss at the last printed epoch, by whether it lacks a class, and the notebook's."""
    groups = dict(zip(("a class missing", "all ten learnt"), last_losses(records), strict=True))
    notebook = printed_last_loss()
    rows = [_range(label, losses) for label, losses in groups.items() if losses]
    rows.append(_range("the notebook's run", [notebook]))
    in_lacking, in_learnt = (bool(found) and min(found) <= notebook <= max(found) for found in groups.values())
    title = "The notebook's last printed loss does not tell whether its network lacks a class"
    if in_lacking != in_learnt:
        kind = "lacks a class" if in_lacking else "learnt all ten classes"
        title = f"The notebook's last printed loss fits a network that {kind}"
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label=f"loss printed after epoch {PRINTED_EPOCHS} (nats)", zero=None),
        title=title,
        caption=f"{sum(map(len, groups.values()))} networks trained as published. Each small dot is one run; large dot: mean; bar: range of the runs, not an interval.",
    )


def _range(label: str, losses: list[float]) -> IntervalRow:
    return IntervalRow(label=label, value=fmean(losses), low=min(losses), high=max(losses), points=losses)
