"""Question 4's conclusions turn when the effect turns."""

from types import SimpleNamespace

import numpy as np
import pytest
from examples import ExampleRecords, epochs
from examples.capacity import FALLING, trained

from report.answers import CLAIMS
from report.answers.printed import printed
from report.answers.q4 import answer, depth, width
from report.conclude.verdicts import conclude
from report.record.reader import NoRecords
from report.render.markdown import Completeness, render

SEEDS = 10
IN_EPOCHS = 5
"""Seeds of one ReLU layer that `epochs` trains long enough; the others are `capacity`'s."""


def with_jitter(accuracy, seed, amount=0.002):
    """Return an accuracy as one seed has it; with amount 0 all seeds agree."""
    return accuracy + amount * (seed % 3 - 1)


def runs(losses, accuracies):
    """Make a run for each seed from lists of losses and accuracies, one of each for a seed."""
    return [trained(loss, accuracy) for loss, accuracy in zip(losses, accuracies, strict=True)]


def one_relu_layer(made):
    """Place the runs where the report has them: the first seeds in `epochs`, the rest in `capacity`."""
    return {
        ("epochs", "from_logits"): [epochs.results(run.curve) for run in made[:IN_EPOCHS]],
        ("capacity", "relu1"): made[IN_EPOCHS:],
    }


def records_with(jitter=0.002, **accuracies):
    """Make ten seeds of every architecture, whose accuracies stay the same over the epochs."""
    found = {}
    for arm, accuracy in (
        {"none": 0.84, "linear1": 0.84, "relu1": 0.88, "relu2": 0.92, "relu3": 0.92} | accuracies
    ).items():
        level = [with_jitter(accuracy, seed + len(arm), jitter) for seed in range(SEEDS)]
        made = runs([list(FALLING)] * SEEDS, [[value] * len(FALLING) for value in level])
        found |= one_relu_layer(made) if arm == "relu1" else {("capacity", arm): made}
    return ExampleRecords(found)


def findings_of(records, *names):
    found = {name: answer.estimators[name](records) for name in names}
    return conclude(CLAIMS, {n: f if isinstance(f, tuple) else (f,) for n, f in found.items()}, "full")


def page_of(records, profile="full"):
    """Return the page as it would be rendered, on one line."""
    measured = {}
    for name, measure in answer.estimators.items():
        try:
            found = measure(records)
        except NoRecords:
            continue
        measured[name] = found if isinstance(found, tuple) else (found,)
    page = SimpleNamespace(name="q4", title=answer.title, numbers={}, figures=answer.figures, tables=answer.tables)
    completeness = Completeness(profile=profile, runs_done=5, runs_planned=5)
    return " ".join(render(answer, page, conclude(CLAIMS, measured, profile), completeness).split())


@pytest.mark.parametrize(
    ("accuracies", "sentences"),
    [
        ({}, ["A hidden layer helps:", "The non-linearity does it", "A second and a third ReLU layer help further."]),
        (
            {"relu1": 0.80, "relu2": 0.80, "relu3": 0.80},
            [
                "A hidden layer does not help here:",
                "does not explain this",
                "networks with two or three ReLU layers do not gain another 0.3 points over one",
            ],
        ),
        (
            {"relu1": 0.843, "linear1": 0.843, "relu2": 0.88, "relu3": 0.80},
            [
                "leave open whether a hidden layer helps:",
                "alone does not explain",
                "depends on their number",
                "One of the two gains",
            ],
        ),
        ({"linear1": 0.843}, ["whether that layer adds anything is open"]),
    ],
)
def test_the_page_speaks_as_the_verdicts_say(accuracies, sentences):
    page = page_of(records_with(jitter=0.001, **accuracies))
    for sentence in sentences:
        assert sentence in page
    assert "deeper is" not in page_of(records_with(**accuracies), profile="quick")
    for sentence in sentences:
        assert sentence not in page_of(records_with(**accuracies), profile="quick")


@pytest.mark.parametrize(
    ("relu1", "verdict", "words"), [(0.88, "supported", "improves on none"), (0.80, "refuted", "does not improve")]
)
def test_q4_1_turns_with_the_accuracy(relu1, verdict, words):
    records = records_with(relu1=relu1)
    findings = findings_of(records, "Q4.1", "Q4.2")
    assert findings["Q4.1"].verdict == verdict
    assert findings["Q4.1"].estimates[0].n == SEEDS
    assert words in depth.gains(records, findings).title


@pytest.mark.parametrize(
    ("accuracies", "verdict", "words"),
    [
        ({}, "supported", "without the ReLU it gains less than 0.3 points"),
        ({"linear1": 0.86}, "refuted", "the ReLU alone does not explain it"),  # the linear layer adds two points
        ({"relu1": 0.84}, "refuted", "the ReLU alone does not explain it"),  # the ReLU adds none
        (
            {"linear1": 0.82},
            "supported",
            "without the ReLU it gains less than 0.3 points",
        ),  # doing harm is no objection
        ({"linear1": 0.843}, "undetermined", "is open"),
    ],
)
def test_q4_2_needs_relu_to_add_what_a_linear_layer_does_not(accuracies, verdict, words):
    records = records_with(jitter=0.001, **accuracies)
    findings = findings_of(records, "Q4.1", "Q4.2")
    assert findings["Q4.2"].verdict == verdict
    assert words in depth.gains(records, findings).title


@pytest.mark.parametrize(
    ("relu2", "relu3", "verdict", "words"),
    [
        (0.92, 0.92, "supported", "More layers, better accuracy"),
        (0.92, 0.86, "depends", "depends on how many"),
        (0.86, 0.86, "refuted", "do not improve"),
    ],
)
def test_q4_5_depends_on_the_depth(relu2, relu3, verdict, words):
    records = records_with(relu2=relu2, relu3=relu3)
    findings = findings_of(records, "Q4.5")
    assert findings["Q4.5"].verdict == verdict
    assert words in depth.depth_curves(records, findings).title


def test_accuracies_are_averaged_over_the_last_ten_epochs_not_read_off_the_last():
    """The hidden layer is two points better in the last ten epochs, and five points worse in the very last of them."""
    losses = [[2.0 - epoch / 100 for epoch in range(20)]] * SEEDS
    none = runs(losses, [[0.5] * 10 + [0.84] * 10] * SEEDS)
    made = runs(losses, [[0.5] * 10 + [0.84 + 0.25 / 9] * 9 + [0.79]] * SEEDS)
    records = ExampleRecords({("capacity", "none"): none} | one_relu_layer(made))
    found = answer.estimators["Q4.1"](records)
    assert found.value == pytest.approx(2.0, abs=0.1)
    assert (found.settings["first"], found.settings["last"]) == (11, 20)
    assert answer.estimators["accuracy-relu1"](records).value == pytest.approx(86.0, abs=0.1)


def test_the_interval_has_the_chance_of_the_test_images_too():
    """Seeds that all agree leave no chance among seeds: what remains is that of the thousand images."""
    found = answer.estimators["Q4.1"](records_with(jitter=0.0))
    share = 0.04  # of the images are recognised by one of the two models only
    assert found.settings["error_of_seeds"] == pytest.approx(0, abs=1e-9)
    assert found.settings["error_of_images"] == pytest.approx(100 * np.sqrt(share * (1 - share) / 999), rel=1e-6)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    ("falls", "verdict"), [([0.3, 0.1, 0.05], "refuted"), ([0.0, 0.0, 0.0], "supported"), ([-0.1, 0.0, 0.0], "refuted")]
)
def test_q4_4_asks_whether_the_loss_moves_without_a_layer(falls, verdict):
    losses = [[2.0 + seed * 0.001, *(2.0 + seed * 0.0011 - np.cumsum(falls)).tolist()] for seed in range(SEEDS)]
    records = ExampleRecords({("capacity", "none"): runs(losses, [[0.8] * 4] * SEEDS)})
    finding = findings_of(records, "Q4.4")["Q4.4"]
    assert finding.verdict == verdict
    assert finding.estimates[0].value == pytest.approx(sum(falls), abs=0.001)
    assert "epoch 1 to epoch 4" in finding.measured


def test_the_fall_ends_where_the_print_of_the_notebook_ends():
    losses = [[2.0 - epoch / 100 for epoch in range(20)]] * SEEDS
    made = runs(losses, [[0.8] * 20] * SEEDS)
    records = ExampleRecords({("capacity", "none"): made} | one_relu_layer(made))
    assert len(printed("q4_epoch")) == 12
    for name in ("Q4.4", "fall-with-a-layer"):
        found = answer.estimators[name](records)
        assert (found.value, found.n, found.settings["last"]) == (pytest.approx(0.11), SEEDS, 12)


@pytest.mark.parametrize(("shift", "decided"), [(0.0, False), (0.2, True)])
def test_q4_3_ranks_the_second_printed_run_among_the_seeds_of_part_1(shift, decided):
    print_of_q4 = np.array([p.value for p in printed("q4_epoch")])
    curves = print_of_q4 + shift + np.random.default_rng(0).normal(0, 0.01, (25, len(print_of_q4)))
    made = [epochs.results(epochs.curve(losses)) for losses in curves.tolist()]
    records = ExampleRecords({("epochs", "as_published"): made[:10], ("epochs", "as_published_short"): made[10:]})
    found = answer.estimators["Q4.3"](records)
    assert found.n == 25
    assert (found.sampling.p_value < 0.05) == decided
    assert findings_of(records, "Q4.3")["Q4.3"].verdict == "false by definition"
    with pytest.raises(NoRecords):  # two seeds leave none to tell a spread from when one is left out
        answer.estimators["Q4.3"](ExampleRecords({("epochs", "as_published"): made[:2]}))


@pytest.mark.parametrize(
    ("fits", "recognises", "verdict", "words"),
    [
        (0.01, 0.01, "supported", "fits better and recognises more"),
        (-0.01, -0.01, "refuted", "neither"),
        (0.01, -0.01, "depends", "on one kind of images"),
    ],
)
def test_q4_6_follows_both_slopes(fits, recognises, verdict, words):
    def of_width(doubling, further=0):
        losses = [[2.0 - (fits + seed * 1e-4) * doubling] * 10 + [9.0] * further for seed in range(SEEDS)]
        level = [[0.7 + recognises * doubling + seed % 2 * 0.002] * 10 + [0.1] * further for seed in range(SEEDS)]
        return runs(losses, level)

    arms = {("capacity", f"width{2 ** (4 + doubling)}"): of_width(doubling) for doubling in (0, 2, 5)}
    records = ExampleRecords(arms | one_relu_layer(of_width(3, further=10)))
    findings = findings_of(records, "Q4.6")
    assert findings["Q4.6"].verdict == verdict
    loss, accuracy = findings["Q4.6"].estimates
    assert loss.value == pytest.approx(-(fits + 0.00045))
    assert accuracy.value == pytest.approx(100 * recognises)
    assert "{" not in findings["Q4.6"].measured
    assert width.width_curve(records, findings).chart.panels[0].series[0].x == [16.0, 64.0, 128.0, 512.0]
    assert words in width.width_curve(records, findings).title


def test_the_gain_of_wide_layers_is_that_of_each_doubling_from_128_on():
    levels = {16: 0.70, 64: 0.78, 128: 0.82, 512: 0.83}  # 1 point in two doublings
    arms = {
        ("capacity", f"width{units}"): runs([list(FALLING)] * SEEDS, [[accuracy] * 4] * SEEDS)
        for units, accuracy in levels.items()
        if units != 128
    }
    records = ExampleRecords(arms | one_relu_layer(runs([list(FALLING)] * SEEDS, [[levels[128]] * 4] * SEEDS)))
    assert width.gain_of_wide(records).value == pytest.approx(0.5)
    narrow = {key: found for key, found in records.results.items() if key != ("capacity", "width512")}
    with pytest.raises(NoRecords):
        width.gain_of_wide(ExampleRecords(narrow))


def test_widths_are_drawn_over_the_seeds_that_all_have():
    levels = [[0.8 + seed * 0.01] * 4 for seed in range(SEEDS)]
    arms = {("capacity", f"width{2**power}"): runs([list(FALLING)] * SEEDS, levels) for power in (4, 6, 9)}
    first_three = one_relu_layer(runs([list(FALLING)] * 3, levels[:3]))
    records = ExampleRecords(arms | {("epochs", "from_logits"): first_three["epochs", "from_logits"]})
    (accuracy,) = width.width_curve(records, findings_of(records, "Q4.6")).chart.panels[1].series
    assert accuracy.high == [pytest.approx(82)] * 4
    records = ExampleRecords(records.results | {("epochs", "from_logits"): []})
    with pytest.raises(NoRecords):
        width.width_curve(records, {})


def test_the_tuned_models_are_compared_at_their_end():
    accuracies = {"tuned_none": 0.80, "tuned_linear1": 0.81}
    arms = {
        ("capacity", arm): runs([list(FALLING)] * SEEDS, [[0.1, accuracy, accuracy, accuracy]] * SEEDS)
        for arm, accuracy in accuracies.items()
    }
    tuned = [epochs.results(epochs.curve(list(FALLING), [0.1, 0.9, 0.9, 0.9])) for _ in range(SEEDS)]
    records = ExampleRecords(arms | {("epochs", "tuned_logits"): tuned})
    assert answer.estimators["gain-tuned"](records).value == pytest.approx(10)
    assert answer.estimators["gain-linear-tuned"](records).value == pytest.approx(1)


def test_every_difference_is_drawn_with_its_seeds_and_the_first_layers_ones_on_the_card():
    records = records_with()
    findings = findings_of(records, "Q4.1", "Q4.2", "Q4.5")
    estimates = [estimate for id in ("Q4.1", "Q4.2", "Q4.5") for estimate in findings[id].estimates]
    rows = depth.gains(records, findings).chart.rows
    assert [(row.value, row.low, row.high) for row in rows] == [(e.value, e.low, e.high) for e in estimates]
    for row in rows:
        assert len(row.points) == SEEDS
        assert np.mean(row.points) == pytest.approx(row.value)
    assert depth.answer.figures["q4-card"](records, findings).chart.rows == rows[:3]


def test_the_table_lists_the_accuracies_at_the_end():
    rows = depth.architectures(records_with(), {}).rows
    assert [row[0] for row in rows] == list(depth.LABELS.values())
    assert rows[0][2:4] == [FALLING[-1], pytest.approx(np.mean(FALLING[-3:]))]
    assert rows[2][-1] == pytest.approx(88, abs=0.1)


def test_the_change_between_epochs_is_that_of_the_deepest_and_has_no_sign():
    jumping = runs([list(FALLING)] * SEEDS, [[0.80, 0.82, 0.81, 0.83]] * SEEDS)
    records = ExampleRecords(records_with().results | {("capacity", "relu3"): jumping})
    assert answer.estimators["change-between-epochs"](records).value == pytest.approx(5 / 3)


def test_without_records_only_the_printed_figures_speak():
    for name, measure in answer.estimators.items():
        if name == "printed-difference":
            assert measure(ExampleRecords({})).value == pytest.approx(0.0227, abs=1e-4)
        else:
            with pytest.raises(NoRecords):
                measure(ExampleRecords({}))
