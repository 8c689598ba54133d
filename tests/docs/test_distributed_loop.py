"""The guide's loop on several processes: those very lines, on two and on one, against `fit`."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from fmnist_ref import MLP, fit, load_sample, normalize

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
SCRIPT = GUIDE / "distributed_loop.py"
BATCH_SIZE = 63
"""Odd, so that two processes share each batch unequally; 300 images leave a short last one."""
pytestmark = pytest.mark.skipif(
    not (torch.distributed.is_available() and torch.distributed.is_gloo_available()), reason="PyTorch without gloo"
)


def trained(weights, *launcher):
    subprocess.run(
        [sys.executable, *launcher, str(SCRIPT), str(weights), str(BATCH_SIZE)],
        env=os.environ | {"PYTHONPATH": str(GUIDE.parents[1]), "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        timeout=300,
    )
    with np.load(weights) as file:
        return {name: torch.from_numpy(file[name]) for name in file.files}


@pytest.fixture(scope="module")
def by_fit():
    """The weights before, and those that the reference loop reaches."""
    sample = load_sample("train")
    torch.manual_seed(0)
    model = MLP()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fit(model, normalize(sample.images), sample.labels, epochs=3, batch_size=BATCH_SIZE, learning_rate=0.1)
    return before, model.state_dict()


def test_two_processes_reach_the_weights_of_fit(tmp_path, by_fit):
    before, after = by_fit
    both = trained(tmp_path / "two.npz", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    for name, value in after.items():
        torch.testing.assert_close(both[name], value, rtol=1e-4, atol=1e-5)
        assert (both[name] - before[name]).abs().max() > 1e-3


def test_one_process_without_torchrun_is_the_same_loop(tmp_path, by_fit):
    for name, value in trained(tmp_path / "one.npz").items():
        torch.testing.assert_close(value, by_fit[1][name], rtol=1e-5, atol=1e-6)


def test_the_guide_shows_the_lines_that_are_tested():
    include = re.search(
        r"```\{literalinclude\} (\S+)\n.*?:start-after: (.+?)\n:end-before: (.+?)\n```",
        (GUIDE / "cluster.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
    assert (GUIDE / include[1]) == SCRIPT
    text = SCRIPT.read_text(encoding="utf-8")
    start, end = (text.index(words.strip('"')) for words in include.groups()[1:])
    shown = text[start:end]
    assert "DistributedDataParallel" in shown
    assert "backward()" in shown
    assert callable(runpy.run_path(str(SCRIPT))["train"])
