"""Question 2, how noisy the gradient is: by batch size, and over the course of training."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import LineChart, Panel, Series
from report.answers.intervals import by_sign
from report.answers.q2 import answer
from report.answers.q2.estimates import ratio_over_seeds
from report.conclude.statistics import Estimate, mean_with_t_interval, slope
from report.experiments.gradient_noise import GradientNoiseResults, NoiseSnapshot
from report.record.reader import Arm, Records


def _arm(records: Records) -> Arm[GradientNoiseResults]:
    return records.arm("gradient_noise", "from_logits", GradientNoiseResults)


def _with_variances(run: GradientNoiseResults) -> list[NoiseSnapshot]:
    return [snapshot for snapshot in run.snapshots if snapshot.variance]


def _slope_of(run: GradientNoiseResults) -> float:
    """Return the slope of log variance against log batch size, averaged over the moments of training."""
    log_sizes = np.log(run.batch_sizes)
    return float(np.mean([slope(log_sizes, np.log(moment.variance)) for moment in _with_variances(run)]))


@answer.illustration("Q2.4")
def slope_of_variance(records: Records) -> Estimate:
    """Log-log slope of the variance of the gradient against batch size, which theory says is −1."""
    arm = _arm(records)
    return mean_with_t_interval(
        arm.values(_slope_of),
        unit="on logarithmic axes",
        method="Student t over each seed's slope",
        digits=3,
        null=-1.0,
        records=arm.records,
    )


@answer.number("variance-at-twice-the-batch")
def variance_at_twice_the_batch(records: Records) -> Estimate:
    """Estimate the variance of the gradient at twice the batch size, over that at the batch size itself."""
    arm = _arm(records)
    return ratio_over_seeds(arm.values(lambda run: 2 ** _slope_of(run)), arm.records)


def _scales(records: Records, moment: int) -> tuple[dict[int, float], tuple[str, ...]]:
    """Return each seed's noise scale at a moment, where it could be told from infinity."""
    arm = _arm(records)
    found = {seed: run.snapshots[moment].noise_scale for seed, run in arm.by_seed.items()}
    return {seed: scale for seed, scale in found.items() if scale is not None}, arm.records


def noise_scale(moment: int) -> Callable[[Records], Estimate]:
    """Make an estimator of the noise scale at a moment: its geometric mean over seeds."""

    def estimate(records: Records) -> Estimate:
        scales, ids = _scales(records, moment)
        ratio = ratio_over_seeds(list(scales.values()), ids)
        return msgspec.structs.replace(ratio, unit="images", null=0.0, detectable=None, sampling=None)

    return estimate


def change_of_noise_scale(records: Records, before: int = 0, after: int = -1) -> Estimate:
    """Estimate the noise scale at one moment over that at another: around the last epoch over the initial weights."""
    first, ids = _scales(records, before)
    last, _ = _scales(records, after)
    return ratio_over_seeds([last[seed] / first[seed] for seed in sorted(first.keys() & last.keys())], ids)


@answer.figure("q2-variance")
def variance_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw the gradient's variance against batch size at each moment, with the slope −1 that theory gives."""
    arm = _arm(records)
    x = [float(size) for size in arm.results[0].batch_sizes]
    series = []
    for place, moment in enumerate(_with_variances(arm.results[0])):
        values = np.array([_with_variances(run)[place].variance for run in arm.results])
        series.append(
            Series(
                label="initial weights" if moment.epoch == 0 else f"after epoch {moment.epoch}",
                x=x,
                y=values.mean(0).tolist(),
                low=values.min(0).tolist(),
                high=values.max(0).tolist(),
            )
        )
    guide = Series(label="slope −1", x=x, y=[series[0].y[0] * x[0] / size for size in x], role="reference")
    estimate = slope_of_variance(records)
    return FigureSpec(
        chart=LineChart(
            panels=[
                Panel(
                    series=[*series, guide],
                    x_label="batch size",
                    y_label="variance of the gradient",
                    x_scale="log",
                    y_scale="log",
                )
            ]
        ),
        title=(
            "The variance of the gradient falls in proportion to the batch size, early and late"
            if abs(estimate.value + 1) < 0.05
            else "Variance of the gradient by batch size"
        ),
        alt=f"Variance of the mini-batch gradient against batch size, both logarithmic; mean slope {estimate.value:.3f}.",
        caption=(
            f"Summed over all weights; random batches drawn with replacement; {len(arm.results)} seeds. Line: mean; band: range. "
            "Grey: variance in inverse proportion to the batch."
        ),
        records=arm.records,
    )


@answer.figure("q2-noise-scale")
def noise_over_training(records: Records, findings: Findings) -> FigureSpec:
    """Draw the noise scale over the epochs."""
    arm = _arm(records)
    places = range(len(arm.results[0].snapshots))
    found = {arm.results[0].snapshots[i].epoch: list(_scales(records, i)[0].values()) for i in places}
    found = {epoch: scales for epoch, scales in found.items() if scales}
    series = Series(
        label="simple noise scale",
        x=[float(epoch) for epoch in found],
        y=[float(np.exp(np.mean(np.log(scales)))) for scales in found.values()],
        low=[min(scales) for scales in found.values()],
        high=[max(scales) for scales in found.values()],
    )
    return FigureSpec(
        chart=LineChart(
            panels=[Panel(series=[series], x_label="epoch", y_label="noise scale (images)", y_scale="log")]
        ),
        title=_title_of_noise_scale(records, findings),
        alt="Noise scale: "
        + ", ".join(f"{y:.0f} images after epoch {x:.0f}" for x, y in zip(series.x, series.y, strict=True))
        + ".",
        caption=(
            f"From the gradients of {arm.results[0].num_images:,} training images one by one, variance and squared length "
            f"each averaged over {len(arm.results[0].snapshots[0].trace_covariance)} neighbouring checkpoints; learning rate 0.01, "
            f"batch size 64, {len(arm.results)} seeds. Line: geometric mean; band: range."
        ),
        records=arm.records,
    )


def _title_of_noise_scale(records: Records, findings: Findings) -> str:
    """Say by how much the noise scale changes over training and, where it is known, that it does so in the first epoch."""
    of_first, of_rest = change_of_noise_scale(records, 0, 1), change_of_noise_scale(records, 1, -1)
    rises_later = of_rest.low is not None and of_rest.low > 1
    rises_first = of_first.low is not None and of_first.low > 1
    first_only = f"The noise scale rises {of_first.value:.0f}-fold in the first epoch; after that no rise is settled"
    return by_sign(
        findings["Q2.17"],
        change_of_noise_scale(records),
        above=first_only if rises_first and not rises_later else "The noise scale grows as training goes on",
        below="The noise scale shrinks as training goes on",
        neither="Whether the noise scale changes as training goes on is not settled",
        withheld="Noise scale over training",
    )


answer.number("noise-scale-initial")(noise_scale(0))
answer.number("noise-scale-early")(noise_scale(1))
answer.number("noise-scale-late")(noise_scale(-1))
