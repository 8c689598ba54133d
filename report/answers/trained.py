"""The networks of the experiment `epochs`, as several answers read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from report.answers.curves import slope_per_ten_epochs, up_to
from report.conclude.statistics import Estimate, mean_with_t_interval
from report.experiments.epochs import PRINTED_EPOCHS, EpochsResults
from report.experiments.training import Curve
from report.record.reader import Arm, NoRecords, Records

FALL = -0.003
"""Nats per ten epochs: at this rate the test loss takes a hundred epochs to fall by a tenth of its size, which counts as standing still."""


def hundred_epochs(records: Records, name: str) -> Arm[EpochsResults]:
    """Return the runs of a hundred epochs, `as_published` or `from_logits`."""
    return records.arm("epochs", name, EpochsResults)


def printed_epochs(records: Records, name: str) -> Arm[Curve]:
    """Return the training of every seed, `as_published` or `from_logits`, up to where the notebook's print breaks off."""
    found: list[Arm[EpochsResults]] = []
    for arm in (name, f"{name}_short"):
        try:
            found.append(records.arm("epochs", arm, EpochsResults))
        except NoRecords:
            continue  # a small report has too few seeds for short runs
    curves = {seed: run.curve for arm in found for seed, run in arm.by_seed.items()}
    if not curves:
        raise NoRecords(f"epochs: {name}")
    epochs = min(PRINTED_EPOCHS, *(len(curve.test_loss) for curve in curves.values()))
    ids = {seed: id for arm in found for seed, id in arm.ids.items()}
    return Arm(curves, ids, found[0].parameters).each(lambda curve: up_to(curve, epochs))


def slopes(
    records: Records,
    value: Callable[[Curve], Sequence[float]],
    spans: Iterable[tuple[int, int]],
    *,
    unit: str,
    scale: float = 1.0,
) -> tuple[Estimate, ...]:
    """Estimate the slopes of a per-epoch quantity, trained from logits, over spans given by their first and last epochs."""
    arm = hundred_epochs(records, "from_logits")
    if min(len(run.curve.test_loss) for run in arm.results) < max(last for _, last in spans):
        raise NoRecords("epochs: no run has a hundred epochs")
    return tuple(
        mean_with_t_interval(
            [scale * slope_per_ten_epochs(value(run.curve), first, last) for run in arm.results],
            unit=unit,
            signed=True,
            method="Student t over each seed's slope",
            records=arm.records,
        )
        for first, last in spans
    )
