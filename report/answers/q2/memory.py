"""Question 2, what a step keeps in memory, by batch size."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import Series, line_chart
from report.answers.q2 import answer
from report.answers.q2.cost import LARGE, SMALL, costs_of
from report.conclude.statistics import Estimate, exact, slope
from report.record.reader import Records

MEGABYTE = 1e6


@answer.illustration("Q2.1")
def saved_per_image(records: Records) -> Estimate:
    """Bytes that autograd saves for the backward pass, per image of the batch, for a network with one hidden layer."""
    steps = costs_of(records).steps
    bytes_per_image = slope([step.batch_size for step in steps], [step.saved_bytes for step in steps])
    return exact(bytes_per_image, unit="bytes per image", n=len(steps), n_of="batch sizes", digits=0)


@answer.number("saved-small", SMALL, 3)
@answer.number("saved-large", LARGE, 2)
def saved_at(records: Records, batch_size: int, digits: int) -> Estimate:
    """Return what a step saves for its backward pass at one batch size."""
    saved = next(step.saved_bytes for step in costs_of(records).steps if step.batch_size == batch_size)
    return _megabytes(saved, digits)


@answer.number("parameters-memory", "parameter_bytes", 2)
@answer.number("images-memory", "images_bytes", 0)
def memory_of(records: Records, field: str, digits: int) -> Estimate:
    """Return the memory of the parameters or of the training images."""
    return _megabytes(getattr(costs_of(records), field), digits)


def _megabytes(num_bytes: float, digits: int) -> Estimate:
    return exact(num_bytes / MEGABYTE, unit="MB", n=1, n_of="runs", digits=digits)


@answer.figure("q2-memory")
def memory_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw the memory that grows with the batch beside that which doesn't."""
    costs = costs_of(records)
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
        chart=line_chart(*series, x_label="batch size", y_label="memory (MB)", x_scale="log", y_scale="log"),
        title="What a step keeps in memory grows with the batch; the weights and the data set do not",
        alt=(
            f"Bytes saved for the backward pass go from {saved[0]:.4f} MB at batch size {x[0]:.0f} to {saved[-1]:.1f} MB at "
            f"{x[-1]:.0f}; parameters and gradients take {weights:.2f} MB and the training images "
            f"{costs.images_bytes / MEGABYTE:.0f} MB at every batch size."
        ),
        caption="Counted, not sampled: what autograd keeps between the forward and the backward pass, each tensor once.",
    )
