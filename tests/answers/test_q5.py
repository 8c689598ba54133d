"""Question 5's conclusions turn when the effect turns."""

import msgspec
import pytest
from examples import ExampleRecords, epochs

from report.answers import CLAIMS
from report.answers.printed import printed
from report.answers.q5 import printout
from report.conclude.verdicts import conclude

FALLING, RISING = [2.0, 1.8, 1.7, 1.65], [1.65, 1.7, 1.8, 2.0]


def run(losses):
    return epochs.results(epochs.curve(losses))


def shifted(losses, by):
    return [loss + by for loss in losses]


def records_of(runs):
    return ExampleRecords({("epochs", "as_published"): runs})


@pytest.mark.parametrize(
    ("losses", "verdict", "words"), [(FALLING, "supported", "falls"), (RISING, "refuted", "does not fall")]
)
def test_q5_1_turns_with_the_trend(losses, verdict, words):
    records = records_of([run(shifted(losses, seed * 0.001)) for seed in range(5)])
    findings = conclude(CLAIMS, {"Q5.1": (printout.trend_of_prints(records),)}, "full")
    assert findings["Q5.1"].verdict == verdict
    assert words in printout.printout(records, findings).title


def test_share_of_falling_steps():
    records = records_of([run(FALLING)] * 2)  # 36 prints in four flat stretches: 3 of 35 steps fall
    assert printout.share_of_falling_steps(records).value == pytest.approx(100 * 3 / 35)


def prints_of(by):
    """Make a run that prints what the notebook printed, shifted."""
    blocks = {(p.epoch, p.batch): p.value + by for p in printed("q5_batch")}
    logged = [[blocks.get((epoch, batch), 1.7) for batch in range(100, 1000, 100)] for epoch in range(1, 5)]
    made = run(FALLING)
    return msgspec.structs.replace(made, curve=msgspec.structs.replace(made.curve, logged_loss=logged))


def test_q5_3_knows_the_printed_run_from_another():
    near = records_of([prints_of(by) for by in (-0.01, -0.004, 0.0, 0.006, 0.01)])
    assert conclude(CLAIMS, {"Q5.3": (printout.not_reproduced(near),)}, "full")["Q5.3"].verdict == "supported"
    far = records_of([prints_of(by) for by in (0.30, 0.31, 0.32)])
    finding = conclude(CLAIMS, {"Q5.3": (printout.not_reproduced(far),)}, "full")["Q5.3"]
    assert finding.verdict == "refuted"
    assert finding.estimates[0].value == len(printed("q5_batch")) == 30


def test_the_gap_is_print_minus_still():
    made = run(FALLING)
    curve = msgspec.structs.replace(made.curve, logged_loss=[[2.2, 2.0]], train_loss=[1.9, 1.8, 1.7, 1.6])
    records = records_of([msgspec.structs.replace(made, curve=curve)] * 2)
    assert printout.gap_to_still_weights(records).value == pytest.approx(0.1)
