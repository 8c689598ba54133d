"""What a worker returns, and what it frees between runs."""

import gc
import math
import sys
import weakref

import msgspec
import pytest

from report.experiments import EXPERIMENTS
from report.plan import Experiment, Run
from report.run import worker


class Values(msgspec.Struct):
    """Results that JSON has no exact word for."""

    loss: float
    shape: tuple[int, ...]
    by_label: dict[int, float]


class Nothing(msgspec.Struct):
    """The results of a run that is about what it leaves."""


class Left:
    """Refers to itself, as the callbacks of a training do: only a search finds that nobody needs it."""

    def __init__(self):
        self.itself = self


@pytest.fixture
def left(monkeypatch):
    """Return a list that gets a weak reference to what each run leaves."""
    found = []

    def measure(run, dataset, inputs):
        found.append(weakref.ref(Left()))
        return Nothing()

    monkeypatch.setitem(EXPERIMENTS, "leaving", Experiment(plan=lambda profile: [], measure=measure))
    monkeypatch.setattr(worker, "dataset", lambda folder: None)
    gc.disable()
    yield found
    gc.enable()


@pytest.mark.parametrize(("long_run", "kept"), [(0.0, False), (3600.0, True)])
def test_only_a_long_run_is_searched_for_what_it_left(left, monkeypatch, long_run, kept):
    monkeypatch.setattr(worker, "LONG_RUN", long_run)
    measured = worker.measure(Run(experiment="leaving", arm="a", seed=0), {}, "")
    assert measured.results == {}
    assert (left[0]() is not None) == kept


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_memory_is_not_handed_back_where_the_system_has_no_such_call(left, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(worker, "LONG_RUN", 0.0)
    monkeypatch.setattr(worker.ctypes, "CDLL", lambda name: pytest.fail("looked for malloc_trim"))
    worker.measure(Run(experiment="leaving", arm="a", seed=0), {}, "")
    assert left[0]() is None


def test_results_are_built_in_types(monkeypatch):
    """They come from another process, perhaps on another machine, and go into a file."""
    results = Values(math.nan, (28, 28), {3: 0.5})
    experiment = Experiment(plan=lambda profile: [], measure=lambda run, dataset, inputs: results)
    monkeypatch.setitem(EXPERIMENTS, "epochs", experiment)
    monkeypatch.setattr(worker, "dataset", lambda folder: None)
    run = Run(experiment="epochs", arm="a", seed=0)
    measured = worker.measure(run, {}, "")
    assert measured.results == {"loss": pytest.approx(math.nan, nan_ok=True), "shape": (28, 28), "by_label": {"3": 0.5}}
