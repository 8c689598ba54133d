"""Question 2, training to one training loss: epochs, updates and seconds by batch size."""

from __future__ import annotations

import numpy as np

from report.answers.answer import Cell, FigureSpec, Findings, TableSpec, by_verdict
from report.answers.charts import Series, stacked
from report.answers.curves import middle_and_range
from report.answers.q2 import answer
from report.answers.q2.budgets import over_batch_sizes
from report.answers.q2.estimates import product, three_figures
from report.answers.q2.levels import LARGE, LEVEL, LEVELS, SMALL, at_the_level, large_over_small, moments, runs_of
from report.answers.q2.optimum import critical_batch_size, sizes_by_speed, slower_than_fastest, step_rounds, step_times
from report.conclude.interval_rules import Below
from report.conclude.rules import Conditions
from report.conclude.statistics import Estimate, exact, log_ratio
from report.experiments.batch_cost import BatchCostResults
from report.experiments.batch_size import BATCH_SIZES
from report.record.reader import NoRecords, Records


@answer.claim(
    "Q2.8",
    "Large batches may converge faster.",
    Conditions({"epochs": Below(1.0), "updates": Below(1.0), "seconds": Below(1.0)}),
    place="Q2, generalisation and conclusion",
    note="Seconds are updates times the time of a step, which is measured alone (Q2.2). Sizes between the two can be faster than both.",
    constants={"level": LEVEL, "small": SMALL, "large": LARGE},
)
def cost_of_the_level(records: Records) -> tuple[Estimate, Estimate, Estimate]:
    """Epochs, updates and seconds to a training loss of {level} nats, batch size {large} over {small}, each at its own rate."""
    epochs = large_over_small(records, lambda moment: moment.epochs)
    updates = large_over_small(records, lambda moment: moment.updates)
    rounds = step_rounds(records)
    ids = records.arm("batch_cost", "steps", BatchCostResults).records
    return epochs, updates, product(updates, log_ratio(rounds[LARGE], rounds[SMALL], records=ids))


answer.see(
    "Q2.15",
    "Small batches might need more epochs to converge.",
    "Q2.8",
    place="Q2, conclusion",
    note="It is the reverse of that row's condition “epochs”: refuted there means that small batches need fewer epochs, not more.",
)


@answer.number("epochs-to-level-small", SMALL)
@answer.number("epochs-to-level-large", LARGE)
def epochs_to_the_level(records: Records, batch_size: int) -> Estimate:
    """Estimate the epochs that one batch size takes to the level."""
    return at_the_level(records, batch_size, lambda moment: moment.epochs, "epochs")


@answer.number("target-not-reached")
def not_reached(records: Records) -> Estimate:
    """Count the runs that ended above their target, over all batch sizes."""
    runs = [run for batch_size in BATCH_SIZES for run in runs_of(records, "relu1", batch_size).results]
    missed = sum(run.updates_to_target is None for run in runs)
    return exact(missed, unit="runs", n=len(runs), n_of="runs")


@answer.figure("q2-card")
@answer.figure("q2-target")
def against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw seconds, epochs and updates to the level against batch size, with the law of the critical batch size."""
    arms = {b: arm for b in BATCH_SIZES if (arm := moments(records, "relu1", b)).by_seed}
    if not arms:
        raise NoRecords("no run reached the level")
    times = step_times(records)
    epochs = over_batch_sizes("epochs", arms, lambda moment: moment.epochs)
    updates = over_batch_sizes("updates", arms, lambda moment: moment.updates)
    seconds = middle_and_range(
        "seconds", {b: np.array(arm.values(lambda moment: moment.updates)) * times[b] for b, arm in arms.items()}
    )
    panels = {
        "seconds to the loss": [seconds],
        "epochs to the loss": [epochs, *_law(epochs)],
        "updates to the loss": [updates, _perfect_scaling(updates)],
    }
    return FigureSpec(
        chart=stacked(panels, x_label="batch size", x_scale="log", y_scale="log"),
        title=by_verdict(
            findings["Q2.8"],
            **dict.fromkeys(("supported", "refuted", "depends"), _fastest_sizes(records)),
            withheld=f"Seconds, epochs and updates to a training loss of {LEVEL} nats",
        ),
        alt="Seconds to the loss: " + _listed(seconds, ".2f") + ". Epochs: " + _listed(epochs, ".1f") + ".",
        caption=(
            f"784-128-10 network, each batch size at the learning rate that takes the fewest updates to 0.3 nats, "
            f"{len(next(iter(arms.values())).results)} seeds; line: mean, band: range. Seconds are updates times the time of a "
            "step measured alone. Grey, middle: the fitted formula of the critical batch size. Grey, bottom: updates if every "
            "doubling of the batch halved them. Batches of 4096 were not trained that far."
        ),
    )


def _fastest_sizes(records: Records) -> str:
    """Name the batch sizes that no paired interval tells from the fastest, and how much longer the others take."""
    fast, slow = sizes_by_speed(records)
    verb = "are about equally fast" if len(fast) > 1 else "is the fastest"
    found = f"{_joined(fast)} {verb} to a training loss of {LEVEL} nats"
    if not slow:
        return found
    factors = sorted(f"{slower_than_fastest(records, size).value:.1f}" for size in slow)
    span = factors[0] if factors[0] == factors[-1] else f"{factors[0]} to {factors[-1]}"
    return f"{found}; {_joined(slow)} {'take' if len(slow) > 1 else 'takes'} {span} times as long"


def _joined(sizes: list[int]) -> str:
    *others, last = map(str, sizes)
    return f"{', '.join(others)} and {last}" if others else last


def _listed(series: Series, digits: str) -> str:
    return ", ".join(f"{y:{digits}} at batch size {x:.0f}" for x, y in zip(series.x, series.y, strict=True))


def _law(epochs: Series) -> list[Series]:
    """Draw E = E_min (1 + B / B_crit) as fitted to the mean epochs; nothing if it can't be fitted."""
    fit = critical_batch_size({int(x): y for x, y in zip(epochs.x, epochs.y, strict=True)})
    if fit is None:
        return []
    y = [fit.lowest_epochs * (1 + size / fit.batch_size) for size in epochs.x]
    return [Series(label="fitted formula", x=epochs.x, y=y, role="reference")]


def _perfect_scaling(updates: Series) -> Series:
    y = [updates.y[0] * updates.x[0] / size for size in updates.x]
    return Series(label="half for every doubling", x=updates.x, y=y, role="reference")


@answer.table("q2-to-target")
def to_the_levels(records: Records, findings: Findings) -> TableSpec:
    """List what each batch size takes to each level of the training loss."""
    times = step_times(records)
    rows: list[list[Cell]] = []
    for batch_size in BATCH_SIZES:
        runs = runs_of(records, "relu1", batch_size).results
        for level in LEVELS:
            reached = moments(records, "relu1", batch_size, level)
            tried = bool(reached.by_seed) or level >= runs[0].target
            row: list[Cell] = [batch_size, runs[0].learning_rate, level]
            row.append(f"{len(reached.by_seed)} of {len(runs)}" if tried else "not tried")
            if reached.by_seed:
                updates, epochs = reached.mean(lambda m: m.updates), reached.mean(lambda m: m.epochs)
                cells = [three_figures(epochs), round(updates), three_figures(updates * times[batch_size])]
                rows.append([*row, *cells])
            else:
                rows.append([*row, "–", "–", "–"])
    return TableSpec(
        title="What each batch size takes to the same loss",
        caption="What training takes to each training loss: means over the seeds that reach it.",
        columns=["batch size", "rate chosen", "training loss (nats)", "reached", "epochs", "updates", "seconds"],
        rows=rows,
    )
