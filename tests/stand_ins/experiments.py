"""An experiment that takes no time, and that can be told to go wrong."""

import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec

from fmnist_ref import ConfigurationError
from report import experiments
from report.plan import Experiment, Run
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


def dataset(folder):
    del folder


def register():
    experiments.EXPERIMENTS["sum"] = Experiment(plan=plan, measure=measure)
    experiments.EXPERIMENTS["timed sum"] = Experiment(plan=plan, measure=measure, exclusive=True)


def start(threads):
    worker.start(threads)
    worker.dataset = dataset
    register()


def process_pool(workers, threads):
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=start, initargs=(threads,))
