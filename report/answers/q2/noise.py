"""Question 2, how noisy the gradient is: by batch size, and over the course of training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from report.answers.answer import FigureSpec, Findings, by_verdict
from report.answers.charts import LineChart, Panel, Series
from report.answers.q2 import answer
from report.answers.q2.estimates import ratio_over_seeds
from report.conclude.rules import AnyOf, Inside, decide
from report.conclude.statistics import Estimate, mean_with_t_interval, slope
from report.experiments.gradient_noise import GradientNoiseResults, NoiseSnapshot
from report.record.reader import Arm, NoRecords, Records


def _arm(records: Records) -> Arm[GradientNoiseResults]:
    return records.arm("gradient_noise", "from_logits", GradientNoiseResults)


def _with_variances(run: GradientNoiseResults) -> list[NoiseSnapshot]:
    return [snapshot for snapshot in run.snapshots if snapshot.variance]


def _slope_of(run: GradientNoiseResults) -> float:
    """Return the slope of log variance against log batch size, averaged over the moments of training."""
    log_sizes = np.log(run.batch_sizes)
    return float(np.mean([slope(log_sizes, np.log(moment.variance)) for moment in _with_variances(run)]))


@answer.claim("Q2.4", "Small batches make noisier updates.", Inside(0.05, around=-1.0))
def slope_of_variance(records: Records) -> Estimate:
    """Log-log slope of the variance of the gradient against batch size; theory says −1."""
    arm = _arm(records)
    return mean_with_t_interval(
        arm.values(_slope_of),
        unit="on logarithmic axes",
        method="Student t over each seed's slope",
        digits=3,
        records=arm.records,
    )


def _scales(records: Records, moment: int) -> tuple[dict[int, float], tuple[str, ...]]:
    """Return each seed's noise scale at a moment, where it could be told from infinity."""
    arm = _arm(records)
    found = {seed: run.snapshots[moment].noise_scale for seed, run in arm.by_seed.items()}
    return {seed: scale for seed, scale in found.items() if scale is not None}, arm.records


def noise_scale(moment: int) -> Callable[[Records], Estimate]:
    """Make a measure of the noise scale at a moment: its geometric mean over seeds."""

    def measure(records: Records) -> Estimate:
        scales, ids = _scales(records, moment)
        estimate = ratio_over_seeds(list(scales.values()), ids)
        return _in_images(estimate)

    return measure


def _in_images(estimate: Estimate) -> Estimate:
    """Read a geometric mean as what it is here: a number of images, with no null to be tested against."""
    return Estimate(
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        unit="images",
        n=estimate.n,
        n_of=estimate.n_of,
        method="Student t over seeds, on logarithms",
        records=estimate.records,
    )


def _early_moment(run: GradientNoiseResults) -> int:
    """Return the place of the first moment after training has begun."""
    return next(i for i, moment in enumerate(run.snapshots) if moment.epoch > 0)


def change_of_noise_scale(records: Records) -> Estimate:
    """Estimate by how many doublings the noise scale differs between the first and the last epoch."""
    early, ids = _scales(records, _early_moment(_arm(records).results[0]))
    late, _ = _scales(records, -1)
    seeds = sorted(early.keys() & late.keys())
    if not seeds:
        raise NoRecords("no seed has a noise scale both early and late")
    doublings = [float(np.log2(late[seed] / early[seed])) for seed in seeds]
    return mean_with_t_interval(doublings, unit="doublings of the noise scale", signed=True, records=ids)


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
        title=by_verdict(
            findings["Q2.4"],
            supported="The variance of the gradient falls in proportion to the batch size, early and late",
            refuted="The variance of the gradient does not fall in proportion to the batch size",
            undetermined="How the variance of the gradient depends on the batch size is not settled",
            withheld="Variance of the gradient by batch size",
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
        title=_title_of_change(records, findings),
        alt="Noise scale: "
        + ", ".join(f"{y:.0f} images after epoch {x:.0f}" for x, y in zip(series.x, series.y, strict=True))
        + ".",
        caption=(
            f"From the gradients of {arm.results[0].num_images:,} training images one by one; learning rate 0.01, batch size 64, "
            f"{len(arm.results)} seeds. Line: geometric mean; band: range."
        ),
        records=arm.records,
    )


def _title_of_change(records: Records, findings: Findings) -> str:
    """Say whether the noise scale changes after the first epoch: one of the two halves of Q2.17."""
    halves = findings["Q2.17"].claim.rule
    if findings["Q2.17"].verdict not in ("supported", "refuted", "undetermined") or not isinstance(halves, AnyOf):
        return "Noise scale over training"
    return {
        "supported": "The noise scale changes as training goes on",
        "refuted": "After the first epoch the noise scale hardly changes",
        "undetermined": "Whether the noise scale changes after the first epoch is not settled",
    }[decide(halves.rules[1], [change_of_noise_scale(records)]).decision]


answer.number("noise-scale-initial")(noise_scale(0))
answer.number("noise-scale-early")(noise_scale(1))
answer.number("noise-scale-late")(noise_scale(-1))
