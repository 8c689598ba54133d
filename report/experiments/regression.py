"""
Linear and logistic regression side by side, each on the other's ground and on its own.

Measured: least squares with a ridge penalty on one-hot labels, in closed form (`least_squares`); softmax regression,
which is logistic regression for ten classes, by full-batch L-BFGS (`logistic`); the same for the two classes that
least squares confuses most on held-out images (`pair_logistic`); and least squares on a number, the mean brightness of
an image's lower half from the pixels of its upper half (`brightness`). Each penalty is the one with the lowest loss of
the model's own kind on the 10,000 held-out training images; then all 60,000 are fitted and the test images scored. Both
losses with their penalties have one minimum, so that seeds play no part: one run an arm. In all about a minute
on one thread, three quarters of it L-BFGS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import torch

from report.experiments.linear_fits import (
    BrightnessResults,
    ClassifierResults,
    fit_brightness,
    fit_least_squares,
    fit_logistic,
)
from report.experiments.training import Images, hold_out
from report.plan import Dataset, Experiment, Inputs, Profile, Run

RIDGES = (100.0, 300.0, 1000.0, 3000.0)
PENALTIES = (1e-2, 3e-3, 1e-3, 3e-4)  # strong to weak: each fit starts where the one before ended
PAIR_PENALTIES = (1e-1, 3e-2, 1e-2, 3e-3)


def plan(profile: Profile) -> Iterator[Run]:
    """List the four fits; the pair of classes is chosen from what least squares confuses."""
    images = profile.pick(full=60_000, quick=3000)
    ridges = list(profile.pick(full=RIDGES, quick=RIDGES[1:3]))
    penalties = list(profile.pick(full=PENALTIES, quick=PENALTIES[:2]))
    pair_penalties = list(profile.pick(full=PAIR_PENALTIES, quick=PAIR_PENALTIES[:2]))

    def run(arm: str, tried: list[float], *depends_on: Run) -> Run:
        parameters: dict[str, Any] = {"images": images, "penalties": tried}
        return Run(experiment="regression", arm=arm, seed=0, parameters=parameters, depends_on=depends_on)

    least_squares = run("least_squares", ridges)
    yield least_squares
    yield run("logistic", penalties)
    yield run("pair_logistic", pair_penalties, least_squares)
    yield run("brightness", ridges)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> ClassifierResults | BrightnessResults:
    """Fit one arm; the held-out images choose its penalty and, for the pair, its classes."""
    parts, penalties = divide(dataset, run.parameters["images"]), run.parameters["penalties"]
    if run.arm == "brightness":
        return fit_brightness(parts, penalties)
    if run.arm == "least_squares":
        return fit_least_squares(parts, penalties)
    classes = list(range(10))
    if run.depends_on:
        found = msgspec.convert(inputs[run.depends_on[0].id], ClassifierResults)
        classes = most_confused(found.validation_confusion)
        parts = {name: only(part, classes) for name, part in parts.items()}
    return fit_logistic(parts, penalties, classes)


def divide(dataset: Dataset, limit: int) -> dict[str, Images]:
    """Take at most so many images to choose on (`kept`) and to fit (`train`), and all those held out and of the test set."""
    kept, held = hold_out(dataset.train_images, dataset.train_labels)
    return {
        "kept": Images(kept.images[:limit], kept.labels[:limit]),
        "held": held,
        "train": Images(dataset.train_images[:limit], dataset.train_labels[:limit]),
        "test": Images(dataset.test_images, dataset.test_labels),
    }


def most_confused(confusion: list[list[int]]) -> list[int]:
    """Return the two classes that are taken for each other most often, in ascending order."""
    counts = torch.tensor(confusion)
    both_ways = (counts + counts.T).triu(diagonal=1)
    return list(divmod(int(both_ways.argmax()), len(counts)))


def only(part: Images, classes: list[int]) -> Images:
    """Keep the images of some classes, and number these from 0."""
    places = torch.tensor([classes.index(c) if c in classes else -1 for c in range(10)])[part.labels]
    return Images(part.images[places >= 0], places[places >= 0])


EXPERIMENT = Experiment(name="regression", plan=plan, measure=measure)
