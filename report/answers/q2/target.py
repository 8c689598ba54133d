"""Question 2, training to a fixed validation error: epochs, updates and seconds by batch size, with and without a layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, by_verdict
from report.answers.charts import LineChart, Panel, Series
from report.answers.curves import PERCENT, paired_difference
from report.answers.q2 import answer
from report.answers.q2.estimates import paired_ratio
from report.conclude.rules import Above, Below
from report.conclude.statistics import Estimate, exact, mean_with_t_interval
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.batch_target import HIDDEN, TargetResults
from report.record.reader import Arm, NoRecords, Records

SMALL, LARGE = 16, 1024
LABELS = {"relu1": "one ReLU layer", "none": "no hidden layer"}


def all_runs(records: Records, model: str, batch_size: int) -> Arm[TargetResults]:
    """Return the runs of one model at one batch size, those that never reached the target among them."""
    return records.select("batch_target", TargetResults, hidden=list(HIDDEN[model]), batch_size=batch_size)


def runs_that_reached(records: Records, model: str, batch_size: int) -> Arm[TargetResults]:
    """Return the runs that reached the target."""
    return all_runs(records, model, batch_size).where(lambda run: run.reached)


def _updates(run: TargetResults) -> float:
    return float(run.num_updates)


def _epochs(run: TargetResults) -> float:
    return run.epochs


def _seconds(run: TargetResults) -> float:
    return run.seconds


def large_over_small(value: Callable[[TargetResults], float]) -> Callable[[Records], Estimate]:
    """Make a measure of what the large batch takes to the target, over what the small one takes."""

    def measure(records: Records) -> Estimate:
        large, small = (runs_that_reached(records, "relu1", batch_size) for batch_size in (LARGE, SMALL))
        return paired_ratio(large, small, value)

    return measure


@answer.claim("Q2.15", "Small batches need more epochs.", Above(), constants={"small": SMALL, "large": LARGE})
def epochs_small_minus_large(records: Records) -> Estimate:
    """Epochs to the validation target, batch size {small} minus {large}, rates tuned."""
    small, large = (runs_that_reached(records, "relu1", batch_size) for batch_size in (SMALL, LARGE))
    return paired_difference(small, large, _epochs, unit="epochs")


def taken(value: Callable[[TargetResults], float], batch_size: int, unit: str) -> Callable[[Records], Estimate]:
    """Make a measure of what one batch size takes to the target."""

    def measure(records: Records) -> Estimate:
        arm = runs_that_reached(records, "relu1", batch_size)
        if not arm.by_seed:
            raise NoRecords(f"batch size {batch_size} never reached the target")
        return mean_with_t_interval(arm.values(value), unit=unit, records=arm.records)

    return measure


def target_error(model: str) -> Callable[[Records], Estimate]:
    """Make a measure of the target itself."""

    def measure(records: Records) -> Estimate:
        arm = all_runs(records, model, SMALL)
        percent = arm.results[0].target_error * PERCENT
        return exact(
            percent,
            unit="percent",
            n=len(arm.results),
            n_of="runs",
            digits=0,
            records=arm.records,
        )

    return measure


@answer.number("target-not-reached")
def not_reached(records: Records) -> Estimate:
    """Count the runs that ended without reaching the target, over both models and all batch sizes."""
    arms = [all_runs(records, model, batch_size) for model in HIDDEN for batch_size in BATCH_SIZES]
    runs = [run for arm in arms for run in arm.results]
    missed = sum(not run.reached for run in runs)
    ids = tuple(id for arm in arms for id in arm.records)
    return exact(missed, unit="runs", n=len(runs), n_of="runs", digits=0, records=ids)


@answer.figure("q2-target")
def against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw updates, epochs and seconds to the target against batch size, with perfect scaling as a guide."""
    arms = {
        batch_size: arm
        for batch_size in BATCH_SIZES
        if (arm := runs_that_reached(records, "relu1", batch_size)).by_seed
    }
    if not arms:
        raise NoRecords("no run reached the target")
    panels = [
        Panel(
            series=[_line(arms, value, label), *guides],
            x_label="batch size",
            y_label=f"{label} to the target",
            x_scale="log",
            y_scale="log",
        )
        for label, value, guides in (
            ("updates", _updates, [_perfect_scaling(arms)]),
            ("epochs", _epochs, []),
            ("seconds", _seconds, []),
        )
    ]
    missing = sum(not run.reached for b in BATCH_SIZES for run in all_runs(records, "relu1", b).results)
    updates, epochs = panels[0].series[0], panels[1].series[0]
    return FigureSpec(
        chart=LineChart(panels=panels),
        title=by_verdict(
            findings["Q2.8b"],
            supported="Larger batches reach the target in fewer updates" + _in_proportion(findings),
            refuted="Larger batches do not save updates on the way to the target",
            undetermined="Whether larger batches save updates on the way to the target is not settled",
            withheld="Updates, epochs and seconds to a fixed validation error",
        ),
        alt=(
            f"From batch size {updates.x[0]:.0f} to {updates.x[-1]:.0f}, updates to the target go from {updates.y[0]:,.0f} to "
            f"{updates.y[-1]:,.0f} and epochs from {epochs.y[0]:.1f} to {epochs.y[-1]:.1f}."
        ),
        caption=(
            f"Means over {len(next(iter(arms.values())).results)} seeds; bands: their range. Grey: perfect scaling, where twice the "
            f"batch halves the updates. {missing} runs did not reach the target and are left out."
        ),
        records=tuple(id for arm in arms.values() for id in arm.records),
    )


def _in_proportion(findings: Findings) -> str:
    """Say whether the updates saved are in proportion to the batch, which the number of epochs tells."""
    return by_verdict(
        findings["Q2.8a"],
        supported=", and in fewer epochs too",
        refuted=", but not in proportion: they go through the images more often",
        undetermined="",
        withheld="",
    )


def _line(arms: dict[int, Arm[TargetResults]], value: Callable[[TargetResults], float], label: str) -> Series:
    values = [np.array(arm.values(value)) for arm in arms.values()]
    return Series(
        label=label,
        x=[float(batch_size) for batch_size in arms],
        y=[float(v.mean()) for v in values],
        low=[float(v.min()) for v in values],
        high=[float(v.max()) for v in values],
    )


def _perfect_scaling(arms: dict[int, Arm[TargetResults]]) -> Series:
    x = [float(batch_size) for batch_size in arms]
    start = float(np.mean(arms[min(arms)].values(_updates)))
    return Series(label="perfect scaling", x=x, y=[start * x[0] / b for b in x], role="reference")


@answer.table("q2-to-target")
def to_the_target(records: Records, findings: Findings) -> TableSpec:
    """List what each model takes to its target at each batch size."""
    rows: list[list[str | float | int]] = []
    ids: list[str] = []
    for model, label in LABELS.items():
        for batch_size in BATCH_SIZES:
            runs, reached = all_runs(records, model, batch_size), runs_that_reached(records, model, batch_size)
            numbers = [
                float(np.mean(reached.values(of))) if reached.by_seed else "–" for of in (_updates, _epochs, _seconds)
            ]
            share = f"{len(reached.results)} of {len(runs.results)}"
            rows.append([label, batch_size, runs.results[0].learning_rate, share, *numbers])
            ids += runs.records
    return TableSpec(
        caption="What training takes to the target error, means over the seeds that reach it.",
        columns=["model", "batch size", "rate chosen", "reached", "updates", "epochs", "seconds"],
        rows=rows,
        records=tuple(ids),
    )


answer.claim(
    "Q2.8a",
    "Large batches converge in fewer epochs.",
    Below(1.0),
    measured="epochs to the validation target, batch size {large} over {small}, rates tuned",
    constants={"small": SMALL, "large": LARGE},
)(large_over_small(_epochs))
answer.claim(
    "Q2.8b",
    "Large batches converge in fewer updates.",
    Below(1.0),
    measured="updates to the validation target, batch size {large} over {small}, rates tuned",
    constants={"small": SMALL, "large": LARGE},
)(large_over_small(_updates))
answer.claim(
    "Q2.8c",
    "Large batches converge in less time.",
    Below(1.0),
    note="Seconds were taken while other runs shared the machine, one thread each; they are noisier than the counts.",
    measured="training seconds to the validation target, batch size {large} over {small}, rates tuned",
    constants={"small": SMALL, "large": LARGE},
)(large_over_small(_seconds))
answer.number("target-epochs-small")(taken(_epochs, SMALL, "epochs"))
answer.number("target-epochs-large")(taken(_epochs, LARGE, "epochs"))
answer.number("target-error-with-layer")(target_error("relu1"))
answer.number("target-error-without")(target_error("none"))
