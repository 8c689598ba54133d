"""Momentum: runs follow the reference loop, and words the effect."""

import pytest
import torch
from examples import ExampleRecords, results_of
from stand_ins.experiments import dataset
from stand_ins.pages import text_of

from fmnist_ref import MLP, evaluate, fit
from report.answers.q5 import answer, momentum
from report.experiments.momentum import measure, plan
from report.plan import Profile
from report.render import pages


def test_without_momentum_it_is_the_reference_loop():
    images = dataset("")
    runs = plan(Profile(name="quick", seeds=1))
    without, with_momentum = (measure(run, images, {}) for run in runs)
    torch.manual_seed(0)
    model = MLP()
    fit(model, images.train_images, images.train_labels, epochs=2, seed=0)
    score = evaluate(model, images.test_images, images.test_labels)
    assert without.test_accuracy == score.accuracy
    assert with_momentum.test_accuracy > score.accuracy


@pytest.mark.parametrize(
    ("gain", "verdict", "words"),
    [(0.02, "supported", "helps"), (-0.02, "refuted", "does not help")],
)
def test_the_conclusion_follows_the_effect(gain, verdict, words, tmp_path):
    records = ExampleRecords(results_of("momentum", gain=gain))
    findings = pages.measure(records, "full").findings
    assert findings["Q5.90"].verdict == verdict
    assert words in momentum.gains(records, findings).title
    assert f"momentum {words} here" in text_of(answer, records, tmp_path)
