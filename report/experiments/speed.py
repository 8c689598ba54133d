"""
How fast the reference loop is, and where its time goes.

Measured: one epoch of the notebook's 784-128-10 network at batch size 64 by the notebook's own loop, with the loader's
usual remedies, by `fmnist_ref.fit`, by scikit-learn, with hand-written gradients, and by nothing but the large matrix
products (`throughput`); the parts of a step, and the same step with next to nothing to compute (`profile`); other ways to
write or compile a step, and networks of several seeds in one (`optimizations`); and a fixed set of runs on one worker and
on all (`workers`). In turn within each arm, in twelve rounds, alone on the machine; about six minutes in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter

import msgspec
import numpy as np
import torch

from fmnist_ref import MLP, StepTiming, resolve_device, time_training_step
from report.experiments.hardware import Device, Part, Seconds, observe
from report.experiments.optimizations import measure_optimizations
from report.experiments.throughput import ThroughputResults, measure_throughput, threads_set_to
from report.experiments.worker_pool import WorkerPool
from report.plan import Dataset, Experiment, Inputs, Profile, Run

STEP_PARTS: tuple[Part, ...] = ("gather", "forward", "backward", "update", "step")
WIDTHS = (512, 256, 256, 128, 128, 128, 64, 64)
"""Of the fixed set of runs, longest first: unequal, as a report's runs are."""


class ProfileResults(msgspec.Struct, frozen=True, kw_only=True):
    """One training step on one thread, part by part, every repetition."""

    devices: list[Device]
    batch_size: int
    seconds: dict[Part, Seconds]
    """`dispatch` is a step of a network with the same layers, but of one unit on images of one pixel, one image at a time:
    the same calls without their arithmetic."""


class WorkersResults(msgspec.Struct, frozen=True, kw_only=True):
    """The same runs on different numbers of workers."""

    devices: list[Device]
    num_images: int
    """That each run trains on, once."""
    widths: list[int]
    """Of the networks that the runs train, in the order in which they start."""
    seconds: dict[str, Seconds]
    """Of the whole set, every repetition, by number of workers; and as `runs` the median of each run on one worker."""


def plan(profile: Profile) -> Iterator[Run]:
    """List one run for each arm: repetitions take the place of seeds."""
    num_images = profile.pick(full=60_000, quick=6_000)
    arms: dict[str, dict[str, int | bool]] = {
        "throughput": {"num_images": num_images, "rounds": profile.pick(full=12, quick=4)},
        "profile": {"repetitions": profile.pick(full=600, quick=100)},
        "optimizations": {
            "num_images": num_images,
            "rounds": profile.pick(full=12, quick=2),
            "models": 5,
            "compile": profile.name == "full",
        },
        "workers": {"num_images": num_images // 3, "rounds": profile.pick(full=12, quick=2)},
    }
    for arm, settings in arms.items():
        yield Run(experiment="speed", arm=arm, seed=0, parameters={"batch_size": 64, **settings}, device=profile.device)


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> ThroughputResults | ProfileResults | WorkersResults:
    """Time one arm."""
    match run.arm:
        case "throughput":
            return measure_throughput(run, dataset, resolve_device(run.device))
        case "profile":
            return measure_profile(run, dataset)
        case "optimizations":
            return measure_optimizations(run, dataset)
        case _:
            return measure_workers(run, dataset)


def measure_profile(run: Run, dataset: Dataset) -> ProfileResults:
    """Time the parts of a step, and a step without arithmetic."""
    settings = run.parameters
    repetitions = settings["repetitions"]
    torch.manual_seed(run.seed)

    def time_step(model: MLP, images: torch.Tensor, batch_size: int) -> StepTiming:
        return time_training_step(
            model, images, dataset.train_labels, batch_size=batch_size, warmup=repetitions // 4, repetitions=repetitions
        )

    with threads_set_to(1):
        step = time_step(MLP(), dataset.train_images, settings["batch_size"])
        empty = time_step(MLP((1,), in_features=1), dataset.train_images[:, :1, :1].contiguous(), 1)
    return ProfileResults(
        devices=[observe(torch.device("cpu"))],
        batch_size=settings["batch_size"],
        seconds={part: getattr(step, f"{part}_seconds") for part in STEP_PARTS} | {"dispatch": empty.step_seconds},
    )


def measure_workers(run: Run, dataset: Dataset) -> WorkersResults:
    """Time the fixed set of runs on one worker and on as many as there are cores, in turn."""
    settings = run.parameters
    images = dataset.train[: settings["num_images"]]
    sizes = sorted({1, torch.get_num_threads()})
    wall: dict[str, list[float]] = {str(size): [] for size in sizes}
    alone: list[list[float]] = []
    with ExitStack() as stack:
        pools = {size: stack.enter_context(WorkerPool(images, size=size)) for size in sizes}
        for size, pool in pools.items():
            pool.train([16] * size, settings["batch_size"])  # starts the processes
        for _ in range(settings["rounds"]):
            for size, pool in pools.items():
                began = perf_counter()
                times = pool.train(WIDTHS, settings["batch_size"])
                wall[str(size)].append(perf_counter() - began)
                if size == 1:
                    alone.append(times)
    return WorkersResults(
        devices=[observe(torch.device("cpu"))],
        num_images=len(images),
        widths=list(WIDTHS),
        seconds={**wall, "runs": np.median(alone, axis=0).tolist()},
    )


EXPERIMENT = Experiment(plan=plan, measure=measure, exclusive=True)
