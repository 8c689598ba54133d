"""Example results of `capacity`."""

from examples.batch_size import trial
from examples.epochs import curve, stalling
from report.experiments.training import TrainingResults

FALLING = (2.0, 1.8, 1.7, 1.65)
ACCURACY = {"none": 0.84, "linear1": 0.84, "relu1": 0.88, "relu2": 0.88, "relu3": 0.88}


def example(run):
    """
    Make an architecture's run of as many epochs as planned.

    A ReLU layer is worth four points, further ones nothing; wider is better.
    """
    if run.role == "trial":
        return trial(run)
    if run.arm == "relu1":  # the further seeds of `epochs`' arm from logits
        losses, accuracies = stalling(run.parameters["epochs"], run.seed)
        return TrainingResults(
            learning_rate=0.01, num_parameters=101_770, curve=curve(losses, accuracies, test_losses=losses)
        )
    accuracy = ACCURACY.get(run.arm.removeprefix("tuned_"), 0.8 + sum(run.parameters["hidden"]) / 1e4)
    epochs = run.parameters["epochs"]
    losses = [*FALLING, *[FALLING[-1]] * epochs][:epochs]
    return trained(losses, [accuracy + run.seed % 3 * 0.001] * epochs)


def architecture(accuracy):
    """Make a run with one accuracy after every epoch."""
    return trained(list(FALLING), [accuracy] * len(FALLING))


def trained(losses, accuracies):
    """Make a run of losses and accuracies, epoch by epoch."""
    return TrainingResults(learning_rate=0.01, num_parameters=7850, curve=curve(losses, accuracies))
