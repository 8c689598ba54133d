"""Question 2, the learning rates that the held-out images chose, by batch size and budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from report.answers.answer import FigureSpec, Findings, TableSpec, if_assessed, table_of
from report.answers.charts import Series, line_chart
from report.answers.curves import PERCENT, middle_and_range
from report.answers.q2 import answer
from report.answers.q2.budgets import LABELS, all_arms, arm_of, final_test_accuracy, over_batch_sizes
from report.answers.q2.estimates import three_figures
from report.answers.q2.levels import runs_of
from report.conclude.statistics import Estimate, exact
from report.experiments.batch_size import BATCH_SIZES, BUDGETS, RATES, BatchSizeResults
from report.experiments.batch_target import HIDDEN, TargetResults
from report.experiments.tuning import COLLAPSED, TuningResult
from report.record.reader import Arm, NoRecords, Records

Tried = TypeVar("Tried", TuningResult, TargetResults)


def tried_rates(records: Records, budget: str, batch_size: int) -> list[float]:
    """Return the learning rates that were tried, in order."""
    return _rates_of(records.arms("batch_size", TuningResult, role="trial", budget=budget, batch_size=batch_size))


def tried_to_the_target(records: Records, batch_size: int, model: str = "relu1") -> list[float]:
    """Return the learning rates that were tried on the way to the target, in order."""
    about = {"hidden": list(HIDDEN[model]), "batch_size": batch_size}
    return _rates_of(records.arms("batch_target", TargetResults, role="trial", **about))


def _rates_of(trials: list[Arm[Tried]]) -> list[float]:
    if not trials:
        raise NoRecords("trials of learning rates")
    return sorted({arm.results[0].learning_rate for arm in trials})


@answer.number("rates-at-an-edge")
def rates_at_an_edge(records: Records) -> Estimate:
    """Count the chosen learning rates that lie at an end of what was tried: the search was too narrow there."""
    searches = [
        (arm_of(records, budget, size).results[0].learning_rate, tried_rates(records, budget, size))
        for budget in BUDGETS
        for size in RATES[budget]
    ] + [
        (runs_of(records, "relu1", size).results[0].learning_rate, tried_to_the_target(records, size))
        for size in BATCH_SIZES
    ]
    return _at_an_edge(searches)


@answer.number("rates-at-an-edge-none")
def rates_at_an_edge_without_a_layer(records: Records) -> Estimate:
    """Count the same for the model without a hidden layer."""
    sizes = {size: runs_of(records, "none", size).results[0].learning_rate for size in BATCH_SIZES}
    return _at_an_edge([(chosen, tried_to_the_target(records, size, "none")) for size, chosen in sizes.items()])


def _at_an_edge(searches: Sequence[tuple[float, Sequence[float]]]) -> Estimate:
    count = sum(chosen in (tried[0], tried[-1]) for chosen, tried in searches)
    return exact(count, unit="rates", n=len(searches), n_of="searches")


@answer.number("rate-growth-epochs", arm_of, "epochs", BATCH_SIZES[-1])
@answer.number("rate-growth-target", runs_of, "relu1", BATCH_SIZES[-1])
@answer.number("rate-growth-epochs-1024", arm_of, "epochs", 1024)
@answer.number("rate-growth-target-1024", runs_of, "relu1", 1024)
def rate_growth(
    records: Records, arm_at: Callable[[Records, str, int], Arm[Any]], name: str, batch_size: int
) -> Estimate:
    """Return the chosen rate of a batch size over that of the smallest."""
    smallest, largest = (arm_at(records, name, size).results[0].learning_rate for size in (BATCH_SIZES[0], batch_size))
    return exact(largest / smallest, unit="ratio", n=2, n_of="batch sizes", digits=0)


@answer.figure("q2-rate-accuracy")
def accuracy_against_rate(records: Records, findings: Findings) -> FigureSpec:
    """Draw the held-out accuracy of the trials against their learning rate, one line for each batch size."""
    tried = {
        batch_size: records.arms("batch_size", TuningResult, role="trial", budget="epochs", batch_size=batch_size)
        for batch_size in BATCH_SIZES
    }
    series = [_trial_line(batch_size, arms) for batch_size, arms in tried.items()]
    found = "; ".join(
        f"{line.label}: " + ", ".join(f"{y:.1f} % at {x:g}" for x, y in zip(line.x, line.y, strict=True))
        for line in series
    )
    return FigureSpec(
        chart=line_chart(*series, x_label="learning rate", y_label="held-out images recognised (%)", x_scale="log"),
        title=if_assessed(
            findings["Q2.5"],
            _trials_title([line.y for line in series]),
            withheld="Held-out accuracy against the learning rate",
        ),
        alt=f"Held-out accuracy by learning rate. {found}.",
        caption="Trials that chose the learning rates: ten epochs, 10,000 held-out training images, mean and range of "
        f"{len(tried[BATCH_SIZES[0]][0].results)} seeds. A rate at which fewer than half of the images are recognised has broken the "
        "network, and is given up after three epochs.",
    )


def _trial_line(batch_size: int, arms: Sequence[Arm[TuningResult]]) -> Series:
    """Return mean and range of the held-out accuracy over the seeds of each rate; a diverged trial recognises nothing."""
    if not arms:
        raise NoRecords(f"batch_size: trials of epochs-{batch_size}")
    found = {
        arm.results[0].learning_rate: [PERCENT * (run.validation_accuracy or 0.0) for run in arm.results]
        for arm in arms
    }
    return middle_and_range(f"batch size {batch_size:,}", dict(sorted(found.items())))


def _trials_title(accuracies: Sequence[Sequence[float]]) -> str:
    """State how much the rate matters, apart from rates that break the network; accuracies in percent, by batch size."""
    trained = [[value for value in line if value >= PERCENT * COLLAPSED] for line in accuracies]
    spread = max((max(line) - min(line) for line in trained if line), default=0.0)
    if sum(map(len, trained)) == sum(map(len, accuracies)):
        return f"The choice of the learning rate changes accuracy by up to {spread:.1f} points"
    return f"A learning rate that is too large breaks the network; the choice among the others changes accuracy by up to {spread:.1f} points"


@answer.figure("q2-rates")
def rates_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw the chosen learning rates against batch size, with linear and square-root scaling from batch size 64."""
    arms = {budget: all_arms(records, budget) for budget in BUDGETS}
    to_target = {batch_size: runs_of(records, "relu1", batch_size) for batch_size in BATCH_SIZES}
    x = [float(batch_size) for batch_size in BATCH_SIZES]
    series = [over_batch_sizes(LABELS[b], found, lambda run: run.learning_rate) for b, found in arms.items()]
    series.append(
        Series(label="fewest updates to 0.3 nats", x=x, y=[arm.results[0].learning_rate for arm in to_target.values()])
    )
    start = series[0].y[0]
    guides = [
        Series(label=label, x=x, y=[start * (b / x[0]) ** power for b in x], role="reference")
        for label, power in (("linear scaling", 1.0), ("square-root scaling", 0.5))
    ]
    chosen = "; ".join(
        f"{s.label}: " + ", ".join(f"{rate:g} at {b:.0f}" for b, rate in zip(s.x, s.y, strict=True)) for s in series
    )
    return FigureSpec(
        chart=line_chart(*series, *guides, x_label="batch size", y_label="learning rate", x_scale="log", y_scale="log"),
        title=_scaling_title(series[0].y, findings),
        alt=f"Chosen learning rates against batch size. {chosen}.",
        caption="Chosen on three seeds: under equal epochs and updates by accuracy on 10,000 held-out images, among rates a factor of "
        "about three apart; for the way to a training loss by fewest updates to 0.3 nats, among rates a factor of 1.5 to 2 apart. Grey, steep: "
        "rates in proportion to the batch. Grey, flat: in proportion to its square root. Both start from the rate of batches of "
        f"{x[0]:.0f} under equal epochs.",
    )


def _scaling_title(rates: list[float], findings: Findings) -> str:
    """State how the best rate grows with the batch; where verdicts are withheld, so is this."""
    growth, batches = rates[-1] / rates[0], BATCH_SIZES[-1] / BATCH_SIZES[0]
    how = "far less than" if growth < batches / 10 else "about" if growth < batches * 10 else "far more than"
    found = f"While the batch grows {batches:.0f}-fold, the best rate for ten epochs grows {growth:.0f}-fold: {how} in proportion"
    return if_assessed(findings["Q2.5"], found, withheld="Chosen learning rate by batch size")


@answer.table("q2-settings")
def settings(records: Records, findings: Findings) -> TableSpec:
    """List, for each budget and batch size, the chosen rate and where training ended."""

    def rates_tried(arm: Arm[BatchSizeResults]) -> str:
        tried = tried_rates(records, arm.parameters["budget"], arm.parameters["batch_size"])
        at_an_end = arm.results[0].learning_rate in (tried[0], tried[-1])
        return f"{tried[0]:g} to {tried[-1]:g}" + (" (at an end)" if at_an_end else "")

    return table_of(
        [arm for budget in BUDGETS for arm in all_arms(records, budget).values()],
        {
            "budget": lambda arm: LABELS[arm.parameters["budget"]],
            "batch size": lambda arm: arm.parameters["batch_size"],
            "rates tried": rates_tried,
            "rate chosen": lambda arm: arm.results[0].learning_rate,
            "updates": lambda arm: arm.results[0].num_updates,
            "epochs": lambda arm: round(arm.mean(lambda run: run.epochs[-1]), 1),
            "training loss (nats)": lambda arm: round(arm.mean(lambda run: run.train_loss[-1]), 2),
            "test accuracy (%)": lambda arm: three_figures(arm.mean(final_test_accuracy) * PERCENT),
        },
        title="Learning rates, and where training ended",
        caption="Learning rates tried and chosen, and where training ended. Means over seeds; training loss with the weights fixed. "
        "“At an end”: the chosen rate is the lowest or the highest that was tried, so a rate beyond it may be better.",
    )
