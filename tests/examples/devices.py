"""Example results of `devices`: passes, steps and clock readings on a processor and on an accelerator."""

import numpy as np

from report.experiments.data_loading import LoaderResults, Passes
from report.experiments.hardware import Device
from report.experiments.steps import ClockResults, ClockTimes, Products, StepsResults, StepTimes

NOISE = np.array([-1.0, 0.5, 1.0, -0.5, 0.0, 0.8, -0.9, 0.2])
CPU_STEPS = {"mlp32": 0.001, "mlp128": 0.0015, "mlp4096": 0.02, "resnet18": 0.4}
CUDA_STEPS = {"mlp32": 0.001, "mlp128": 0.001, "mlp4096": 0.002, "resnet18": 0.01}
WIDTHS = {"mlp32": 32, "mlp128": 128, "mlp4096": 4096, "resnet18": None}


def example(run, *, times=CUDA_STEPS, memory_bytes=2**37, clock=0.5, **about):
    """
    Make a run's timings.

    `times` are the accelerator's seconds by model, `memory_bytes` its memory, and `clock` the part of a step that a clock
    shows without waiting. The rest is for `passes` of this machine's own processor.
    """
    accelerator = run.parameters["accelerator"]
    devices = [device("cpu"), device("cuda", memory_bytes)][: 1 + accelerator]
    match run.parameters["timed"]:
        case "loader":
            found = passes("cpu") + passes("cuda") if accelerator else passes("cpu", **about)
            return LoaderResults(devices=devices, batch_size=64, passes=found)
        case "steps":
            steps = step_times("cpu", CPU_STEPS) + (step_times("cuda", times) if accelerator else [])
            products = [Products(device=d.kind, size=1024, seconds=[0.02, 0.021]) for d in devices]
            return StepsResults(devices=devices, batch_size=64, steps=steps, products=products)
        case _:
            seconds = {"queued": around(clock), "done": around(1.0)}
            clocks = [ClockTimes(model=model, batch_size=64, seconds=seconds) for model in ("mlp128", "resnet18")]
            return ClockResults(devices=devices, clocks=clocks)


def device(kind, memory_bytes=2**36):
    """Make a device that is like any other of its kind."""
    return Device(
        kind=kind,
        name=f"Maker's {kind}",
        total_memory_bytes=memory_bytes,
        torch_version="2.9",
        backend_version=None if kind == "cpu" else "13.0",
        threads=2,
        float32_precision="highest",
        tensor_float32_convolutions=None if kind == "cpu" else True,
    )


def around(seconds, spread=0.01, first=0):
    """Make repetitions that vary around their median by a share of it; `first` says with which they begin."""
    return (seconds * (1 + spread * np.roll(NOISE, first))).tolist()


def rounds_around(seconds, first):
    """Make rounds of three repetitions that vary likewise."""
    return [[0.99 * middle, middle, 1.01 * middle] for middle in around(seconds, first=first)]


def passes(kind, *, loader=0.01, resident=1e-5, compute=0.001, spread=0.01):
    """
    Make passes of every kind from the seconds of a batch: to load it, to gather it, and to train on it.

    ResNet-18 takes a hundred times as long as the small network to train on it.
    """
    found = []
    for model in (None, "mlp128", "resnet18"):
        times = compute * {None: 0, "mlp128": 1, "resnet18": 100}[model]
        for source, workers, fetch in (("loader", 0, loader), ("loader", 2, 0.6 * loader), ("resident", 0, resident)):
            if (source, model) == ("resident", "resnet18"):
                continue
            parts = {"fetch": 100 * fetch, "copy": 1e-6}
            parts |= dict.fromkeys(("forward", "backward", "update"), 100 * times / 3) if model else {}
            seconds = {part: around(value, spread, first) for first, (part, value) in enumerate(parts.items())}
            found.append(
                Passes(source=source, workers=workers, model=model, device=kind, num_batches=100, seconds=seconds)
            )
    return found


def step_times(kind, seconds_by_model):
    """Make the steps of some models."""
    return [
        StepTimes(
            model=model,
            width=WIDTHS[model],
            device=kind,
            num_parameters=10,
            peak_memory_bytes=None if kind == "cpu" else 10**9,
            seconds={
                part: rounds_around(seconds if part == "step" else seconds / 4, first=len(kind + model))
                for part in ("gather", "copy", "forward", "backward", "update", "step")
            },
        )
        for model, seconds in seconds_by_model.items()
    ]
