"""Part 1, what the printed loss tells of the network behind it: whether it lost a class, and when it finds it again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from statistics import fmean

import numpy as np

from fmnist_ref import CLASS_NAMES
from report.answers.answer import FigureSpec, Findings
from report.answers.charts import IntervalChart, IntervalRow, LineChart, Panel, Series
from report.answers.curves import PERCENT
from report.answers.part1 import answer
from report.answers.part1.modes import lost_classes
from report.answers.printed import printed
from report.answers.trained import printed_epochs, published_curves
from report.conclude.statistics import Estimate, exact, proportion
from report.experiments.epochs import PRINTED_EPOCHS
from report.experiments.training import Curve
from report.record.reader import NoRecords, Records

NEAREST = 10
"""Runs that are compared with the notebook's own, by their last printed loss."""
EARLY = 10
"""An epoch by which the first, steep fall of the loss is over."""


def printed_last_loss() -> float:
    """Return the last loss that the notebook printed in Part 1."""
    return printed("part1_epoch")[-1].value


def last_losses(records: Records) -> tuple[list[float], list[float]]:
    """Return the losses at the end of the printed epochs: of runs that lost a class, and of runs that learnt all ten."""
    arm = printed_epochs(records, "as_published")
    if len(arm.results[0].mean_of_batch_means) < PRINTED_EPOCHS:
        raise NoRecords("epochs: no run has as many epochs as the notebook printed")
    lost = [curve.mean_of_batch_means[-1] for curve in arm.results if lost_classes(curve)]
    return lost, [curve.mean_of_batch_means[-1] for curve in arm.results if not lost_classes(curve)]


@answer.number("notebook-last-loss")
def notebook_last_loss(records: Records) -> Estimate:
    """Return the last loss that the notebook printed."""
    return exact(printed_last_loss(), unit="nats", n=1, n_of="printed losses", digits=4)


@answer.number("nearest-lost")
def lost_among_the_nearest(records: Records) -> Estimate:
    """Count, of the ten runs whose loss is nearest to the notebook's last, those that lost a class."""
    lost, learnt = last_losses(records)
    runs = [
        (abs(loss - printed_last_loss()), is_lost)
        for losses, is_lost in ((lost, True), (learnt, False))
        for loss in losses
    ]
    nearest = sorted(runs)[:NEAREST]
    return exact(sum(is_lost for _, is_lost in nearest), unit="runs", n=len(nearest), n_of="runs")


@answer.figure("part1-last-loss")
def last_loss(records: Records, findings: Findings) -> FigureSpec:
    """Draw each run's loss at the last printed epoch, by whether it lost a class, and the notebook's."""
    lost, learnt = last_losses(records)
    notebook = printed_last_loss()
    rows = [_range(label, losses) for label, losses in (("a class lost", lost), ("all ten learnt", learnt)) if losses]
    rows.append(_range("the notebook's run", [notebook]))
    in_lost, in_learnt = (bool(losses) and min(losses) <= notebook <= max(losses) for losses in (lost, learnt))
    title = "The notebook's last printed loss does not tell whether its network lost a class"
    if in_lost != in_learnt:
        kind = "lost a class" if in_lost else "learnt all ten classes"
        title = f"The notebook's last printed loss fits a network that {kind}"
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label=f"loss printed after epoch {PRINTED_EPOCHS} (nats)", zero=None),
        title=title,
        alt="Printed loss: "
        + "; ".join(
            f"{r.label}, {r.value:.4f} nats" + (f" ({r.low:.4f} to {r.high:.4f})" if r.low < r.high else "")
            for r in rows
        )
        + ".",
        caption=f"{len(lost) + len(learnt)} networks trained as published. Each small dot is one run; large dot: mean; bar: range of the runs, not an interval.",
    )


def _range(label: str, losses: list[float]) -> IntervalRow:
    return IntervalRow(label=label, value=fmean(losses), low=min(losses), high=max(losses), points=losses)


def regained(curve: Curve, after: int = PRINTED_EPOCHS) -> list[tuple[int, int]]:
    """List the classes that are never predicted after some epoch, but after the last: each with the epoch of its return."""
    if len(curve.predicted) <= after:
        return []
    counts = np.array(curve.predicted)
    before = counts[after - 1] == 0
    return [
        (int(label), int(np.flatnonzero(counts[:, label] == 0)[-1]) + 2)
        for label in np.flatnonzero(before & (counts[-1] > 0))
    ]


def _had_lost_a_class(curve: Curve) -> bool:
    return len(curve.predicted) > PRINTED_EPOCHS and 0 in curve.predicted[PRINTED_EPOCHS - 1]


@answer.number("regained")
def share_regained(records: Records) -> Estimate:
    """Estimate the share of runs that lost a class within the printed epochs and predict it after a hundred."""
    losing = published_curves(records).where(_had_lost_a_class)
    if not losing.by_seed:
        raise NoRecords("epochs: no run of a hundred epochs lost a class")
    return proportion(sum(bool(regained(c)) for c in losing.results), len(losing.results), records=losing.records)


@answer.figure("part1-recovery")
def recovery(records: Records, findings: Findings) -> FigureSpec:
    """Draw every run of a hundred epochs as published: its loss and its accuracy, with the runs that find a class again on top."""
    arm = published_curves(records)
    returns = {seed: found for seed, curve in sorted(arm.by_seed.items()) if (found := regained(curve))}
    first = min(returns, key=lambda seed: returns[seed][0][1], default=None)
    losing = arm.where(_had_lost_a_class)
    early = [seed for seed, curve in sorted(arm.by_seed.items()) if seed not in returns and regained(curve, EARLY)]
    panels = [
        Panel(series=_runs(arm.by_seed, returns, values), x_label="epoch", y_label=label)
        for label, values in (
            ("loss as printed (nats)", lambda c: c.mean_of_batch_means),
            ("test accuracy (%)", lambda c: [PERCENT * a for a in c.test_accuracy]),
        )
    ]
    return FigureSpec(
        chart=LineChart(panels=panels),
        title=(
            "No network found a lost class again within these epochs"
            if first is None
            else f"{len(returns)} of {len(losing.by_seed)} networks found a lost class again, with a kink in the loss: "
            f"{CLASS_NAMES[returns[first][0][0]]}, at epoch {returns[first][0][1]} of seed {first}"
        ),
        alt=(
            f"Two panels, loss and test accuracy of {len(arm.by_seed)} runs as published. "
            + ("In none is a lost class predicted again." if first is None else "")
            + " ".join(
                f"Seed {seed} predicts {CLASS_NAMES[label]} again from epoch {epoch} on; its test accuracy goes from "
                f"{PERCENT * arm.by_seed[seed].test_accuracy[epoch - 2]:.1f} % to {PERCENT * arm.by_seed[seed].test_accuracy[-1]:.1f} %."
                for seed, found in returns.items()
                for label, epoch in found
            )
        ),
        caption=(
            "As published, one line a run. Coloured: runs that never predicted some class after the epochs that the notebook printed, "
            "and predict it at the end. Grey: all others"
            + (
                f"; seed {' and '.join(map(str, early))} found a class again before that, with a kink of its own."
                if early
                else "."
            )
        ),
    )


def _runs(
    curves: Mapping[int, Curve], returns: Collection[int], values: Callable[[Curve], list[float]]
) -> list[Series]:
    """Draw one line for each run, those in `returns` last and in colour."""
    return [
        Series(
            label=f"seed {seed}" if seed in returns else "",
            x=[float(epoch) for epoch in range(1, len(values(curve)) + 1)],
            y=list(values(curve)),
            role="line" if seed in returns else "reference",
        )
        for seed, curve in sorted(curves.items(), key=lambda item: item[0] in returns)
    ]
