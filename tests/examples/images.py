"""Example results of `images`."""

from report.experiments.images import ImagesResults


def example(run):
    """Count images that don't exist."""
    return ImagesResults(
        train_per_class=[6000] * 10,
        test_per_class=[1000] * 10,
        mean_grey=72.9,
        deviation_grey=90.0,
        share_of_zeros=0.5,
        train_duplicates=40,
        test_duplicates=1,
        shared=10,
        samples=[[(10 * label + pixel) % 256 for pixel in range(4 * 784)] for label in range(10)],
    )
