"""The notebook's network over its epochs, as several answers read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from report.answers.curves import over_seeds, slope_per_ten_epochs, up_to
from report.answers.printed import Printed, printed
from report.conclude.rank_envelope import rank_envelope
from report.conclude.statistics import Estimate, mean_with_t_interval
from report.experiments.epochs import PRINTED_EPOCHS, EpochsResults
from report.experiments.training import Curve, TrainingResults
from report.record.reader import Arm, NoRecords, Records

FALL = -0.003
"""Nats per ten epochs: at this rate the test loss falls by a tenth of its size in a hundred epochs. Slower is standing still."""
BATCHES_PER_PRINT = 100


def hundred_epochs(records: Records, name: str) -> Arm[EpochsResults]:
    """Return the runs of a hundred epochs, `as_published` or `from_logits`."""
    return records.arm("epochs", name, EpochsResults)


def printed_epochs(records: Records, name: str) -> Arm[Curve]:
    """Return the training of every seed, `as_published` or `from_logits`, up to where the notebook's print breaks off."""
    arm = _joined(records, ("epochs", name), ("epochs", f"{name}_short"))
    epochs = min(PRINTED_EPOCHS, *(len(run.curve.test_loss) for run in arm.results))
    return arm.each(lambda run: up_to(run.curve, epochs))


def distance_of_print(records: Records, series: str, *, counted_as: str = "", **about: Any) -> Estimate:
    """Rank how far losses that the notebook printed lie from those of our seeds as published; a setting can count them."""
    arm = printed_epochs(records, "as_published")
    shared = [point for point in printed(series) if point.epoch <= len(arm.results[0].test_loss)]
    seeds = [[_loss_at(curve, point) for point in shared] for curve in arm.results]
    settings = {counted_as: len(shared)} if counted_as else {}
    return rank_envelope([point.value for point in shared], seeds, settings=settings, **about)


def _loss_at(curve: Curve, point: Printed) -> float:
    """Return what a run would have printed where the notebook did: after an epoch, or after a hundred batches."""
    if point.batch is None:
        return curve.mean_of_batch_means[point.epoch - 1]
    return curve.logged_loss[point.epoch - 1][point.batch // BATCHES_PER_PRINT - 1]


def last_test_loss(records: Records, name: str) -> Estimate:
    """Estimate the test loss after the last of a hundred epochs; as published, it is that which the loop would print."""
    return over_seeds(hundred_epochs(records, name), lambda run: run.curve.test_loss[-1], unit="nats")


def true_class_log_loss(records: Records, name: str) -> Estimate:
    """Estimate the log loss of the true class after the last of a hundred epochs."""
    return over_seeds(hundred_epochs(records, name), lambda run: run.inspection.true_class_log_loss, unit="nats")


def published_curves(records: Records) -> Arm[Curve]:
    """Return the training as published over a hundred epochs."""
    return hundred_epochs(records, "as_published").each(lambda run: run.curve)


def from_logits(records: Records) -> Arm[TrainingResults]:
    """Return the runs from logits over a hundred epochs; `capacity` trains the same network with further seeds."""
    return _joined(records, ("epochs", "from_logits"), ("capacity", "relu1"))


def curves_from_logits(records: Records) -> Arm[Curve]:
    """Return the training of the same runs."""
    return from_logits(records).each(lambda run: run.curve)


def _joined(records: Records, *names: tuple[str, str]) -> Arm[TrainingResults]:
    """Return several arms that train the same network as one arm; those without records are left out."""
    found = []
    for experiment, name in names:
        try:
            found.append(records.arm(experiment, name, TrainingResults))
        except NoRecords:
            continue  # a small report has too few seeds for the further runs
    if not found:
        raise NoRecords(f"{names[0][0]}: {names[0][1]}")
    return Arm(
        {seed: run for arm in found for seed, run in arm.by_seed.items()},
        {seed: id for arm in found for seed, id in arm.ids.items()},
        found[0].parameters,
    )


def slopes(
    records: Records,
    value: Callable[[Curve], Sequence[float]],
    spans: Iterable[tuple[int, int]],
    *,
    unit: str,
    scale: float = 1.0,
) -> tuple[Estimate, ...]:
    """Estimate the slopes of a per-epoch quantity, trained from logits, over spans given by their first and last epochs."""
    arm, spans = curves_from_logits(records), list(spans)
    if min(len(curve.test_loss) for curve in arm.results) < max(last for _, last in spans):
        raise NoRecords("epochs: no run has a hundred epochs")
    return tuple(
        mean_with_t_interval(
            [scale * slope_per_ten_epochs(value(curve), first, last) for curve in arm.results],
            unit=unit,
            signed=True,
            method="Student t over each seed's slope",
            records=arm.records,
            settings={f"span{number}": f"{first} to {last}"},
        )
        for number, (first, last) in enumerate(spans, start=1)
    )
