"""Example results of `speed`."""

from examples.devices import device
from report.experiments.speed import ProfileResults, WorkersResults
from report.experiments.throughput import EpochTimes, ThroughputResults

SECONDS = {
    "notebook": 10.0,
    "loader_workers": 7.0,
    "tensor_dataset": 1.5,
    "fit": 0.5,
    "fit_one_thread": 0.5,
    "fit_pool": 0.3,
    "scikit_learn": 0.6,
    "torch_sgd": 0.6,
    "hand_written": 0.4,
    "products": 0.25,
    "calls": 0.05,
}
"""Of an epoch by each method."""
PARTS = {"gather": 5e-5, "forward": 2e-4, "backward": 2.5e-4, "update": 5e-5, "step": 5.5e-4, "dispatch": 1.1e-4}
"""Seconds of a step."""


def example(run, **seconds):
    """Make an arm's timings; `seconds` change those of an epoch by some methods."""
    match run.arm:
        case "throughput":
            return throughput(**seconds)
        case "profile":
            parts = {part: [value, value, value * 1.1] for part, value in PARTS.items()}
            return ProfileResults(devices=[device("cpu")], batch_size=64, seconds=parts)
        case "optimizations":
            return results([
                times("fit", [0.5, 0.5]), times("large_pages", [0.5, 0.5]), times("small_pages", [0.55, 0.55]),
                times("torch_sgd", [0.6, 0.6]), times("sgd_foreach", [0.63, 0.63]), times("sgd_fused", [0.57, 0.57]),
                times("fused_loss", [0.5, 0.5]), times("fused_network", [0.45, 0.45]), times("functional", [0.7, 0.7]),
                times("compiled", [], first=9.0, problem="NoCompiler"),
                times("compiled_step", [0.44, 0.44], first=12.4),
                times("batched", [0.6, 0.6], first=3.2, networks=5),
                times("hand_written", [0.4, 0.4]),
            ])  # fmt: skip
        case _:
            seconds = {"1": [6.0], "2": [3.5], "runs": [3.0, 2.0, 1.0]}
            return WorkersResults(devices=[device("cpu")], num_images=20_000, widths=[64, 32, 16], seconds=seconds)


def throughput(**changed):
    """Make three rounds of every method."""
    return results([times(name, [s * f for f in (0.99, 1, 1.01)]) for name, s in (SECONDS | changed).items()])


def results(methods):
    """Make results of some methods."""
    return ThroughputResults(devices=[device("cpu")], batch_size=64, num_images=60_000, methods=methods)


def times(name, epochs, *, first=0.5, networks=1, problem=""):
    """Make the times of one method."""
    return EpochTimes(
        name=name,
        threads=2,
        processes=2 if name == "fit_pool" else 1,
        networks=networks,
        seconds={"epoch": epochs, "first": [first]},
        problem=problem,
    )
