"""Example results of `gradient_noise`."""

from examples.batch_size import JITTER
from report.experiments.gradient_noise import GradientNoiseResults, NoiseSnapshot


def example(run, *, sign=1):
    """Make a run in which the variance falls as 1 / batch size and the noise scale grows or, with sign −1, neither."""
    jitter, sizes = JITTER[run.seed % len(JITTER)], [1, 16, 256]
    snapshots = [
        NoiseSnapshot(
            epoch=epoch,
            trace_covariance=[90.0, 110.0],
            squared_gradient_norm=[150 / (scale * (1 + jitter)), 50 / (scale * (1 + jitter))],
            noise_scale=scale * (1 + jitter),
            variance=[100.0 * (1 + jitter) / size ** (1.0 if sign == 1 else 0.5) for size in sizes]
            if epoch != 1
            else [],
        )
        for epoch, scale in ((0, 50.0), (1, 800.0), (10, 6400.0 if sign == 1 else 50.0 - jitter))
    ]
    snapshots[0].variance[-1] *= 1 + jitter  # the slope varies a little from seed to seed, as in reality
    return GradientNoiseResults(snapshots=snapshots, batch_sizes=sizes, num_images=5_000)
