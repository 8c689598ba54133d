"""An experiment that takes no time, and that can be told to go wrong."""

import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import msgspec
import torch

from fmnist_ref import ConfigurationError, load_sample, normalize
from report import experiments
from report.plan import Dataset, Experiment, Run
from report.run import worker


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    total: int
    seconds: dict[str, list[float]] = {}


def measure(run, dataset, inputs):
    del dataset
    order = run.parameters.get("order")
    marker = Path(run.parameters["marker"]) if "marker" in run.parameters else None
    first_time = marker is None or not marker.exists()
    if marker is not None:
        marker.touch()
    if order == "die" or (order == "die once" and first_time):
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "raise" or (order == "raise once" and first_time):
        raise ConfigurationError("a parameter must be sound", "this one", "Choose another.")
    if order == "sleep":
        time.sleep(run.parameters["for"])
    return Sum(total=run.seed + sum(results["total"] for results in inputs.values()), seconds={"all": [time.time()]})


def plan(profile):
    return [Run(experiment="sum", arm="a", seed=seed) for seed in range(profile.seeds)]


@cache
def dataset(folder):
    """Return the sample as a data set, wherever the images are said to be."""
    del folder
    train, test = load_sample("train"), load_sample("test")
    return Dataset(normalize(train.images), train.labels, normalize(test.images), test.labels)


def register():
    experiments.EXPERIMENTS["sum"] = Experiment(plan=plan, measure=measure)
    experiments.EXPERIMENTS["timed sum"] = Experiment(plan=plan, measure=measure, exclusive=True)


def start(threads):
    torch.set_num_threads(2)  # what PyTorch takes by itself where there are two cores
    worker.start(threads)
    worker.dataset = dataset
    register()


def process_pool(workers, threads):
    context = get_context("forkserver")
    context.set_forkserver_preload([worker.__name__])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=start, initargs=(threads,))
