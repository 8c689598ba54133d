"""Example results of `devices`: passes, steps, their variants, clock readings and transfers of a processor and an accelerator."""

from itertools import product

import numpy as np

from report.experiments.data_loading import LoaderResults, Passes
from report.experiments.hardware import Device
from report.experiments.step_variants import Transfer, VariantResults, VariantTimes
from report.experiments.steps import ClockResults, ClockTimes, Products, StepsResults, StepTimes

NOISE = np.array([-1.0, 0.5, 1.0, -0.5, 0.0, 0.8, -0.9, 0.2])
CPU_STEPS = {"mlp32": 0.001, "mlp128": 0.0015, "mlp4096": 0.02, "resnet18": 0.4}
CUDA_STEPS = {"mlp32": 0.001, "mlp128": 0.001, "mlp4096": 0.002, "resnet18": 0.01}
WIDTHS = {"mlp32": 32, "mlp128": 128, "mlp4096": 4096, "resnet18": None}


def example(run, *, times=CUDA_STEPS, memory_bytes=2**37, clock=0.5, **about):
    """
    Make a run's timings.

    `times` are the accelerator's seconds by model, `memory_bytes` its memory, and `clock` the part of a step that a clock
    shows without waiting, of all or by batch size. The rest is for `passes` of this machine's own processor.
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
        case "variants":
            return VariantResults(devices=devices, variants=variants(), transfers=transfers())
        case _:
            shown = clock if isinstance(clock, dict) else dict.fromkeys((64, 1024, 16384), clock)
            clocks = [
                ClockTimes(
                    model="mlp128" if size == 64 else "resnet18",
                    batch_size=size,
                    seconds={"queued": 5 * around(share), "done": 5 * around(1.0)},
                )
                for size, share in shown.items()
            ]
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
            threads=2,
            num_parameters=10,
            peak_memory_bytes=None if kind == "cpu" else 10**9,
            seconds={
                part: rounds_around(seconds if part == "step" else seconds / 4, first=len(kind + model))
                for part in ("gather", "copy", "forward", "backward", "update", "step")
            },
        )
        for model, seconds in seconds_by_model.items()
    ]


def variants():
    """Make steps whose time on the processor grows with the batch, and on the accelerator only beyond 1024 images."""
    found = []
    for model, batch_size in product(("mlp128", "resnet18"), (16, 64, 1024, 16384)):
        large = 1 if model == "mlp128" else 100
        seconds = {"plain": 1e-3, "tf32": 0.8e-3, "graph": 0.2e-3}
        about = {"model": model, "batch_size": batch_size, "threads": 2}
        found += [
            VariantTimes(variant=name, device="cuda", seconds=around(each * max(1, batch_size / 1024)), **about)
            for name, each in seconds.items()
        ]
        if large == 1 or batch_size <= 1024:
            times = around(large * 2e-5 * batch_size)
            found.append(VariantTimes(variant="plain", device="cpu", seconds=times, **about))
    for networks, cpu, cuda in ((1, 2e-3, 2e-3), (64, 0.1, 4e-3)):
        about = {"variant": "batched", "model": "mlp128", "batch_size": 64, "networks": networks, "threads": 2}
        found += [
            VariantTimes(device="cpu", seconds=around(cpu), **about),
            VariantTimes(device="cuda", seconds=around(cuda), **about),
        ]
    return found


def transfers():
    """Make copies that take ten microseconds and a second for 10 GB, or 20 GB from locked memory."""
    return [
        Transfer(direction=direction, is_pinned=is_pinned, num_bytes=size, seconds=around(1e-5 + size / rate))
        for direction, (is_pinned, rate), size in product(
            ("to", "from"), ((False, 1e10), (True, 2e10)), (50_176, 51_380_224)
        )
    ]
