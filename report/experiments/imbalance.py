"""
Two classes at 99 to 1: scores of a rule that ignores the images, and of networks that don't.

Measured: accuracy, balanced accuracy, cross-entropy, area under the ROC curve and average precision on test images that
are drawn at the same 99 to 1, for telling shirts (rare) from the nine other kinds. Arms: the majority rule, which gives
every image the training share of shirts as its probability (`majority`); a 784-128-2 ReLU network trained from
logits (`trained`); and the same network and seed with cross-entropy weighted so that both classes have the same weight
(`weighted`). The seed draws the shirts and the others, the initial weights and the data order; the majority rule gets
the same images as the networks of its seed. About five seconds a run of five epochs on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from fmnist_ref import (
    MLP,
    ConfigurationError,
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    cross_entropy,
    fit,
    predict,
)
from report.plan import Dataset, Experiment, Images, Inputs, Profile, Run

RARE_CLASS = 6  # shirts: the class that linear and small networks find hardest
RATIO = 99


class ImbalanceResults(msgspec.Struct, frozen=True, kw_only=True):
    """One rule or network on test images at 99 to 1; class 1 is the rare one."""

    accuracy: float
    balanced_accuracy: float
    cross_entropy: float
    """Nats per test image."""
    roc_auc: float
    """Chance that a rare image gets a higher probability of being rare than another image does; ties count half."""
    average_precision: float
    """Mean precision over the ranks of the rare images; for a rule without ranking, the share of rare images."""
    confusion: list[list[int]]
    """Test images by true class (rows) and predicted class (columns)."""
    num_train: list[int]
    """Training images of each class."""
    num_test: list[int]
    """Test images of each class."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: the three arms with every seed."""
    parameters = {
        "rare_class": RARE_CLASS,
        "ratio": RATIO,
        "rare_train": profile.pick(full=545, quick=60),
        "rare_test": profile.pick(full=90, quick=90),
        "epochs": profile.pick(full=5, quick=1),
        "batch_size": 64,
        "learning_rate": 0.1,
    }
    for seed in profile.seeds_of():
        for arm in ("majority", "trained", "weighted"):
            yield Run(experiment="imbalance", arm=arm, seed=seed, parameters=parameters)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> ImbalanceResults:
    """Draw the images of one seed, and train or apply one rule."""
    settings = run.parameters
    generator = torch.Generator().manual_seed(run.seed)
    draw = partial(rare_against_rest, rare=settings["rare_class"], ratio=settings["ratio"], generator=generator)
    train = draw(dataset.train, num_rare=settings["rare_train"])
    test = draw(dataset.test, num_rare=settings["rare_test"])
    shares = torch.bincount(train.labels, minlength=2) / len(train)
    if run.arm == "majority":
        logits = shares.log().expand(len(test), 2)  # their softmax is the shares again
    else:
        balanced = partial(F.cross_entropy, weight=0.5 / shares.to(run.device))
        torch.manual_seed(run.seed)
        model = MLP(num_classes=2).to(run.device)
        fit(
            model,
            train.images,
            train.labels,
            epochs=settings["epochs"],
            batch_size=settings["batch_size"],
            learning_rate=settings["learning_rate"],
            seed=run.seed,
            loss_function=balanced if run.arm == "weighted" else cross_entropy,
        )
        logits = predict(model, test.images)
    return score(logits, train.labels, test.labels)


def rare_against_rest(images: Images, *, rare: int, ratio: int, num_rare: int, generator: torch.Generator) -> Images:
    """Draw images without replacement: `num_rare` of one class, labelled 1, and `ratio` times as many others."""
    is_rare = images.labels == rare
    drawn = [
        places[torch.randperm(len(places), generator=generator)[:wanted]]
        for places, wanted in (
            (is_rare.nonzero().squeeze(1), num_rare),
            (is_rare.logical_not().nonzero().squeeze(1), num_rare * ratio),
        )
    ]
    if len(drawn[0]) < num_rare or len(drawn[1]) < num_rare * ratio:
        raise ConfigurationError(
            f"there must be {num_rare} images of class {rare} and {num_rare * ratio} others to draw",
            f"{int(is_rare.sum())} and {int((~is_rare).sum())}",
            "Ask for fewer rare images.",
        )
    places = torch.cat(drawn)
    return Images(images.images[places], is_rare[places].long())


def score(
    logits: Float[Tensor, "test 2"], train_labels: Int64[Tensor, " train"], test_labels: Int64[Tensor, " test"]
) -> ImbalanceResults:
    """Score the logits of the test images by every measure that the page compares."""
    from sklearn.metrics import average_precision_score, roc_auc_score  # here: most workers never need its 60 MB

    rare_probability = logits.double().softmax(1)[:, 1].numpy()
    truth = test_labels.numpy()
    return ImbalanceResults(
        accuracy=accuracy(logits, test_labels),
        balanced_accuracy=balanced_accuracy(logits, test_labels),
        cross_entropy=cross_entropy(logits.double(), test_labels).item(),
        roc_auc=float(roc_auc_score(truth, rare_probability)),
        average_precision=float(average_precision_score(truth, rare_probability)),
        confusion=confusion_matrix(logits, test_labels).tolist(),
        num_train=torch.bincount(train_labels, minlength=2).tolist(),
        num_test=torch.bincount(test_labels, minlength=2).tolist(),
    )


EXPERIMENT = Experiment(plan=plan, measure=measure)
