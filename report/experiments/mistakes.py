"""
The training loop with one thing wrong at a time.

Measured: test accuracy after every epoch of the notebook's loop (784-128-10 network, SGD at 0.01, batch 64, 10 epochs)
with one change each: gradients never zeroed; pixels left at 0 to 255, or at 0 to 1 (`ToTensor` without `Normalize`);
images never shuffled, sorted by label or in the data set's own order. The correct loop, and the one with softmax before
cross-entropy, are the first ten epochs of the runs of `epochs` from logits and as published: the same seeds, so the same
initial weights and, where there is shuffling, the same batches. A loss that stops being a number is a result: training
continues, and the model is scored by what it then predicts.

Seeds, from the first five: a run takes about 7 seconds on one thread, so every arm has at least 10. Those cost 75, 74 and
56 percentage points of accuracy (never zeroed, 0 to 255, sorted), against the 0.3 that count as a cost: even 5 would do. In
the data set's own order the cost was 0.0, with a standard deviation of 0.28: 16 seeds have a half width of 0.15, half
of the distance from 0.3. All arms have 16: about ten minutes in all, on one thread.

`fmnist_ref.fit` cannot make these mistakes, so the loop is written out here; a test checks that without a mistake it is
`fit` bit for bit. The reporting mistake (a mean of batch means) is computed from the correct loop, and the time of
image-by-image transforms and of an unsynchronised clock are measured in `devices`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

import msgspec
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from fmnist_ref import MLP, accuracy, cross_entropy, denormalize, predict
from report.experiments.predictions import Recognition, recognition_of
from report.experiments.training import epochs_at_the_end
from report.plan import Dataset, Experiment, Images, Inputs, Profile, Run

ARMS = ("never_zeroed", "pixels_0_to_255", "pixels_0_to_1", "sorted", "unshuffled")
PIXEL_SCALES = {"pixels_0_to_255": 1.0, "pixels_0_to_1": 255.0}
"""By which grey levels are divided, in the arms that do not normalise them."""
SEEDS = 16


class MistakesResults(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the loop. Losses are in nats, and None where they were not finite numbers."""

    running_loss: list[float | None]
    """Mean loss over the images of each epoch, taken while the weights change."""
    mean_of_batch_means: list[float | None]
    """The same as the notebook computes it: every batch has the same weight, the short last one too."""
    test_loss: list[float | None]
    test_accuracy: list[float]
    """Fraction from 0 to 1, after each epoch."""
    recognition: Recognition
    """The test images recognised at the end."""
    diverged_at_step: int | None
    """First step, from 1, whose loss was not finite; None where all were."""
    seconds: dict[str, list[float]]
    """`train`: time of each epoch's training alone."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: every arm on every seed."""
    epochs = profile.pick(full=10, quick=3)
    for seed in profile.seeds_of(full=SEEDS):
        for arm in ARMS:
            yield Run(
                experiment="mistakes",
                arm=arm,
                seed=seed,
                parameters={"batch_size": 64, "epochs": epochs, "learning_rate": 0.01},
            )


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> MistakesResults:
    """Train one arm with one seed."""
    train, test, settings = dataset.train, dataset.test, run.parameters
    if run.arm in PIXEL_SCALES:
        train, test = (not_normalised(split, PIXEL_SCALES[run.arm]) for split in (train, test))
    if run.arm == "sorted":
        train = train[train.labels.argsort(stable=True)]
    torch.manual_seed(run.seed)
    model = MLP().to(run.device)
    outputs: list[Float[Tensor, "test 10"]] = []
    losses, seconds = train_by_hand(
        model,
        train.to(run.device),
        **settings,
        seed=run.seed,
        zero_gradients=run.arm != "never_zeroed",
        shuffle=run.arm not in ("sorted", "unshuffled"),
        after_epoch=lambda: outputs.append(predict(model, test.images).cpu()),
    )
    scored = [of_epoch.nan_to_num(nan=0.0) for of_epoch in outputs]  # NaN everywhere: the first class is predicted
    last = scored[-epochs_at_the_end(len(scored)) :]
    return MistakesResults(
        running_loss=[_finite(mean_over_images(epoch, len(train), settings["batch_size"])) for epoch in losses],
        mean_of_batch_means=[_finite(epoch.mean().item()) for epoch in losses],
        test_loss=[_finite(cross_entropy(of_epoch, test.labels).item()) for of_epoch in outputs],
        test_accuracy=[accuracy(of_epoch, test.labels) for of_epoch in scored],
        recognition=recognition_of(last, test.labels, len(scored)),
        diverged_at_step=_first_not_finite(torch.cat(losses)),
        seconds={"train": seconds},
    )


def not_normalised(images: Images, scale: float) -> Images:
    """Return images as they are before `Normalize`: grey levels from 0 to 255, divided by a scale."""
    return Images(denormalize(images.images).float() / scale, images.labels)


def train_by_hand(
    model: nn.Module,
    train: Images,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    zero_gradients: bool = True,
    shuffle: bool = True,
    after_epoch: Callable[[], None] = lambda: None,
) -> tuple[list[Float[Tensor, " batches"]], list[float]]:
    """
    Train as `fmnist_ref.fit` does, unless told to leave something out.

    Returns
    -------
    list of Float[Tensor, " batches"]
        Mean loss of every batch, by epoch, in float64 on the CPU.
    list of float
        Seconds of training, by epoch.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    generator = torch.Generator().manual_seed(seed)
    epoch_losses, seconds = [], []
    for _ in range(epochs):
        start = perf_counter()
        model.train()
        order = torch.randperm(len(train), generator=generator) if shuffle else torch.arange(len(train))
        losses = []
        for places in order.to(train.images.device).split(batch_size):
            batch = train[places]
            loss = F.cross_entropy(model(batch.images), batch.labels)
            if zero_gradients:
                optimizer.zero_grad()
            loss.backward()  # adds to the gradients that are there
            optimizer.step()
            losses.append(loss.detach())
        epoch_losses.append(torch.stack(losses).cpu().double())
        seconds.append(perf_counter() - start)
        after_epoch()
    return epoch_losses, seconds


def mean_over_images(batch_losses: Float[Tensor, " batches"], num_images: int, batch_size: int) -> float:
    """Return the mean loss per image from the means of the batches, of which the last may be short."""
    sizes = (num_images - batch_size * torch.arange(len(batch_losses))).clamp(max=batch_size)
    return float((batch_losses * sizes).sum() / sizes.sum())


def _finite(loss: float) -> float | None:
    return loss if abs(loss) < float("inf") else None  # False for NaN too


def _first_not_finite(losses: Float[Tensor, " steps"]) -> int | None:
    places = losses.isfinite().logical_not().nonzero()
    return int(places[0]) + 1 if len(places) else None


EXPERIMENT = Experiment(plan=plan, measure=measure)
