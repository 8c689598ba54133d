"""Question 4's conclusions turn when the effect turns."""

import pytest
from examples import ExampleRecords, epochs
from examples.capacity import architecture, trained

from report.answers import CLAIMS
from report.answers.q4 import answer, depth, width
from report.conclude.verdicts import conclude
from report.record.reader import NoRecords

FALLING = [2.0, 1.8, 1.7, 1.65]


def run(losses, accuracies):
    return epochs.results(epochs.curve(losses, accuracies))


def shifted(losses, by):
    return [loss + by for loss in losses]


def seeds(make, accuracy):
    return [make(accuracy + seed * 0.0002) for seed in range(5)]


def records_with(*, none=0.84, linear=0.84, relu1=0.88, relu2=0.90, relu3=0.90):
    return ExampleRecords({
        ("epochs", "from_logits"): seeds(lambda a: run(FALLING, [a] * 4), relu1),
        ("capacity", "none"): seeds(architecture, none),
        ("capacity", "linear1"): seeds(architecture, linear),
        ("capacity", "relu2"): seeds(architecture, relu2),
        ("capacity", "relu3"): seeds(architecture, relu3),
    })  # fmt: skip


def findings_of(records, *names):
    found = {name: answer.estimators[name](records) for name in names}
    return conclude(CLAIMS, {n: f if isinstance(f, tuple) else (f,) for n, f in found.items()}, "full")


@pytest.mark.parametrize(
    ("relu1", "verdict", "words"), [(0.88, "supported", "improves on none"), (0.80, "refuted", "does not")]
)
def test_q4_1_turns_with_the_accuracy(relu1, verdict, words):
    records = records_with(relu1=relu1)
    findings = findings_of(records, "Q4.1", "Q4.2")
    assert findings["Q4.1"].verdict == verdict
    assert words in depth.gains(records, findings).title


@pytest.mark.parametrize(
    ("linear", "verdict", "words"), [(0.841, "supported", "adds nothing"), (0.86, "refuted", "makes a difference")]
)
def test_q4_2_turns_with_the_control(linear, verdict, words):
    records = records_with(linear=linear)
    findings = findings_of(records, "Q4.1", "Q4.2")
    assert findings["Q4.2"].verdict == verdict
    assert words in depth.gains(records, findings).title


@pytest.mark.parametrize(
    ("relu2", "relu3", "verdict", "words"),
    [
        (0.90, 0.90, "supported", "More layers, better accuracy"),
        (0.90, 0.86, "refuted", "do not improve"),
        (0.86, 0.86, "refuted", "do not improve"),
    ],
)
def test_q4_5_needs_both_depths(relu2, relu3, verdict, words):
    records = records_with(relu2=relu2, relu3=relu3)
    findings = findings_of(records, "Q4.5")
    assert findings["Q4.5"].verdict == verdict
    assert words in depth.depth_curves(records, findings).title


@pytest.mark.parametrize(("step", "verdict"), [(0.01, "supported"), (-0.01, "refuted")])
def test_q4_6_follows_the_slope(step, verdict):
    def of_width(make, doubling):
        return [
            make(shifted(FALLING, -step * doubling), [0.8 + (step + seed * 0.0001) * doubling] * 4) for seed in range(5)
        ]

    def longer(losses, accuracies):
        return run([*losses, 9.0], [*accuracies, 0.1])

    arms = {("capacity", f"width{2 ** (4 + doubling)}"): of_width(trained, doubling) for doubling in (0, 2, 5)}
    records = ExampleRecords(arms | {("epochs", "from_logits"): of_width(longer, 3)})
    findings = findings_of(records, "Q4.6a", "Q4.6b")
    assert findings["Q4.6a"].verdict == verdict
    assert findings["Q4.6b"].verdict == verdict
    assert findings["Q4.6b"].estimates[0].value == pytest.approx(100 * step + 0.02)
    assert width.width_curve(records, findings).chart.panels[0].series[0].x == [16.0, 64.0, 128.0, 512.0]
    assert ("better on unseen" in width.width_curve(records, findings).title) == (verdict == "supported")


def test_widths_are_drawn_over_the_seeds_that_all_have():
    arms = {("capacity", f"width{2**power}"): seeds(architecture, 0.8) for power in (4, 6, 9)}
    records = ExampleRecords(arms | {("epochs", "from_logits"): seeds(lambda a: run(FALLING, [a] * 4), 0.85)[:3]})
    (accuracy,) = width.width_curve(records, findings_of(records, "Q4.6a", "Q4.6b")).chart.panels[1].series
    assert accuracy.high == [pytest.approx(100 * high) for high in (0.8004, 0.8004, 0.8504, 0.8004)]
    records = ExampleRecords(records.results | {("epochs", "from_logits"): []})
    with pytest.raises(NoRecords):
        width.width_curve(records, {})


def test_models_are_compared_after_the_last_epoch_that_both_have():
    short = [trained(FALLING[:2], [0.5 + seed * 0.0002] * 2) for seed in range(5)]
    longer = [run(FALLING, [0.4 + seed * 0.0002, 0.45 + seed * 0.0002, 0.9, 0.9]) for seed in range(5)]
    records = ExampleRecords(
        records_with().results | {("capacity", "linear1"): short, ("epochs", "from_logits"): longer}
    )
    assert answer.estimators["Q4.1"](records).value == pytest.approx(90 - 84.04)
    assert answer.estimators["accuracy-relu1"](records).value == pytest.approx(45.04)
    assert answer.estimators["epochs-compared"](records).value == 2
    assert answer.estimators["accuracy-linear"](records).value == pytest.approx(50.04)
    row = depth.architectures(records, {}).rows[2]
    assert row[2:5] == [1.8, 1.8, pytest.approx(45.04)]
    assert "After 2 epochs" in depth.architectures(records, {}).caption


def test_the_change_between_epochs_is_that_of_the_deepest_and_has_no_sign():
    jumping = [trained(FALLING, [0.80, 0.82, 0.81, 0.83]) for _ in range(5)]
    records = ExampleRecords(records_with().results | {("capacity", "relu3"): jumping})
    assert answer.estimators["change-between-epochs"](records).value == pytest.approx(5 / 3)


def test_without_records_only_the_printed_figures_speak():
    for name, measure in answer.estimators.items():
        if name == "printed-difference":
            assert measure(ExampleRecords({})).value == pytest.approx(0.0227, abs=1e-4)
        else:
            with pytest.raises(NoRecords):
                measure(ExampleRecords({}))
