"""Part 1, what the printed loss tells of the network behind it: whether it lacks a class, and when it learns it after all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from statistics import fmean

import numpy as np

from fmnist_ref import CLASS_NAMES
from report.answers.answer import FigureSpec, Findings
from report.answers.charts import IntervalChart, IntervalRow, LineChart, Panel, Series
from report.answers.curves import PERCENT, at_the_end
from report.answers.part1 import answer
from report.answers.part1.modes import missing_classes
from report.answers.printed import printed
from report.answers.trained import hundred_epochs, printed_epochs, published_curves
from report.conclude.statistics import Estimate, exact, proportion, with_range
from report.experiments.epochs import PRINTED_EPOCHS, EpochsResults
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
        alt="Printed loss: "
        + "; ".join(
            f"{r.label}, {r.value:.4f} nats" + (f" ({r.low:.4f} to {r.high:.4f})" if r.low < r.high else "")
            for r in rows
        )
        + ".",
        caption=f"{sum(map(len, groups.values()))} networks trained as published. Each small dot is one run; large dot: mean; bar: range of the runs, not an interval.",
    )


def _range(label: str, losses: list[float]) -> IntervalRow:
    return IntervalRow(label=label, value=fmean(losses), low=min(losses), high=max(losses), points=losses)


def learnt_late(curve: Curve, after: int = PRINTED_EPOCHS) -> list[tuple[int, int]]:
    """List the classes that are missing after some epoch and predicted after the last: each with the epoch from which on."""
    if len(curve.predicted) <= after:
        return []
    counts = np.array(curve.predicted)
    before = counts[after - 1] == 0
    return [
        (int(label), int(np.flatnonzero(counts[:, label] == 0)[-1]) + 2)
        for label in np.flatnonzero(before & (counts[-1] > 0))
    ]


def _lacked_a_class(curve: Curve) -> bool:
    return len(curve.predicted) > PRINTED_EPOCHS and 0 in curve.predicted[PRINTED_EPOCHS - 1]


@answer.number("learnt-late")
def share_learnt_late(records: Records) -> Estimate:
    """Estimate the share of runs that lack a class after the printed epochs, of which they predict one after a hundred."""
    lacking = published_curves(records).where(_lacked_a_class)
    if not lacking.by_seed:
        raise NoRecords("epochs: no run of a hundred epochs lacked a class")
    return proportion(sum(bool(learnt_late(c)) for c in lacking.results), len(lacking.results), records=lacking.records)


@answer.number("missing-early", EARLY)
@answer.number("missing-printed", PRINTED_EPOCHS)
def share_lacking_a_class(records: Records, epoch: int) -> Estimate:
    """Estimate the share of runs as published that lack a class after an epoch."""
    arm = printed_epochs(records, "as_published")
    if len(arm.results[0].predicted) < epoch:
        raise NoRecords(f"epochs: no run has {epoch} epochs")
    return proportion(sum(0 in curve.predicted[epoch - 1] for curve in arm.results), len(arm.results))


@answer.number("predicted-before")
def share_predicted_before(records: Records) -> Estimate:
    """Estimate the share of runs as published that had predicted, after an earlier epoch, a class that they lack in the end."""
    arm = printed_epochs(records, "as_published")
    counts = [np.array(curve.predicted) for curve in arm.results]
    return proportion(sum(bool(found[:, found[-1] == 0].any()) for found in counts), len(counts))


def _last_loss(run: EpochsResults) -> float:
    return run.curve.train_loss[-1]


def _true_class_log_loss(run: EpochsResults) -> float:
    return run.inspection.true_class_log_loss


def _accuracy(run: EpochsResults) -> float:
    return PERCENT * at_the_end(run.curve.test_accuracy)


@answer.number("published-last-loss-missing", "nats", 3, _last_loss, True)
@answer.number("published-last-loss-learnt", "nats", 3, _last_loss, False)
@answer.number("published-true-loss-missing", "nats", 2, _true_class_log_loss, True)
@answer.number("published-true-loss-learnt", "nats", 2, _true_class_log_loss, False)
@answer.number("published-accuracy-missing", "percent", 1, _accuracy, True)
@answer.number("published-accuracy-learnt", "percent", 1, _accuracy, False)
def of_those_that_lack_a_class(
    records: Records, unit: str, digits: int, value: Callable[[EpochsResults], float], lacking: bool
) -> Estimate:
    """Return a mean and the range over the runs of a hundred epochs that lack a class at the end, or over those that don't."""
    arm = hundred_epochs(records, "as_published").where(lambda run: bool(missing_classes(run.curve)) == lacking)
    if not arm.by_seed:
        raise NoRecords("epochs: no such run")
    return with_range(arm.values(value), unit=unit, n_of="runs", digits=digits, records=arm.records)


@answer.figure("part1-recovery")
def recovery(records: Records, findings: Findings) -> FigureSpec:
    """Draw every run of a hundred epochs as published: its loss and its accuracy, with those that learn a class late on top."""
    arm = published_curves(records)
    late = {seed: found for seed, curve in sorted(arm.by_seed.items()) if (found := learnt_late(curve))}
    first = min(late, key=lambda seed: late[seed][0][1], default=None)
    lacking = arm.where(_lacked_a_class)
    early = [seed for seed, curve in sorted(arm.by_seed.items()) if seed not in late and learnt_late(curve, EARLY)]
    panels = [
        Panel(series=_runs(arm.by_seed, late, values), x_label="epoch", y_label=label)
        for label, values in (
            ("loss as printed (nats)", lambda c: c.mean_of_batch_means),
            ("test accuracy (%)", lambda c: [PERCENT * a for a in c.test_accuracy]),
        )
    ]
    return FigureSpec(
        chart=LineChart(panels=panels),
        title=(
            "No network learnt a missing class after the printed epochs"
            if first is None
            else f"{len(late)} of {len(lacking.by_seed)} networks learnt a missing class after the printed epochs, with a kink in "
            f"the loss: {CLASS_NAMES[late[first][0][0]]}, at epoch {late[first][0][1]} of seed {first}"
        ),
        alt=(
            f"Two panels, loss and test accuracy of {len(arm.by_seed)} runs as published. "
            + ("In none is a missing class predicted later." if first is None else "")
            + " ".join(
                f"Seed {seed} predicts {CLASS_NAMES[label]} from epoch {epoch} on; its test accuracy goes from "
                f"{PERCENT * arm.by_seed[seed].test_accuracy[epoch - 2]:.1f} % to {PERCENT * arm.by_seed[seed].test_accuracy[-1]:.1f} %."
                for seed, found in late.items()
                for label, epoch in found
            )
        ),
        caption=(
            "As published, one line a run. Coloured: runs that never predicted some class after the epochs that the notebook printed, "
            "and predict it at the end. Grey: all others"
            + (
                f"; seed {' and '.join(map(str, early))} learnt its missing class before that, with a kink of its own."
                if early
                else "."
            )
        ),
    )


def _runs(curves: Mapping[int, Curve], late: Collection[int], values: Callable[[Curve], list[float]]) -> list[Series]:
    """Draw one line for each run, those in `late` last and in colour."""
    return [
        Series(
            label=f"seed {seed}" if seed in late else "",
            x=[float(epoch) for epoch in range(1, len(values(curve)) + 1)],
            y=list(values(curve)),
            role="line" if seed in late else "reference",
        )
        for seed, curve in sorted(curves.items(), key=lambda item: item[0] in late)
    ]
