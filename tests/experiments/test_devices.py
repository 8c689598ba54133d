"""The loops that are timed, on the CPU and on a stand-in for an accelerator: PyTorch's `meta` device, and a clock of its own."""

import time

import msgspec
import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import datasets, transforms

import fmnist_ref.devices
from fmnist_ref import MLP, cross_entropy, load_sample, normalize
from report.experiments import data_loading, devices, hardware, loader, step_variants, steps
from report.plan import Dataset, Profile, Run

SAMPLE = load_sample()
IMAGES = loader.TransformedImages(SAMPLE.images, SAMPLE.labels)


@pytest.fixture
def dataset():
    return Dataset(normalize(SAMPLE.images), SAMPLE.labels, normalize(SAMPLE.images), SAMPLE.labels)


@pytest.fixture
def two_threads():
    """Give PyTorch two threads, however many cores there are."""
    with hardware.torch_threads(2):
        yield


@pytest.fixture
def without_workers(monkeypatch):
    """Load in this process, whatever is asked for, since others take long to start; and do not warm up for long."""

    def image_loader(images, *, workers, **about):
        return loader.image_loader(images, **about)

    monkeypatch.setattr(data_loading, "image_loader", image_loader)
    monkeypatch.setattr(data_loading, "WARMUP_BATCHES", 1)


class StandInAccelerator:
    """Computes shapes only, on `meta`. Its queue is as long as it is told, and its clock moves only as work is done."""

    def __init__(self):
        self.now = 0.0
        self.queued = 0.0
        self.waits = 0

    def queue(self, seconds):
        self.now += 0.001  # handing the work over
        self.queued += seconds

    def synchronize(self, device):
        assert device.type == "meta"
        self.waits += 1
        self.now += self.queued
        self.queued = 0.0


@pytest.fixture
def accelerator(monkeypatch):
    stand_in = StandInAccelerator()
    monkeypatch.setattr(fmnist_ref.devices, "_accelerators", lambda: [torch.device("meta")])
    monkeypatch.setattr(fmnist_ref.devices, "_accelerator_facts", lambda _: ("Accelerator X", 2**34, "1.0"))
    monkeypatch.setattr(torch.accelerator, "current_device_index", lambda: 0)
    monkeypatch.setattr(torch.accelerator, "synchronize", stand_in.synchronize)
    return stand_in


def test_images_are_transformed_as_torchvision_does(tmp_path):
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for stem in ("train", "t10k"):
        header = b"\x00\x00\x08\x03" + np.array([300, 28, 28], ">u4").tobytes()
        (raw / f"{stem}-images-idx3-ubyte").write_bytes(header + SAMPLE.images.numpy().tobytes())
        header = b"\x00\x00\x08\x01" + np.array([300], ">u4").tobytes()
        (raw / f"{stem}-labels-idx1-ubyte").write_bytes(header + SAMPLE.labels.numpy().astype("u1").tobytes())
    theirs = datasets.FashionMNIST(
        str(tmp_path),
        transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]),
    )
    assert len(theirs) == len(IMAGES) == 300
    for index in range(0, 300, 7):
        image, label = IMAGES[index]
        assert torch.equal(image, theirs[index][0])
        assert (label, type(label)) == (theirs[index][1], int)


def test_loader_gives_full_shuffled_batches_beyond_one_epoch():
    batches = list(loader.image_loader(IMAGES, num_batches=7, batch_size=100, seed=3))
    assert [len(labels) for _, labels in batches] == [100] * 7
    epoch = torch.cat([images for images, _ in batches[:3]])
    assert len(epoch.flatten(1).unique(dim=0)) == len(SAMPLE.images.flatten(1).unique(dim=0))
    assert not torch.equal(epoch[:, 0], normalize(SAMPLE.images))


def test_loading_process_gives_the_same_batches():
    here, there = (list(loader.image_loader(IMAGES, num_batches=3, batch_size=50, workers=w)) for w in (0, 1))
    for ours, theirs in zip(here, there, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_resident_batches_go_through_all_images_in_a_new_order_each_time():
    images = torch.arange(12.0).reshape(12, 1)
    source = loader.resident_batches(images, torch.arange(12), batch_size=4)
    first, second = ([next(source) for _ in range(3)] for _ in range(2))
    for epoch in (first, second):
        assert torch.cat([labels for _, labels in epoch]).sort().values.tolist() == list(range(12))
        assert all(torch.equal(images.squeeze(1).long(), labels) for images, labels in epoch)
    assert [labels.tolist() for _, labels in first] != [labels.tolist() for _, labels in second]


def test_time_of_a_slow_part_is_booked_to_it():
    class Slow(MLP):
        def forward(self, images):
            time.sleep(0.02)
            return super().forward(images)

    def slow_source(num):
        for _ in range(num):
            time.sleep(0.01)
            yield normalize(SAMPLE.images[:8]), SAMPLE.labels[:8]

    cpu = torch.device("cpu")
    empty = data_loading.time_pass(slow_source(3), cpu, None)
    assert list(empty) == ["fetch", "copy"]
    assert empty["fetch"] >= 0.03
    trained = data_loading.time_pass(slow_source(3), cpu, Slow())
    assert trained["fetch"] >= 0.03
    assert trained["forward"] >= 0.06


def test_a_pass_trains_the_model_by_plain_descent():
    torch.manual_seed(0)
    model, twin = MLP(), MLP()
    twin.load_state_dict(model.state_dict())
    images, labels = normalize(SAMPLE.images[:64]), SAMPLE.labels[:64]
    data_loading.time_pass([(images, labels)], torch.device("cpu"), model)
    loss = cross_entropy(twin(images), labels)
    gradients = torch.autograd.grad(loss, list(twin.parameters()))
    for found, before, gradient in zip(model.parameters(), twin.parameters(), gradients, strict=True):
        torch.testing.assert_close(found, before - 0.01 * gradient)


@pytest.mark.parametrize("width", [1, 32, 500])
def test_operations_of_a_step_are_those_that_pytorch_counts(width):
    model = MLP((width,))
    with FlopCounterMode(display=False) as counter:
        cross_entropy(model(torch.zeros(16, 784)), torch.zeros(16, dtype=torch.int64)).backward()
    assert steps.step_flop(width, 16) == counter.get_total_flops()


def test_ratios_have_twelve_rounds_to_come_from():
    loader, steps = devices.plan(Profile())
    assert loader.parameters["repetitions"] >= 12
    assert steps.parameters["rounds"] >= 12


def test_plan_measures_an_accelerator_only_where_there_is_one():
    on_cpu = {run.arm for run in devices.plan(Profile())}
    assert on_cpu == {"loader", "steps"}
    on_gpu = list(devices.plan(Profile(device="cuda:0")))
    timed = {"loader", "steps", "clock", "variants"}
    assert {run.arm for run in on_gpu} - on_cpu == {f"accelerator_{kind}" for kind in timed}
    assert {run.seed for run in on_gpu} == {0}
    assert devices.EXPERIMENT.exclusive


def small(timed, device="cpu"):
    settings = {
        "loader": {"batches": 2, "resnet_batches": 1, "repetitions": 3},
        "steps": {"widths": [4, 8], "rounds": 2, "repetitions": 3, "resnet_repetitions": 1},
        "clock": {"repetitions": 4, "large_batch_sizes": [20, 30]},
        "variants": {"batch_sizes": [8, 400], "networks": 3, "rounds": 2},
    }[timed]
    parameters = {"timed": timed, "accelerator": device != "cpu", "batch_size": 8, **settings}
    return Run(experiment="devices", arm=timed, seed=0, parameters=parameters, device=device)


def test_every_kind_of_pass_is_repeated(dataset, without_workers):
    results = devices.measure(small("loader"), dataset, {})
    kinds = [(p.source, p.workers, p.model) for p in results.passes]
    sources = (("loader", 0), ("loader", 2), ("resident", 0))
    assert kinds == [(*source, model) for model in (None, "mlp128") for source in sources] + [
        (*source, "resnet18") for source in sources[:2]
    ]
    for found in results.passes:
        assert len(found.seconds) == (5 if found.model else 2)
        assert {len(seconds) for seconds in found.seconds.values()} == {3}
        assert found.num_batches == (8 if found.source == "resident" else 1 if found.model == "resnet18" else 2)
    assert msgspec.json.decode(msgspec.json.encode(results), type=data_loading.LoaderResults) == results
    assert [device.kind for device in results.devices] == ["cpu"]


def test_steps_of_every_model_are_timed_in_rounds_with_one_thread_and_with_all(dataset, two_threads):
    results = devices.measure(small("steps"), dataset, {})
    found = [(step.model, step.threads, step.num_parameters) for step in results.steps[:4]]
    small_and_large = (("mlp4", 4 * 785 + 50), ("mlp8", 8 * 785 + 90))
    assert found == [(name, threads, size) for name, size in small_and_large for threads in (1, 2)]
    assert [(step.model, step.threads) for step in results.steps[4:]] == [("resnet18", 1), ("resnet18", 2)]
    assert [[len(times) for times in step.seconds["step"]] for step in results.steps] == [[3, 3]] * 4 + [[1, 1]] * 2
    assert torch.get_num_threads() == 2
    assert len(results.products[0].seconds) == 10
    assert msgspec.json.decode(msgspec.json.encode(results), type=steps.StepsResults) == results


def test_accelerator_is_measured_beside_its_own_cpu_and_awaited(dataset, accelerator, monkeypatch):
    monkeypatch.setattr(steps, "_product_size", lambda _: 16)
    monkeypatch.setattr(steps, "ACCELERATOR_WARM_UP", 2)
    results = devices.measure(small("steps", "meta"), dataset, {})
    assert [(d.kind, d.name, d.total_memory_bytes) for d in results.devices][1] == ("meta", "Accelerator X", 2**34)
    assert {(step.model, step.device) for step in results.steps} == {
        (model, device) for model in ("mlp4", "mlp8", "resnet18") for device in ("cpu", "meta")
    }
    assert accelerator.waits > 0


def test_loader_feeds_an_accelerator_that_is_awaited(dataset, accelerator, without_workers):
    results = devices.measure(small("loader", "meta"), dataset, {})
    assert [p.device for p in results.passes] == ["cpu"] * 8 + ["meta"] * 8
    assert accelerator.waits > 0


def test_clock_is_read_before_and_after_waiting(accelerator, monkeypatch):
    monkeypatch.setattr(steps, "perf_counter", lambda: accelerator.now)

    class Queueing(nn.Linear):
        def forward(self, images):
            accelerator.queue(0.5)
            return super().forward(images)

    device = torch.device("meta")
    queued, done = steps.read_clock_twice(
        Queueing(4, 10, device=device),
        torch.zeros(2, 4, device=device),
        torch.zeros(2, dtype=torch.int64, device=device),
        device,
    )
    assert (queued, done) == (pytest.approx(0.001), pytest.approx(0.501))


def test_work_queued_before_a_pass_is_not_counted(accelerator, monkeypatch):
    monkeypatch.setattr(data_loading, "perf_counter", lambda: accelerator.now)
    accelerator.queue(5.0)

    def source():
        accelerator.queue(0.25)
        yield torch.zeros(2, 784), torch.zeros(2, dtype=torch.int64)

    seconds = data_loading.time_pass(source(), torch.device("meta"), None)
    assert seconds == {"fetch": pytest.approx(0.251), "copy": 0.0}


def test_clock_arm_has_a_small_step_and_large_ones(dataset, accelerator):
    results = devices.measure(small("clock", "meta"), dataset, {})
    assert [(clock.model, clock.batch_size) for clock in results.clocks] == [
        ("mlp128", 8), ("resnet18", 20), ("resnet18", 30),
    ]  # fmt: skip
    for clock in results.clocks:
        assert len(clock.seconds["queued"]) == len(clock.seconds["done"]) == 4
        assert all(a <= b for a, b in zip(clock.seconds["queued"], clock.seconds["done"], strict=True))


def test_settings_that_decide_the_speed_are_recorded(monkeypatch):
    facts = fmnist_ref.DeviceDescription("X", "cuda", 1, "2", "13")
    monkeypatch.setattr("report.experiments.hardware.describe_device", lambda _: facts)
    from report.experiments.hardware import observe

    found = observe(torch.device("cuda"))
    assert found.tensor_float32_convolutions is torch.backends.cudnn.allow_tf32
    assert (found.threads, found.float32_precision) == (torch.get_num_threads(), torch.get_float32_matmul_precision())


def test_variants_are_timed_on_both_devices_and_transfers_between_them(dataset, accelerator, two_threads, monkeypatch):
    monkeypatch.setattr(step_variants, "LARGEST_RESNET_BATCH_ON_CPU", 8)
    monkeypatch.setattr(step_variants, "DIRECTIONS", ("to",))  # the stand-in has no numbers to give back
    results = devices.measure(small("variants", "meta"), dataset, {})
    places = (("cpu", 1), ("cpu", 2), ("meta", 2))
    assert {(v.variant, v.model, v.batch_size, v.networks, v.device, v.threads) for v in results.variants} == {
        *(("plain", "mlp128", size, 1, *place) for size in (8, 400) for place in places),
        *(("plain", "resnet18", size, 1, "meta", 2) for size in (8, 400)),
        ("plain", "resnet18", 8, 1, "cpu", 2),
        *(("batched", "mlp128", 8, networks, *place) for networks in (1, 3) for place in places),
    }
    assert [(t.direction, t.is_pinned, t.num_bytes) for t in results.transfers] == [
        ("to", False, 28 * 28 * 4 * images) for images in (8, 400)
    ]
    assert {len(times.seconds) for times in (*results.variants, *results.transfers)} == {2}
    assert [device.kind for device in results.devices] == ["cpu", "meta"]
    assert accelerator.waits > 0
    assert msgspec.json.decode(msgspec.json.encode(results), type=step_variants.VariantResults) == results


def test_variants_of_one_batch_size_take_turns_and_others_wait(dataset, accelerator, two_threads, monkeypatch):
    groups = []

    def time_blocks(blocks, rounds):
        groups.append([block.device.type for block in blocks])
        return [[1.0] * rounds for _ in blocks]

    monkeypatch.setattr(step_variants, "time_blocks", time_blocks)
    devices.measure(small("variants", "meta"), dataset, {})
    plain, batched = ["cpu", "cpu", "meta"], [*["cpu"] * 4, *["meta"] * 2]
    assert groups == [[*plain, *batched], plain, ["cpu", "meta"], ["cpu", "meta"], ["meta"] * 4]


def test_an_accelerator_is_warmed_up_since_it_was_idle(dataset, accelerator, monkeypatch):
    monkeypatch.setattr(steps, "_product_size", lambda _: 16)
    warm_ups = set()

    def timed(*arguments, device, warmup, **about):
        warm_ups.add((device.type, warmup))
        return steps_timed(*arguments, device=device, warmup=1, **about)

    steps_timed = steps.time_training_step
    monkeypatch.setattr(steps, "time_training_step", timed)
    devices.measure(small("steps", "meta"), dataset, {})
    assert warm_ups == {("cpu", 1), ("meta", 50)}
