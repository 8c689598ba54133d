"""Question 5's conclusions turn when the effect turns."""

import msgspec
import numpy as np
import pytest
from examples import ExampleRecords, epochs, planned

from report.answers import CLAIMS
from report.answers.printed import printed
from report.answers.q5 import answer, printout
from report.conclude.verdicts import conclude
from report.record.reader import NoRecords

FALLING, RISING = [2.0, 1.8, 1.7, 1.65], [1.65, 1.7, 1.8, 2.0]
NUM_SEEDS = 25


def run(losses, **changed):
    curve = epochs.curve(losses)
    return epochs.results(msgspec.structs.replace(curve, **changed))


def records_of(runs):
    """Make the first of these the long runs, the others the short ones."""
    long = len(planned()["epochs", "as_published"])
    return ExampleRecords({("epochs", "as_published"): runs[:long], ("epochs", "as_published_short"): runs[long:]})


@pytest.mark.parametrize(
    ("losses", "verdict", "words"), [(FALLING, "supported", "falls"), (RISING, "refuted", "does not fall")]
)
def test_q5_1_turns_with_the_trend(losses, verdict, words):
    records = records_of([run([loss + seed * 0.001 for loss in losses]) for seed in range(NUM_SEEDS)])
    findings = conclude(CLAIMS, {"Q5.1": (printout.trend_of_prints(records),)}, "full")
    assert findings["Q5.1"].verdict == verdict
    assert findings["Q5.1"].estimates[0].n == NUM_SEEDS
    assert words in printout.printout(records, findings).title


def test_the_title_says_that_the_first_epoch_falls_fastest_only_where_it_does():
    steady = [[2.0, 1.9], [1.8, 1.7], [1.6, 1.4]]
    for prints, fastest in (([[2.3, 1.9], *steady[1:]], True), (steady, False)):
        records = records_of([run(FALLING[:3], logged_loss=prints)] * 4)
        findings = conclude(CLAIMS, {"Q5.1": (printout.trend_of_prints(records),)}, "full")
        assert ("fastest in the first epoch" in printout.printout(records, findings).title) == fastest


def test_prints_are_drawn_where_the_loop_makes_them():
    records = records_of([prints_of(0.0)] * 4)
    chart = printout.printout(records, conclude(CLAIMS, {}, "full")).chart
    ours, _, notebook = chart.panels[0].series
    assert ours.x[:10] == pytest.approx([k / 938 for k in range(100, 1000, 100)] + [1 + 100 / 938])
    assert notebook.x == pytest.approx(ours.x[: len(notebook.x)])


def test_share_of_falling_steps():
    records = records_of(
        [run(FALLING, logged_loss=[[loss] * 9 for loss in FALLING])] * 2
    )  # 36 prints: 3 of 35 steps fall
    assert printout.share_of_falling_steps(records).value == pytest.approx(100 * 3 / 35)


def prints_of(by):
    """Make a run that prints what the notebook printed, shifted."""
    blocks = {(p.epoch, p.batch): p.value + by for p in printed("q5_batch")}
    logged = [[blocks.get((epoch, batch), 1.7) for batch in range(100, 1000, 100)] for epoch in range(1, 5)]
    return run(FALLING, logged_loss=logged)


@pytest.mark.parametrize(("center", "verdict", "as_far"), [(0.0, "supported", NUM_SEEDS), (0.3, "refuted", 0)])
def test_q5_3_knows_the_printed_run_from_another(center, verdict, as_far):
    records = records_of([prints_of(center + by) for by in np.linspace(-0.01, 0.01, NUM_SEEDS).tolist()])
    found = answer.estimators["Q5.3"](records)
    assert found.settings["prints"] == len(printed("q5_batch")) == 30
    assert conclude(CLAIMS, {"Q5.3": (found,)}, "full")["Q5.3"].verdict == verdict
    assert answer.estimators["as-far"](records).value == as_far
    assert answer.estimators["num-seeds"](records).value == NUM_SEEDS


def test_q5_3_is_open_with_too_few_seeds():
    records = records_of([prints_of(0.3 + by) for by in np.linspace(-0.01, 0.01, 5).tolist()])
    found = answer.estimators["Q5.3"](records)
    assert conclude(CLAIMS, {"Q5.3": (found,)}, "full")["Q5.3"].verdict == "undetermined"
    with pytest.raises(NoRecords, match="2 curves"):
        answer.estimators["Q5.3"](records_of([prints_of(0.0)] * 2))


def test_the_gaps_are_print_and_epoch_minus_the_loss_with_fixed_weights():
    made = run(FALLING, logged_loss=[[2.2, 2.0]], train_loss=[1.9, 1.8, 1.7, 1.6], running_loss=[2.05, 1.9, 1.8, 1.7])
    records = records_of([made] * 2)
    assert answer.estimators["gap-print"](records).value == pytest.approx(0.1)
    assert answer.estimators["gap-epoch"](records).value == pytest.approx(0.15)
    assert answer.estimators["first-print"](records).value == pytest.approx(2.2)
    assert answer.estimators["fixed-first"](records).value == pytest.approx(1.9)
