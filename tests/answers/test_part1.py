"""Part 1's conclusions turn when the effect turns."""

import msgspec
import pytest
from examples import ExampleRecords, epochs

from report.answers import CLAIMS
from report.answers.part1 import answer, figures
from report.answers.printed import printed
from report.conclude.verdicts import conclude
from report.record.reader import NoRecords

FALLING, RISING = [2.0, 1.8, 1.7, 1.65], [1.65, 1.7, 1.8, 2.0]


def run(*losses, **others):
    return epochs.results(epochs.curve(*losses, **others))


def shifted(losses, by):
    return [loss + by for loss in losses]


def findings_of(records, *names):
    estimates = {}
    for name in names:
        found = answer.estimators[name](records)
        estimates[name] = found if isinstance(found, tuple) else (found,)
    return conclude(CLAIMS, estimates, "full")


@pytest.mark.parametrize(("losses", "verdict"), [(FALLING, "supported"), (RISING, "refuted")])
def test_p1_1_turns_with_the_loss(losses, verdict):
    runs = [run(shifted(losses, seed * 0.001)) for seed in range(5)]
    records = ExampleRecords({("epochs", "as_published"): runs, ("epochs", "from_logits"): runs})
    findings = findings_of(records, "P1.1")
    assert findings["P1.1"].verdict == verdict
    title = figures.loss_curves(records, findings).title
    assert ("does not fall" in title) == (verdict == "refuted")


def test_p1_2_falls_with_one_rise_in_one_seed():
    steady = [run(shifted(FALLING, seed * 0.001)) for seed in range(4)]
    records = ExampleRecords({("epochs", "as_published"): steady})
    assert findings_of(records, "P1.2")["P1.2"].verdict == "supported"
    once = [*steady, run([2.0, 1.8, 1.81, 1.7])]
    records = ExampleRecords({("epochs", "as_published"): once})
    assert findings_of(records, "P1.2")["P1.2"].verdict == "refuted"


@pytest.mark.parametrize(("change", "verdict"), [(0.05, "refuted"), (-0.05, "undetermined")])
def test_p1_3_turns_with_the_test_loss(change, verdict):
    runs = [
        run(
            FALLING,
            test_losses=[0.5, 0.4, 0.4 + change / 2, 0.4 + change + seed * 0.001],
            validation=[0.5, 0.4, 0.41, 0.42],
        )
        for seed in range(5)
    ]
    records = ExampleRecords({("epochs", "held_out"): runs})
    finding = findings_of(records, "P1.3")["P1.3"]
    assert finding.estimates[0].value == pytest.approx(change + 0.002)
    assert finding.verdict == ("supported" if change < 0 else verdict)
    title = figures.over_training(records, {"P1.3": finding}).title
    assert ("still falling" in title) == (change < 0)


@pytest.mark.parametrize(("accuracy", "verdict"), [(0.80, "refuted"), (0.90, "supported")])
def test_p1_5_turns_with_the_accuracy(accuracy, verdict):
    published = [run(FALLING, [accuracy + seed * 0.0001] * 4) for seed in range(5)]
    logits = [run(FALLING, [0.88 + seed * 0.0001] * 4) for seed in range(5)]
    records = ExampleRecords({
        ("epochs", "as_published"): published, ("epochs", "from_logits"): logits,
        ("epochs", "tuned_published"): published, ("epochs", "tuned_logits"): logits,
    })  # fmt: skip
    findings = findings_of(records, "P1.5a", "P1.5b")
    assert findings["P1.5a"].verdict == findings["P1.5b"].verdict == verdict
    assert findings["P1.5a"].estimates[0].value == pytest.approx((accuracy - 0.88) * 100)
    assert ("costs no accuracy" in figures.accuracy_cost(records, findings).title) == (verdict == "supported")


def test_p1_6_knows_the_printed_run_from_another():
    losses = [p.value for p in printed("part1_epoch")]
    near = [run(shifted(losses, by)) for by in (-0.003, -0.001, 0.001, 0.002, 0.004)]
    assert findings_of(ExampleRecords({("epochs", "as_published"): near}), "P1.6")["P1.6"].verdict == "supported"
    far = [run(shifted(losses, by)) for by in (0.103, 0.101, 0.102, 0.1, 0.104)]
    finding = findings_of(ExampleRecords({("epochs", "as_published"): far}), "P1.6")["P1.6"]
    assert finding.verdict == "refuted"
    assert finding.estimates[0].value == len(losses)


def test_one_printed_value_out_of_range_is_enough():
    losses = [p.value for p in printed("part1_epoch")]
    runs = [run([*shifted(losses[:-1], by), losses[-1] + 0.05 + by]) for by in (-0.001, 0.0, 0.001)]
    assert findings_of(ExampleRecords({("epochs", "as_published"): runs}), "P1.6")["P1.6"].verdict == "refuted"


def test_without_records_nothing_is_measured():
    for measure in answer.estimators.values():
        with pytest.raises(NoRecords):
            measure(ExampleRecords({}))


def test_alt_text_is_made_from_the_data():
    runs = [run(FALLING)] * 3
    records = ExampleRecords({("epochs", "as_published"): runs, ("epochs", "from_logits"): runs})
    alt = figures.loss_curves(records, conclude(CLAIMS, {}, "full")).alt
    assert "2.00" in alt
    assert "1.65" in alt
    other = [
        msgspec.structs.replace(r, curve=msgspec.structs.replace(r.curve, running_loss=[3.0, 2.5, 2.4, 2.2]))
        for r in runs
    ]
    records = ExampleRecords({("epochs", "as_published"): other, ("epochs", "from_logits"): runs})
    assert "3.00" in figures.loss_curves(records, conclude(CLAIMS, {}, "full")).alt
