"""The networks of the experiment `epochs`, as several answers read them."""

from __future__ import annotations

from report.answers.curves import up_to
from report.experiments.epochs import PRINTED_EPOCHS, EpochsResults
from report.experiments.training import Curve
from report.record.reader import Arm, NoRecords, Records


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
