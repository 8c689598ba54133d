"""
Linear and logistic regression side by side, each on the other's ground and on its own.

Measured: least squares with a ridge penalty on one-hot labels, in closed form (`least_squares`); softmax regression,
which is logistic regression for ten classes, by full-batch L-BFGS (`logistic`); the same for the two classes that
least squares confuses most on held-out images (`pair_logistic`); and least squares on a number, the mean brightness of
an image's lower half from the pixels of its upper half (`brightness`). Each penalty is the one with the lowest loss of
the model's own kind on the 10,000 held-out training images; then all 60,000 are fitted and the test images scored. Both
losses with their penalties have one minimum, so seeds play no part: one run an arm. About a minute in all on one thread,
three quarters of it L-BFGS.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import torch

from report.experiments.linear_fits import (
    BrightnessResults,
    ClassifierResults,
    Task,
    fit_brightness,
    fit_least_squares,
    fit_logistic,
)
from report.plan import Dataset, Experiment, Inputs, Profile, Run

RIDGES = (100.0, 300.0, 1000.0, 3000.0)
PENALTIES = (1e-2, 3e-3, 1e-3, 3e-4)  # strong to weak: each fit starts where the one before ended
PAIR_PENALTIES = (1e-1, 3e-2, 1e-2, 3e-3)


def plan(profile: Profile) -> Iterator[Run]:
    """List the four fits; the pair of classes is chosen from what least squares confuses."""
    images = profile.pick(full=60_000, quick=3000)
    ridges = profile.pick(full=RIDGES, quick=RIDGES[1:3])

    def run(arm: str, penalties: tuple[float, ...], *depends_on: Run) -> Run:
        parameters = {"images": images, "penalties": list(penalties)}
        return Run(experiment="regression", arm=arm, seed=0, parameters=parameters, depends_on=depends_on)

    least_squares = run("least_squares", ridges)
    yield least_squares
    yield run("logistic", profile.pick(full=PENALTIES, quick=PENALTIES[:2]))
    yield run("pair_logistic", profile.pick(full=PAIR_PENALTIES, quick=PAIR_PENALTIES[:2]), least_squares)
    yield run("brightness", ridges)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> ClassifierResults | BrightnessResults:
    """Fit one arm; the held-out images choose its penalty and, for the pair, its classes."""
    task, penalties = Task(dataset, run.parameters["images"]), run.parameters["penalties"]
    if run.arm == "brightness":
        return fit_brightness(task, penalties)
    if run.arm == "least_squares":
        return fit_least_squares(task, penalties)
    if run.depends_on:
        found = msgspec.convert(inputs[run.depends_on[0].id], ClassifierResults)
        task = Task(dataset, task.limit, most_confused(found.validation_confusion))
    return fit_logistic(task, penalties)


def most_confused(confusion: list[list[int]]) -> tuple[int, int]:
    """Return the two classes that are taken for each other most often, in ascending order."""
    counts = torch.tensor(confusion)
    both_ways = (counts + counts.T).triu(diagonal=1)
    first, second = divmod(int(both_ways.argmax()), len(counts))
    return first, second


EXPERIMENT = Experiment(plan=plan, measure=measure)
