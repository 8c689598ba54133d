"""Question 2, what a step keeps in memory, by batch size."""

from __future__ import annotations

from collections.abc import Callable

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import LineChart, Panel, Series
from report.answers.q2 import answer
from report.answers.q2.cost import LARGE, SMALL, costs_of
from report.conclude.statistics import Estimate, exact, slope
from report.experiments.batch_cost import BatchCostResults
from report.record.reader import Records

MEGABYTE = 1e6


@answer.illustration("Q2.1")
def saved_per_image(records: Records) -> Estimate:
    """Bytes that autograd saves for the backward pass, per image of the batch, for a network with one hidden layer."""
    costs, ids = costs_of(records)
    sizes = [step.batch_size for step in costs.steps]
    bytes_per_image = slope(sizes, [step.saved_bytes for step in costs.steps])
    return exact(
        bytes_per_image,
        unit="bytes per image",
        n=len(sizes),
        n_of="batch sizes",
        digits=0,
        records=ids,
    )


def megabytes(value: Callable[[BatchCostResults], float], digits: int) -> Callable[[Records], Estimate]:
    """Make an estimator of an exact amount of memory."""

    def measure(records: Records) -> Estimate:
        costs, ids = costs_of(records)
        amount = value(costs) / MEGABYTE
        return exact(amount, unit="MB", n=1, n_of="runs", digits=digits, records=ids)

    return measure


def _saved_at(batch_size: int) -> Callable[[BatchCostResults], float]:
    return lambda costs: next(step.saved_bytes for step in costs.steps if step.batch_size == batch_size)


@answer.figure("q2-memory")
def memory_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw the memory that grows with the batch beside that which doesn't."""
    costs, ids = costs_of(records)
    x = [float(step.batch_size) for step in costs.steps]
    series = [Series(label="saved for backward", x=x, y=[step.saved_bytes / MEGABYTE for step in costs.steps])]
    peaks = [step.peak_memory_bytes for step in costs.steps]
    if all(peak is not None for peak in peaks):
        series.append(Series(label="peak on the device", x=x, y=[(peak or 0) / MEGABYTE for peak in peaks]))
    weights = (costs.parameter_bytes + costs.gradient_bytes) / MEGABYTE
    for label, amount in (("parameters and gradients", weights), ("training images", costs.images_bytes / MEGABYTE)):
        series.append(Series(label=label, x=x, y=[amount] * len(x), role="reference"))
    saved = series[0].y
    return FigureSpec(
        chart=LineChart(
            panels=[Panel(series=series, x_label="batch size", y_label="memory (MB)", x_scale="log", y_scale="log")]
        ),
        title="What a step keeps in memory grows with the batch; the weights and the data set do not",
        alt=(
            f"Bytes saved for the backward pass go from {saved[0]:.4f} MB at batch size {x[0]:.0f} to {saved[-1]:.1f} MB at "
            f"{x[-1]:.0f}; parameters and gradients take {weights:.2f} MB and the training images "
            f"{costs.images_bytes / MEGABYTE:.0f} MB at every batch size."
        ),
        caption="Counted, not sampled: what autograd keeps between the forward and the backward pass, each tensor once.",
        records=ids,
    )


answer.number("saved-small")(megabytes(_saved_at(SMALL), 3))
answer.number("saved-large")(megabytes(_saved_at(LARGE), 2))
answer.number("parameters-memory")(megabytes(lambda costs: costs.parameter_bytes, 2))
answer.number("images-memory")(megabytes(lambda costs: costs.images_bytes, 0))
