"""Part 1, late learning: when a network as published first predicts a class that it lacked, if it ever does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np

from fmnist_ref import CLASS_NAMES
from report.answers.answer import FigureSpec, Findings
from report.answers.charts import Series, stacked
from report.answers.curves import PERCENT, share_of
from report.answers.part1 import answer
from report.answers.trained import printed_epochs, published_curves
from report.conclude.statistics import Estimate
from report.experiments.epochs import PRINTED_EPOCHS
from report.experiments.training import Curve
from report.record.reader import NoRecords, Records

EARLY = 10
"""An epoch by which the first, steep fall of the loss is over."""


def learnt_late(curve: Curve, after: int = PRINTED_EPOCHS) -> list[tuple[int, int]]:
    """List the classes that are missing after some epoch and predicted after the last, each with the epoch from which it is."""
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
    """Estimate the share of runs that predict it after a hundred epochs, of those that lack a class after the printed ones."""
    lacking = published_curves(records).where(_lacked_a_class)
    if not lacking.by_seed:
        raise NoRecords("epochs: no run of a hundred epochs lacked a class")
    return share_of(lacking, learnt_late)


@answer.number("missing-early", EARLY)
@answer.number("missing-printed", PRINTED_EPOCHS)
def share_lacking_a_class(records: Records, epoch: int) -> Estimate:
    """Estimate the share of runs as published that lack a class after an epoch."""
    arm = printed_epochs(records, "as_published")
    if len(arm.results[0].predicted) < epoch:
        raise NoRecords(f"epochs: no run has {epoch} epochs")
    return share_of(arm, lambda curve: 0 in curve.predicted[epoch - 1])


@answer.number("predicted-before")
def share_predicted_before(records: Records) -> Estimate:
    """Estimate the share of runs that, after the printed epochs, lack a class which they had predicted after an earlier one."""
    counts = printed_epochs(records, "as_published").each(lambda curve: np.array(curve.predicted))
    return share_of(counts, lambda found: found[:, found[-1] == 0].any())


@answer.figure("part1-recovery")
def recovery(records: Records, findings: Findings) -> FigureSpec:
    """Draw every run of a hundred epochs as published: its loss and its accuracy, with those that learn a class late on top."""
    arm = published_curves(records)
    late = {seed: found for seed, curve in sorted(arm.by_seed.items()) if (found := learnt_late(curve))}
    first = min(late, key=lambda seed: late[seed][0][1], default=None)
    lacking = arm.where(_lacked_a_class)
    early = [seed for seed, curve in sorted(arm.by_seed.items()) if seed not in late and learnt_late(curve, EARLY)]
    panels = {
        "loss as printed (nats)": _runs(arm.by_seed, late, lambda c: c.mean_of_batch_means),
        "test accuracy (%)": _runs(arm.by_seed, late, lambda c: [PERCENT * a for a in c.test_accuracy]),
    }
    return FigureSpec(
        chart=stacked(panels, x_label="epoch"),
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
            f"As published, one line a run. Coloured: runs in which a class is missing after epoch {PRINTED_EPOCHS} and predicted at the "
            "end. Grey: all others"
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
