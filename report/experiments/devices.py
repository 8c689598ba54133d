"""
Where the time of the notebook's loops goes, and how it depends on the device.

Measured, on the CPU always and on the accelerator where the report has one:

- `loader`: passes of 120 batches of 64 images through the notebook's loader (0 and 2 workers) and of 480 over resident
  tensors, empty as in the notebook's comparison of devices and with training, and of 8 through the loader with training of
  ResNet-18, all kinds in turn, in 12 rounds (`data_loading`);
- `steps`: whole training steps and their parts by `fmnist_ref.time_training_step`, for a hidden layer of 32 to 4096 units
  and for ResNet-18 with a one-channel stem, all models in turn, in 12 rounds, and a large matrix product whose rate
  bounds them (`steps`);
- `clock`, accelerator only: every step's time read before and after waiting for the device;
- `variants`, accelerator only: steps at batch sizes of 16 to 16384, with rounded products, as captured graphs, and for 64
  networks at once, and transfers between host and device (`step_variants`).

Arms named `accelerator_*` time the accelerator beside the CPU of the same machine, so that a ratio of the two never
compares two machines. PyTorch uses a thread per core; steps on the CPU are timed with one thread as well. About 50 seconds for
`loader` and 20 for `steps` on two cores; six minutes for all on a machine with 16 cores and a GPU.

Rounds: ratios come from pairs of times of one round. Over the four rounds of a quick report, the logarithm of loader over
resident tensors, with training, had a standard deviation of 0.08: 12 rounds then give that ratio to within 5 percent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from fmnist_ref import resolve_device
from report.experiments.data_loading import LoaderResults, measure_loader
from report.experiments.step_variants import VariantResults, measure_variants
from report.experiments.steps import ClockResults, StepsResults, measure_clock, measure_steps
from report.plan import Dataset, Experiment, Inputs, Profile, Run

Results = LoaderResults | StepsResults | ClockResults | VariantResults
RESULTS: dict[str, type[Results]] = {
    "loader": LoaderResults,
    "steps": StepsResults,
    "clock": ClockResults,
    "variants": VariantResults,
}
"""Types of results by what is timed."""


def plan(profile: Profile) -> Iterator[Run]:
    """List the runs: one of each kind, since repetitions take the place of seeds."""
    loader = profile.pick(
        full={"batches": 120, "resnet_batches": 8, "repetitions": 12},
        quick={"batches": 15, "resnet_batches": 2, "repetitions": 4},
    )
    steps = {
        "widths": profile.pick(full=[32, 64, 128, 256, 512, 1024, 2048, 4096], quick=[32, 128, 4096]),
        "rounds": profile.pick(full=12, quick=2),
        "repetitions": profile.pick(full=8, quick=3),
        "resnet_repetitions": profile.pick(full=2, quick=1),
    }
    clock = {
        "repetitions": profile.pick(full=100, quick=10),
        "large_batch_sizes": profile.pick(full=[1024, 16384], quick=[256, 1024]),
    }
    variants = {
        "batch_sizes": profile.pick(full=[16, 64, 256, 1024, 4096, 16384], quick=[64, 1024]),
        "networks": 64,
        "rounds": profile.pick(full=12, quick=2),
    }
    yield _run("loader", profile, loader)
    yield _run("steps", profile, steps)
    if profile.device != "cpu":
        for timed, settings in (("loader", loader), ("steps", steps), ("clock", clock), ("variants", variants)):
            yield _run(timed, profile, settings, accelerator=True)


def _run(timed: str, profile: Profile, settings: dict[str, Any], *, accelerator: bool = False) -> Run:
    return Run(
        experiment="devices",
        arm=f"accelerator_{timed}" if accelerator else timed,
        seed=0,
        parameters={"timed": timed, "accelerator": accelerator, "batch_size": 64, **settings},
        device=profile.device,
    )


def measure(run: Run, dataset: Dataset, inputs: Inputs) -> Results:
    """Time one kind, on the CPU and, for an accelerator's arm, on the run's device as well."""
    devices = [torch.device("cpu")]
    if run.parameters["accelerator"]:
        devices.append(resolve_device(run.device))
    match run.parameters["timed"]:
        case "loader":
            return measure_loader(run, dataset, devices)
        case "steps":
            return measure_steps(run, dataset, devices)
        case "clock":
            return measure_clock(run, dataset, devices[-1])
        case _:
            return measure_variants(run, dataset, devices)


EXPERIMENT = Experiment(plan=plan, measure=measure, exclusive=True)
