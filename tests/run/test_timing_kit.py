"""What times an accelerator where there is PyTorch and little else."""

import subprocess
import sys

import pytest
import torch
from examples import ENVIRONMENT
from examples.devices import example

from fmnist_ref import load_sample, normalize
from report.experiments import EXPERIMENTS
from report.plan import Experiment
from report.record import accelerator
from report.run import timing_kit, worker


def test_the_sample_is_repeated_until_there_are_enough_images():
    sample = load_sample("train")
    size = len(sample.labels)
    dataset = timing_kit.repeated_sample(size + 7)
    assert dataset.train_images.shape == (size + 7, 28, 28)
    assert torch.equal(dataset.train_images[size:], normalize(sample.images[:7]))
    assert torch.equal(dataset.train_labels[size:], sample.labels[:7])


def test_what_is_measured_is_kept_if_the_next_kind_fails(tmp_path, monkeypatch):
    def measure(run, dataset, inputs):
        if run.arm == "accelerator_clock":
            raise RuntimeError("out of order")
        return example(run)

    devices = Experiment(plan=EXPERIMENTS["devices"].plan, measure=measure, exclusive=True)
    monkeypatch.setitem(EXPERIMENTS, "devices", devices)
    monkeypatch.setattr(worker, "observe", lambda device: ENVIRONMENT)
    monkeypatch.setattr(timing_kit, "resolve_device", torch.device)
    threads = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="out of order"):
        timing_kit.main(["--device", "cuda:0", "--images", "10", "--file", str(tmp_path / "timings.json")])
    torch.set_num_threads(threads)
    kept = accelerator.read(tmp_path / "timings.json")
    assert [record.arm for record in kept] == ["accelerator_loader", "accelerator_steps"]


@pytest.fixture
def made_up(monkeypatch):
    """Replace the measurements of `devices` by made-up results, and the accelerator by none."""
    measured = []

    def measure(run, dataset, inputs):
        measured.append(run.arm)
        return example(run)

    devices = Experiment(plan=EXPERIMENTS["devices"].plan, measure=measure, exclusive=True)
    monkeypatch.setitem(EXPERIMENTS, "devices", devices)
    return measured


def test_what_the_kit_writes_a_report_can_read(tmp_path, made_up, monkeypatch):
    monkeypatch.setattr(worker, "observe", lambda device: ENVIRONMENT)
    runs = accelerator.runs("cuda:0")
    records = list(timing_kit.time_runs(runs, timing_kit.repeated_sample(10)))
    accelerator.write(records, tmp_path / "timings.json")
    assert [record.run for record in accelerator.read(tmp_path / "timings.json")] == [run.id for run in runs]
    assert {record.data_sha256 for record in records} == {timing_kit.SAMPLE}


def test_the_kit_can_be_tried_on_a_cpu(tmp_path, made_up, capsys):
    threads = torch.get_num_threads()
    try:
        assert timing_kit.main(["--device", "cpu", "--images", "10", "--file", str(tmp_path / "timings.json")]) == 0
    finally:
        torch.set_num_threads(threads)
    assert made_up == ["accelerator_loader", "accelerator_steps", "accelerator_clock", "accelerator_variants"]
    assert "The kit works here" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_part_can_be_timed_alone(made_up):
    threads = torch.get_num_threads()
    assert timing_kit.main(["--device", "cpu", "--images", "10", "--only", "variants", "clock"]) == 0
    torch.set_num_threads(threads)
    assert made_up == ["accelerator_clock", "accelerator_variants"]


def test_a_device_that_is_not_there_is_one_line(capsys):
    assert timing_kit.main(["--device", "cuda:99"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_kit_needs_little_beside_pytorch():
    program = """
import sys

for name in ("click", "rich", "scipy", "sklearn", "sphinx", "matplotlib", "threadpoolctl"):
    sys.modules[name] = None  # an import of it fails
from report.run import timing_kit
print([run.arm for run in timing_kit.accelerator.runs("cuda:0")])
"""
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert "accelerator_steps" in told
