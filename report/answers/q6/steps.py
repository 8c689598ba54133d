"""Question 6, training steps: on the CPU and on the accelerator, for both of the notebook's models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from report.answers import timed
from report.answers.answer import Cell, Findings, TableSpec
from report.answers.printed import printed
from report.answers.q6 import answer
from report.conclude.interval_rules import Above
from report.conclude.rules import Conditions
from report.conclude.statistics import Estimate, exact, log_ratio, proportion
from report.experiments.hardware import Device, Part
from report.experiments.steps import StepsResults, StepTimes
from report.record.reader import NoRecords, Records

STEP_PARTS: tuple[Part, ...] = ("step", "gather", "forward", "backward", "update", "copy")
MODELS = {"mlp128": "784-128-10", "resnet18": "ResNet-18, one-channel stem"}
NOT_COUNTED = "not counted"
NO_BACKEND = "none"


@answer.claim(
    "Q6.2",
    "A GPU can cut training time.",
    Conditions({"784-128-10": Above(1.0), "ResNet-18": Above(1.0)}),
    kind="G",
    place="Q6, speedup in training time",
    note="Of one GPU and the CPU beside it: a plain PyTorch step on a batch of 64 in the device's memory, with a wait after every "
    "step. Larger batches, and the step launched as one, are on the page.",
)
def gains_of_accelerator(records: Records) -> tuple[Estimate, Estimate]:
    """Time of a whole training step on {host} (one thread or all, whichever is faster) over that on {accelerator}."""
    results = timed.steps(records, accelerator=True)
    host, accelerator = results.devices
    small, large = (
        log_ratio(
            timed.by_round(timed.steps_of(results, model)),
            timed.by_round(timed.steps_of(results, model, accelerator)),
            settings={"host": host.name, "accelerator": accelerator.name},
        )
        for model in MODELS
    )
    return small, large


@answer.claim(
    "Q6.5",
    "GPUs typically have more memory than CPUs.",
    Above(50.0, unit="%"),
    kind="G",
    place="Q6, memory requirements",
    note="A report reads the record of one machine, which can't show what is typical: it would take six that agree.",
)
def machines_with_more_memory_on_the_accelerator(records: Records) -> Estimate:
    """Share of machines whose accelerator ({accelerator} GB) has more memory than its host ({host} GB)."""
    results = timed.steps(records, accelerator=True)
    host, accelerator = (device.total_memory_bytes for device in results.devices)
    if not host or not accelerator:
        raise NoRecords("a size of memory")
    sizes = {"accelerator": round(accelerator / 1e9), "host": round(host / 1e9)}
    return proportion(int(accelerator > host), 1, n_of="machines", settings=sizes)


@answer.number("memory-ratio")
def memory_ratio(records: Records) -> Estimate:
    """Return the memory of the accelerator over that of its host."""
    host, accelerator = (device.total_memory_bytes for device in timed.steps(records, accelerator=True).devices)
    if not host or not accelerator:
        raise NoRecords("a size of memory")
    return exact(accelerator / host, unit="ratio", n=1, n_of="machines", digits=2)


@answer.number("step-notebook", "mlp128")
@answer.number("step-wide", "mlp4096")
@answer.number("step-resnet", "resnet18")
def step_time(records: Records, model: str) -> Estimate:
    """Estimate the time of a training step on the CPU, in milliseconds."""
    seconds = timed.by_round(timed.steps_of(timed.steps(records), model))
    return timed.median(seconds, scale=timed.MILLI, unit="ms", n_of="rounds")


@answer.number("accelerator-step")
def accelerator_step(records: Records) -> tuple[Estimate, ...]:
    """Estimate the time of a training step on the accelerator, in milliseconds: the notebook's network, and one of 4096 units."""
    results = timed.steps(records, accelerator=True)
    found = (timed.steps_of(results, model, results.devices[-1]) for model in ("mlp128", "mlp4096"))
    return tuple(timed.median(timed.by_round(step), scale=timed.MILLI, unit="ms", n_of="rounds") for step in found)


@answer.number("resnet-minutes")
def minutes_of_fifty_epochs(records: Records) -> Estimate:
    """Estimate how long fifty epochs of training ResNet-18 would take on the CPU, in minutes."""
    num_batches = printed("q6_cpu_seconds")[0].epoch * timed.EPOCH_BATCHES
    seconds = timed.by_round(timed.steps_of(timed.steps(records), "resnet18"))
    return timed.median(seconds, scale=num_batches / 60, unit="minutes", n_of="rounds", digits=0)


@answer.table("q6-steps")
def step_table(records: Records, findings: Findings) -> TableSpec:
    """List the parts of a training step on resident tensors, for both of the notebook's models."""
    rows: list[list[Cell]] = []
    for accelerator in timed.with_and_without_accelerator(records, "steps"):
        results = timed.steps(records, accelerator)
        for model, label in MODELS.items():
            for device in results.devices:
                step = timed.steps_of(results, model, device)
                medians = [float(np.median(timed.by_round(step, part))) * timed.MILLI for part in STEP_PARTS]
                memory = NOT_COUNTED if step.peak_memory_bytes is None else f"{step.peak_memory_bytes / 1e6:.0f}"
                rows.append([label, _where(device, step), step.num_parameters, *medians, memory])
    columns = ["model", "device", "parameters", "step", *STEP_PARTS[1:-1], "copy, apart", "peak memory (MB)"]
    columns, rows = _without(NOT_COUNTED, columns, rows)
    return TableSpec(
        title="A training step, part by part",
        caption=(
            "A training step on 64 images in the device's memory, in milliseconds: the whole, and its parts, each timed until the "
            "device had finished it. Copying the batch from main memory is not part of the step. On the CPU with one thread or with as "
            "many as it has cores, whichever is faster. Medians of rounds."
        ),
        columns=columns,
        rows=rows,
    )


@answer.table("q6-devices")
def devices(records: Records, findings: Findings) -> TableSpec:
    """List what was measured on."""
    rows: list[list[Cell]] = []
    for accelerator in timed.with_and_without_accelerator(records, "steps"):
        results = timed.steps(records, accelerator)
        rows += [_device_row(device, results) for device in results.devices]
    columns = ["device", "kind", "memory (GB)", "PyTorch", "backend", "threads", "float32 products", "matrix products (GFLOP/s)"]  # fmt: skip
    columns, rows = _without(NO_BACKEND, columns, rows)
    return TableSpec(
        title="Devices that were measured",
        caption="What the times of this page were measured on. float32 products: PyTorch's setting, where “highest” means no rounding of the "
        "inputs. Matrix products: the rate of the fastest large one."
        + (" An accelerator is compared with the CPU above it." if len(rows) > 1 else ""),
        columns=columns,
        rows=rows,
    )


def _where(device: Device, step: StepTimes) -> str:
    return timed.machine(replace(device, threads=step.threads)) if device.kind == "cpu" else device.name


def _without(nothing: str, columns: list[str], rows: list[list[Cell]]) -> tuple[list[str], list[list[Cell]]]:
    """Leave out the columns that have nothing in any row."""
    kept = [i for i in range(len(columns)) if any(row[i] != nothing for row in rows)]
    return [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _device_row(device: Device, results: StepsResults) -> list[Cell]:
    precision = device.float32_precision
    if device.tensor_float32_convolutions:
        precision += "; TF32 in convolutions"
    return [
        device.name,
        device.kind,
        "unknown" if device.total_memory_bytes is None else f"{device.total_memory_bytes / 1e9:.0f}",
        device.torch_version,
        device.backend_version or NO_BACKEND,
        device.threads,
        precision,
        timed.floating_point_rate(results, device) / 1e9,
    ]
