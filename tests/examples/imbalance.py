"""Example results of `imbalance`."""

from report.experiments.imbalance import ImbalanceResults


def example(run, *, accuracy=0.99, balanced=0.5):
    """Make a rule that is right in 99 % and no better than a coin, and networks that find some or most rare images."""
    if run.arm == "trained":
        return rule(0.991 + run.seed / 1e4, 0.6 + run.seed / 100, found=2)
    if run.arm == "weighted":
        return rule(0.95 + run.seed / 1e4, 0.9 + run.seed / 100, found=8)
    return rule(accuracy, balanced)


def rule(accuracy, balanced, found=0):
    """Make the results of a rule that finds some of ten rare images."""
    return ImbalanceResults(
        accuracy=accuracy,
        balanced_accuracy=balanced,
        cross_entropy=0.056,
        roc_auc=0.5,
        average_precision=0.01,
        confusion=[[990, 0], [10 - found, found]],
        num_train=[99, 1],
        num_test=[990, 10],
    )
