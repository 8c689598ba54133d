"""What the experiment `speed` times: that each way does the work it is said to do, and that times are recorded as such."""

import os
import subprocess
import sys
from functools import partial

import msgspec
import pytest
import torch
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from fmnist_ref import MLP, fit, load_sample, normalize, time_training_step
from report.answers.speed.step import ATTEMPTS
from report.experiments import attempts, hand_written, optimizations, speed, throughput, worker_pool
from report.experiments.hardware import HUGE_PAGES
from report.plan import Dataset, Images, Profile
from report.record.store import repeatable

SAMPLE = load_sample()
IMAGES = Images(normalize(SAMPLE.images), SAMPLE.labels)
SIZE = len(SAMPLE.labels)


@pytest.fixture
def dataset():
    return Dataset(IMAGES.images, IMAGES.labels, IMAGES.images, IMAGES.labels)


def planned(arm, **settings):
    run = next(run for run in speed.plan(Profile(name="quick")) if run.arm == arm)
    return msgspec.structs.replace(run, parameters=run.parameters | settings)


def test_every_arm_is_planned_once_for_all_seeds():
    assert {run.parameters.get("rounds", 12) for run in speed.plan(Profile())} == {12}
    for name in ("quick", "full"):
        runs = list(speed.plan(Profile(name=name, seeds=5)))
        assert [run.arm for run in runs] == ["throughput", "profile", "optimizations", "workers"]
        assert {run.seed for run in runs} == {0}
    assert speed.EXPERIMENT.exclusive


# Tests that kill every process of a report's kill Python's own tracker of shared memory with them; it starts again.
@pytest.mark.filterwarnings("ignore:resource_tracker:UserWarning")
def test_every_method_is_timed_in_rounds(dataset, monkeypatch):
    monkeypatch.setattr(throughput, "LOADER_WORKERS", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    results = throughput.measure_throughput(
        planned("throughput", num_images=200, rounds=4), dataset, torch.device("cpu")
    )
    assert [times.name for times in results.methods] == [
        "notebook", "loader_workers", "tensor_dataset", "fit", "fit_one_thread", "fit_pool", "torch_sgd", "scikit_learn",
        "hand_written", "products", "calls",
    ]  # fmt: skip
    assert {len(times.seconds["epoch"]) for times in results.methods} == {4}
    assert all(min(times.seconds["epoch"]) > 0 for times in results.methods)
    assert results.num_images == 200
    assert repeatable(msgspec.to_builtins(results.methods[0])).keys() == {
        "name", "threads", "processes", "networks", "problem",
    }  # fmt: skip


def test_time_of_part_of_an_epoch_is_given_for_the_whole_and_for_one_network(monkeypatch):
    now = iter([0.0, 0.0, 3.0, 3.0, 10.0, 13.0])  # the first reading, warming up, and then a round
    monkeypatch.setattr(throughput, "perf_counter", lambda: next(now))
    method = throughput.Method(throughput.EpochTimes(name="notebook", networks=2), lambda: None, epochs=0.25)
    (times,) = throughput.time_in_rounds([method], rounds=1)
    assert times.seconds == {"epoch": [3.0 / 0.25 / 2], "first": [3.0]}


def test_slow_methods_train_a_quarter_of_an_epoch_in_each_round(dataset, monkeypatch):
    trained = []
    make = throughput.notebook_epoch
    monkeypatch.setattr(
        throughput, "notebook_epoch", lambda batches: lambda num=None: trained.append(num) or make(batches)(num)
    )
    with worker_pool.WorkerPool(IMAGES, size=1) as pool:
        methods = throughput._methods(Images(IMAGES.images[:200], IMAGES.labels[:200]), 10, 1, pool)
    methods[0].work(), methods[2].work()
    assert trained == [5, None]  # of twenty batches
    assert [method.epochs for method in methods[:3]] == [0.25, 0.25, 1.0]


def test_the_notebooks_loop_trains_and_reads_every_loss():
    torch.manual_seed(0)
    batches = [(IMAGES.images[:64], IMAGES.labels[:64]), (IMAGES.images[64:128], IMAGES.labels[64:128])]
    epoch = throughput.notebook_epoch(batches)
    assert epoch(1) == pytest.approx(2.3026, abs=0.02)  # a batch at the loss of even probabilities
    losses = [epoch() for _ in range(30)]
    assert losses[0] == pytest.approx(2 * 2.3026, abs=0.02)  # two of them
    assert losses[-1] < losses[0] - 0.005


def test_scikit_learn_goes_through_all_images_once_a_call():
    epoch = throughput.scikit_learn_epoch(IMAGES, 50)
    network = epoch.func.__self__
    epoch(), epoch()
    assert network.t_ == 2 * SIZE
    assert [weights.shape for weights in network.coefs_] == [(784, 128), (128, 10)]
    assert network.out_activation_ == "softmax"


@pytest.mark.parametrize(("num_images", "steps"), [(128, 2), (129, 3)])
def test_the_floor_is_two_large_products_a_step(num_images, steps):
    with FlopCounterMode(display=False) as counter:
        throughput.large_products(num_images, 64)
    assert counter.get_total_flops() == steps * 2 * (2 * 64 * 784 * 128)


@pytest.mark.parametrize("batch_size", [64, 50])  # 300 images: the last batch is short, and is not
def test_hand_written_gradients_train_as_fit_does(batch_size):
    torch.manual_seed(0)
    ours, fitted = MLP(), MLP()
    fitted.load_state_dict(ours.state_dict())
    images, labels = IMAGES.images[:300], IMAGES.labels[:300]
    for epoch in range(3):
        losses = hand_written.hand_written_epoch(
            ours, images, labels, batch_size=batch_size, learning_rate=0.1, seed=epoch
        )
        history = fit(fitted, images, labels, epochs=1, batch_size=batch_size, learning_rate=0.1, seed=epoch)
        assert losses.mean().item() == pytest.approx(history.mean_of_batch_means[0], rel=1e-5)
    for found, expected in zip(ours.parameters(), fitted.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


class NewNumbers(TorchDispatchMode):
    """Counts the floating-point numbers for which operations allocate memory."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if not (func.is_view or func._schema.is_mutable):
            found = result if isinstance(result, tuple) else (result,)
            self.count += sum(t.numel() for t in found if isinstance(t, torch.Tensor) and t.is_floating_point())
        return result


def test_hand_written_steps_allocate_nothing_but_their_loss():
    def allocated(num_batches):
        size = 64 * num_batches
        with torch.no_grad(), NewNumbers() as new:  # a mode can't look into inference mode
            hand_written.hand_written_epoch.__wrapped__(
                MLP(), IMAGES.images[:size], IMAGES.labels[:size], batch_size=64
            )
        return new.count

    assert allocated(3) - allocated(1) == 2 * 3  # a loss with its weight, and the loss once more in the stack


def test_threads_are_as_before_after_a_method():
    before = torch.get_num_threads()
    with throughput.threads_set_to(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_a_pool_trains_every_width_it_is_given():
    with worker_pool.WorkerPool(Images(IMAGES.images[:100], IMAGES.labels[:100]), size=1) as one:
        seconds = one.train([16, 512], 50)
    assert len(seconds) == 2
    assert min(seconds) > 0


def test_batched_networks_are_the_single_ones():
    networks = optimizations.BatchedNetworks(3)
    images, labels = IMAGES.images[:64].flatten(1), IMAGES.labels[:64]
    losses = networks.losses(images, labels)
    losses.sum().backward()
    for seed in range(3):
        torch.manual_seed(seed)
        single = MLP()
        loss = F.cross_entropy(single(images), labels)
        loss.backward()
        assert losses[seed].item() == pytest.approx(loss.item(), abs=1e-6)
        for stacked, exclusive in zip(networks.parameters, single.parameters(), strict=True):
            torch.testing.assert_close(stacked.grad[seed], exclusive.grad, rtol=1e-4, atol=1e-7)


STEPS = {
    "fused_loss": attempts.fused_loss_step,
    "fused_network": attempts.fused_network_step,
    "functional": lambda model: partial(attempts.functional_step, attempts.parameters_of(model)),
    "compiled": attempts.compiled_loss_step,
    "compiled_step": attempts.compiled_step,
}


@pytest.mark.parametrize("name", STEPS)
def test_every_attempt_takes_the_steps_of_fit(name, monkeypatch):
    monkeypatch.setattr(attempts, "_compiled", lambda function: function)  # compilers take a quarter of a minute
    torch.manual_seed(0)
    one, other = MLP(), MLP()
    other.load_state_dict(one.state_dict())
    flat = Images(IMAGES.images.flatten(1), IMAGES.labels)
    attempts.train_epoch(STEPS[name](one), flat, 50)
    fit(other, IMAGES.images, IMAGES.labels, epochs=1, batch_size=50, learning_rate=0.01, seed=0)
    for found, expected in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("function", [attempts.FusedLoss, attempts.FusedNetwork])
def test_the_gradients_of_a_fused_node_scale_with_the_loss(function):
    torch.manual_seed(0)
    images, labels = IMAGES.images[:8].flatten(1), IMAGES.labels[:8]
    weight1, bias1, weight2, bias2 = (parameter.detach().requires_grad_() for parameter in MLP().parameters())
    parameters = [weight1, bias1, weight2, bias2]
    if function is attempts.FusedNetwork:
        loss = function.apply(images, labels, *parameters)
    else:
        loss = function.apply(F.linear(F.linear(images, weight1, bias1).relu(), weight2, bias2), labels)
    found = torch.autograd.grad(3 * loss, parameters)
    expected = torch.autograd.grad(3 * attempts.functional_loss(tuple(parameters), images, labels), parameters)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("before", [None, "1", "0"])
@pytest.mark.parametrize("asked", ["0", "1"])
def test_a_process_can_be_started_that_asks_for_large_pages_or_not(monkeypatch, before, asked):
    monkeypatch.delenv(HUGE_PAGES, raising=False)
    if before is not None:
        monkeypatch.setenv(HUGE_PAGES, before)
    program = f"import os; print(os.environ[{HUGE_PAGES!r}])"
    with optimizations.huge_pages_set_to(asked):
        told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert told.strip() == asked
    assert os.environ.get(HUGE_PAGES) == before


def test_a_machine_that_cannot_compile_says_so(dataset, monkeypatch):
    def no_compiler(function):
        def fails(*arguments):
            raise torch._dynamo.exc.BackendCompilerFailed(function, RuntimeError("no compiler"), None)

        return fails

    monkeypatch.setattr(attempts, "_compiled", no_compiler)
    results = optimizations.measure_optimizations(
        planned("optimizations", num_images=130, rounds=2, models=2, compile=True), dataset
    )
    assert results.num_images == 128
    problems = {method.name: method.problem for method in results.methods if method.problem}
    assert problems == {"compiled": "BackendCompilerFailed", "compiled_step": "BackendCompilerFailed"}
    assert {len(method.seconds["epoch"]) for method in results.methods if method.name in problems} == {0}
    assert {len(method.seconds["epoch"]) for method in results.methods if method.name not in problems} == {2}
    assert [method.name for method in results.methods] == list(ATTEMPTS)


def test_a_first_look_does_not_wait_for_a_compiler(dataset):
    results = optimizations.measure_optimizations(
        planned("optimizations", num_images=64, rounds=1, models=2, compile=False), dataset
    )
    assert [method.name for method in results.methods] == [name for name in ATTEMPTS if "compiled" not in name]


class OperatorCalls(TorchDispatchMode):
    """Notes every call of an operator that isn't only another view of the same values."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if not (func.is_view or func is torch.ops.aten.detach.default):
            self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def test_a_step_without_arithmetic_makes_the_same_calls(dataset, monkeypatch):
    timings, calls, flops = [], [], []

    def noted(*arguments, **settings):
        with FlopCounterMode(display=False) as counter, OperatorCalls() as operators:
            timings.append(time_training_step(*arguments, **settings))
        calls.append(operators.names)
        flops.append(counter.get_total_flops())
        return timings[-1]

    monkeypatch.setattr(speed, "time_training_step", noted)
    results = speed.measure_profile(planned("profile", repetitions=4), dataset)
    assert calls[0] == calls[1]
    assert 0 < flops[1] < flops[0] / 100_000
    assert (results.seconds["step"], results.seconds["dispatch"]) == tuple(t.step_seconds for t in timings)
    assert {len(seconds) for seconds in results.seconds.values()} == {4}
    assert repeatable(msgspec.to_builtins(results)).keys() == {"devices", "batch_size"}


def test_fixed_runs_are_timed_on_one_worker_and_on_all(dataset, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(speed, "WIDTHS", (8, 4))
    results = speed.measure_workers(planned("workers", num_images=128, rounds=1), dataset)
    assert results.seconds.keys() == {"1", "2", "runs"}
    assert len(results.seconds["runs"]) == 2
    assert (results.widths, results.num_images) == ([8, 4], 128)
