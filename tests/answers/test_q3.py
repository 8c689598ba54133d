"""Question 3: what the page concludes from records that were made up, and from the same reversed or withheld."""

from functools import cache

import msgspec
import numpy as np
import pytest
from examples import ExampleRecords, results_of
from examples.epochs import NUM_IMAGES
from stand_ins import pages

from report.answers import q3
from report.answers.charts import ImageGrid, MatrixChart
from report.answers.q3.loss_and_error import by_tens
from report.answers.q3.mistakes import _percent
from report.record.reader import NoRecords

EARLY, LATE = "epochs 1 to 40", "epochs 61 to 100"


@cache
def trained(**effects):
    return results_of("epochs", **effects)


def made_up(**effects):
    return trained(**effects) | results_of("imbalance")


def spoken(records, profile="full"):
    """Return the findings, and the page as it would be rendered."""
    return pages.spoken(q3.answer, records, profile)


@pytest.mark.parametrize(
    ("loss", "error", "late", "verdict", "title"),
    [
        (0.0, -0.0002, "refuted", "depends", "over epochs 61 to 100 only the error falls"),  # the loss stands still
        (0.0005, -0.0002, "refuted", "depends", "over epochs 61 to 100 only the error falls"),  # the loss rises
        (-0.0005, 0.0002, "refuted", "depends", "over epochs 61 to 100 only the loss falls"),
        (-0.0005, -0.0002, "supported", "supported", "fall together, early and late"),
        (0.0005, 0.0002, "undetermined", "undetermined", "is not settled"),  # neither falls
    ],
)
def test_q3_6_turns_with_the_later_epochs(loss, error, late, verdict, title) -> None:
    records = ExampleRecords(made_up(loss_later=loss, error_later=error))
    findings, page = spoken(records)
    assert {c.name: c.verdict for c in findings["Q3.6"].conditions} == {EARLY: "supported", LATE: late}
    assert findings["Q3.6"].verdict == verdict
    values = [estimate.value for estimate in findings["Q3.6"].estimates]
    assert values == pytest.approx([-0.1, -2, 10 * loss, 1000 * error], abs=0.01)
    assert q3.answer.figures["q3-loss-and-error"](records, findings).title.endswith(title)
    assert ("on unseen images can diverge" in page) == (verdict == "depends")
    assert ("the two go together" in page) == (verdict == "supported")


@pytest.mark.parametrize(("error", "late"), [(-0.0002, "supported"), (0.0002, "refuted")])
def test_q3_5_asks_whether_the_error_falls_while_the_training_loss_does(error, late) -> None:
    findings, page = spoken(ExampleRecords(made_up(loss_later=0.0005, error_later=error)))
    assert {c.name: c.verdict for c in findings["Q3.5"].conditions} == {EARLY: "supported", LATE: late}
    assert ("late in training as well as early" in page) == (late == "supported")


def test_the_later_tens_are_shown_relative_to_epochs_51_to_60() -> None:
    records = ExampleRecords(made_up(loss_later=0.001, error_later=-0.0005))
    content = q3.answer.figures["q3-loss-and-error"](records, spoken(records)[0])
    loss, error = content.chart.panels[0].series
    assert content.alt.startswith(
        f"Change since epochs 51 to 60, at the end of training: test loss {loss.y[-1]:+.1f} %"
    )
    assert loss.x == error.x == [55.5, 65.5, 75.5, 85.5, 95.5]
    assert (loss.y[0], error.y[0]) == (0, 0)
    assert loss.y[-1] == pytest.approx(100 * 0.04 / 0.3655, rel=0.01)  # after 40 epochs of 0.001 each
    assert error.y[-1] == pytest.approx(100 * -0.02 / 0.12225, rel=0.01)
    rows = q3.answer.tables["q3-tens"](records, {}).rows
    assert [row[0] for row in rows][::9] == ["1 to 10", "91 to 100"]
    assert rows[9][2] == pytest.approx(0.4055, abs=0.001)


def test_means_over_tens_leave_out_what_is_no_ten() -> None:
    assert by_tens([1.0] * 10 + [3.0] * 10 + [9.0] * 5).tolist() == [1, 3]
    assert by_tens([1.0, 2.0]).tolist() == []


def test_short_runs_have_no_verdict_but_their_figure() -> None:
    short = trained()["epochs", "from_logits_short"]
    records = ExampleRecords(made_up() | {("epochs", "from_logits"): short[:5]})
    findings, page = spoken(records)
    assert findings["Q3.5"].verdict == "not measured yet"
    assert "*(not measured yet)*" in page
    assert len(q3.answer.figures["q3-loss-and-error"](records, findings).chart.panels) == 2


def test_accuracy_misleads_by_arithmetic_and_networks_are_beside_it() -> None:
    records = ExampleRecords(made_up())
    findings, page = spoken(records)
    assert findings["Q3.3"].verdict == "true by definition"
    accuracy, balanced = findings["Q3.3"].estimates
    assert (accuracy.unit, balanced.value) == ("percentage points", pytest.approx(12))
    assert q3.answer.estimators["majority-accuracy"](records).value == pytest.approx(99)
    assert q3.answer.estimators["majority-balanced"](records).kind == "exact"
    assert q3.answer.estimators["weighted-over-trained"](records).value == pytest.approx(-4.1)
    assert "not measured yet" not in page


@pytest.mark.parametrize(("confidence", "words"), [(0.9, "is overconfident"), (0.8, "is underconfident")])
def test_the_title_on_calibration_takes_the_sign_of_the_gap(confidence, words) -> None:
    made = made_up()
    calibrated = [run.inspection.calibration for run in made["epochs", "from_logits"]]
    for seed, calibration in enumerate(calibrated):
        calibration.confidence[:] = [confidence + seed / 1000]
    try:
        records = ExampleRecords(made)
        title = q3.answer.figures["q3-calibration"](records, spoken(records)[0]).title
    finally:
        for calibration in calibrated:
            calibration.confidence[:] = [0.9]
    assert title.endswith(words)


@pytest.mark.parametrize(
    ("key", "claim", "figure"),
    [
        (("epochs", "from_logits"), "Q3.5", "q3-loss-and-error"),
        (("imbalance", "majority"), None, "q3-imbalance"),
        (("epochs", "as_published"), None, "q3-calibration"),
    ],
)
def test_withheld_records_are_missed_where_they_are_needed(key, claim, figure) -> None:
    records = ExampleRecords({other: value for other, value in made_up().items() if other != key})
    findings, page = spoken(records)
    assert (findings["Q3.5"].verdict == "not measured yet") == (claim == "Q3.5")
    assert "*(not measured yet)*" in page or figure == "q3-calibration"
    with pytest.raises(NoRecords):
        q3.answer.figures[figure](records, findings)


def test_the_quick_profile_words_no_verdict() -> None:
    records = ExampleRecords(made_up())
    findings, page = spoken(records, profile="quick")
    assert "go together" not in page
    assert "they do:" not in page
    assert q3.answer.figures["q3-loss-and-error"](records, findings).title == "Test loss and test error by epoch"


def test_figures_and_tables_show_the_records() -> None:
    records = ExampleRecords(made_up())
    findings, _ = spoken(records)
    drawn = {name: draw(records, findings) for name, draw in q3.answer.figures.items()}
    assert drawn["q3-confusion"].title == "The two classes confused most: T-shirt/top and shirt"
    matrix, grid = drawn["q3-confusion"].chart, drawn["q3-mistakes"].chart
    assert isinstance(matrix, MatrixChart)
    assert np.sum(matrix.panels[0].values) == NUM_IMAGES
    assert isinstance(grid, ImageGrid)
    assert grid.tiles[0].caption == "coat → shirt, 99.96 %"
    assert [records.by_id[id].seed for id in drawn["q3-mistakes"].records] == [0]
    rows = q3.answer.tables["q3-rules"](records, findings).rows
    assert [row[3] for row in rows] == ["0 of 50", "10 of 50", "40 of 50"]


@pytest.mark.parametrize(
    ("value", "text"), [(99.4, "99 %"), (99.96, "99.96 %"), (99.9996, "99.9996 %"), (100, "100 %")]
)
def test_only_certainty_is_written_as_a_hundred_per_cent(value, text) -> None:
    assert _percent(value) == text


def test_intervals_of_accuracy_stay_within_0_and_100() -> None:
    made = made_up()
    weighted = made["imbalance", "weighted"]
    shares = [0.999, 0.999, 0.61, 0.999, 0.999]
    spread = [msgspec.structs.replace(run, accuracy=share) for run, share in zip(weighted, shares, strict=True)]
    records = ExampleRecords(made | {("imbalance", "weighted"): spread})
    rows = {row.label: row for row in q3.answer.figures["q3-imbalance"](records, {}).chart.rows}
    row = rows["accuracy: trained, classes weighted"]
    assert 0 < row.low < row.value < row.high < 100
    assert row.value == pytest.approx(100 * np.mean(shares))


def test_it_is_counted_in_how_many_seeds_weighting_lowers_accuracy() -> None:
    made = made_up()
    trained = made["imbalance", "trained"]
    changes = (-0.02, -0.03, 0.01, -0.4, -0.1)
    weighted = [
        msgspec.structs.replace(run, accuracy=run.accuracy + by) for run, by in zip(trained, changes, strict=True)
    ]
    records = ExampleRecords(made | {("imbalance", "weighted"): weighted})
    change, lowers = (q3.answer.estimators[name](records) for name in ("weighted-over-trained", "weighted-lowers"))
    assert (change.kind, change.value, change.low, change.high) == ("range", *map(pytest.approx, (-10.8, -40.0, 1.0)))
    assert lowers.value == 80


def test_the_calibration_says_how_many_seeds_each_network_has() -> None:
    made = made_up()
    fewer = made | {("epochs", "as_published"): made["epochs", "as_published"][:3]}
    records = ExampleRecords(fewer)
    caption = q3.answer.figures["q3-calibration"](records, spoken(records)[0]).caption
    assert f"({len(made['epochs', 'from_logits'])} seeds from logits, 3 seeds as published)" in caption
