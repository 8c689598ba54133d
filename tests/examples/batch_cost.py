"""Example results of `batch_cost`."""

from examples.batch_size import JITTER
from examples.devices import device
from report.experiments.batch_cost import BatchCostResults, StepCost


def example(run, *, sign=1):
    """Make the costs of a device with a fixed cost per step or, with sign −1, of one that large batches overwhelm."""
    steps = []
    for power in range(8):
        size = 4**power
        seconds = 1e-3 + 1e-5 * size if sign == 1 else 1e-6 * size**1.5
        rounds = [[seconds * (1 + JITTER[(number * power) % 5])] * 2 for number in range(16)]
        steps.append(StepCost(batch_size=size, saved_bytes=4 + 3696 * size, seconds=rounds))
    return BatchCostResults(
        device=device("cpu"),
        parameter_bytes=407_080,
        gradient_bytes=407_080,
        images_bytes=188_160_000,
        steps=steps,
    )
