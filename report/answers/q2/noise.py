"""Question 2, how noisy the gradient is: by batch size, and over the course of training."""

from __future__ import annotations

import msgspec
import numpy as np

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import Series, line_chart
from report.answers.curves import mean_and_range, middle_and_range, over_seeds
from report.answers.intervals import by_sign
from report.answers.q2 import answer
from report.answers.q2.estimates import ratio_over_seeds
from report.conclude.statistics import Estimate, slope
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
    about = {"unit": "on logarithmic axes", "method": "Student t over each seed's slope"}
    return over_seeds(_arm(records), _slope_of, digits=3, null=-1.0, **about)


@answer.number("variance-at-twice-the-batch")
def variance_at_twice_the_batch(records: Records) -> Estimate:
    """Estimate the variance of the gradient at twice the batch size, over that at the batch size itself."""
    return ratio_over_seeds(_arm(records).values(lambda run: 2 ** _slope_of(run)))


def _scales(records: Records, moment: int) -> dict[int, float]:
    """Return each seed's noise scale at a moment, where it could be told from infinity."""
    found = {seed: run.snapshots[moment].noise_scale for seed, run in _arm(records).by_seed.items()}
    return {seed: scale for seed, scale in found.items() if scale is not None}


@answer.number("noise-scale-initial", 0)
@answer.number("noise-scale-early", 1)
@answer.number("noise-scale-late", -1)
def noise_scale(records: Records, moment: int) -> Estimate:
    """Estimate the noise scale at a moment: its geometric mean over seeds."""
    ratio = ratio_over_seeds(list(_scales(records, moment).values()))
    return msgspec.structs.replace(ratio, unit="images", null=0.0, detectable=None, sampling=None)


def change_of_noise_scale(records: Records, before: int = 0, after: int = -1) -> Estimate:
    """Estimate the noise scale at one moment over that at another: around the last epoch over the initial weights."""
    first, last = _scales(records, before), _scales(records, after)
    ratios = [last[seed] / first[seed] for seed in sorted(first.keys() & last.keys())]
    return ratio_over_seeds(ratios, _arm(records).records)


@answer.figure("q2-variance")
def variance_against_batch(records: Records, findings: Findings) -> FigureSpec:
    """Draw the gradient's variance against batch size at each moment, with the slope −1 that theory gives."""
    arm = _arm(records)
    x = [float(size) for size in arm.results[0].batch_sizes]
    series = []
    for place, moment in enumerate(_with_variances(arm.results[0])):
        values = np.array([_with_variances(run)[place].variance for run in arm.results])
        label = "initial weights" if moment.epoch == 0 else f"after epoch {moment.epoch}"
        series.append(mean_and_range(label, x, values))
    guide = Series(label="slope −1", x=x, y=[series[0].y[0] * x[0] / size for size in x], role="reference")
    estimate = slope_of_variance(records)
    return FigureSpec(
        chart=line_chart(
            *series, guide, x_label="batch size", y_label="variance of the gradient", x_scale="log", y_scale="log"
        ),
        title=(
            "The variance of the gradient is inversely proportional to the batch size, early and late"
            if abs(estimate.value + 1) < 0.05
            else "Variance of the gradient by batch size"
        ),
        alt=f"Variance of the mini-batch gradient against batch size, both logarithmic; mean slope {estimate.value:.3f}.",
        caption=(
            f"Summed over all weights; random batches drawn with replacement; {len(arm.results)} seeds. Line: mean; band: range. "
            "Grey: variance in inverse proportion to the batch."
        ),
    )


@answer.figure("q2-noise-scale")
def noise_over_training(records: Records, findings: Findings) -> FigureSpec:
    """Draw the noise scale over the epochs."""
    arm = _arm(records)
    places = range(len(arm.results[0].snapshots))
    found = {arm.results[0].snapshots[i].epoch: list(_scales(records, i).values()) for i in places}
    found = {epoch: scales for epoch, scales in found.items() if scales}
    series = middle_and_range("simple noise scale", found, lambda scales: np.exp(np.mean(np.log(scales))))
    return FigureSpec(
        chart=line_chart(series, x_label="epoch", y_label="noise scale (images)", y_scale="log"),
        title=_title_of_noise_scale(records, findings),
        alt="Noise scale: "
        + ", ".join(f"{y:.0f} images after epoch {x:.0f}" for x, y in zip(series.x, series.y, strict=True))
        + ".",
        caption=(
            f"From the gradients of {arm.results[0].num_images:,} training images one by one, variance and squared length "
            f"each averaged over {len(arm.results[0].snapshots[0].trace_covariance)} neighbouring checkpoints; learning rate 0.01, "
            f"batch size 64, {len(arm.results)} seeds. Line: geometric mean; band: range."
        ),
    )


def _title_of_noise_scale(records: Records, findings: Findings) -> str:
    """State by how much the noise scale changes over training and, where it is known, that it does so in the first epoch."""
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
