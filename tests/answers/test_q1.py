"""Question 1: what the page concludes from records that were made up, and from the same reversed or withheld."""

import msgspec
import numpy as np
import pytest
import torch
from examples import ExampleRecords, results_of
from examples.regression import NUM_IMAGES
from stand_ins import pages

from report.answers import q1
from report.answers.charts import ImageGrid, IntervalChart, LineChart
from report.experiments.predictions import score_predictions
from report.record.reader import NoRecords


def made_up(**effects):
    return results_of("regression", **effects)


REVERSED = {"logistic": 0.05, "least_squares": 0.8, "pair": 0.2, "error": 90.0}


def spoken(records, profile="full"):
    """Return the findings, and the page as it would be rendered."""
    return pages.spoken(q1.answer, records, profile)


def test_verdict_sentences_and_titles_reverse_with_the_effects() -> None:
    as_claimed, reversed_ = ExampleRecords(made_up()), ExampleRecords(made_up(**REVERSED))
    findings, page = spoken(as_claimed)
    other_findings, other_page = spoken(reversed_)
    assert findings["Q1.3"].verdict == "supported"
    assert other_findings["Q1.3"].verdict == "refuted"
    assert "Logistic regression is better at telling classes apart" in page
    assert "it isn't true that each does its own task well" in other_page
    for name, phrase, opposite in (
        ("q1-differences", "Logistic regression recognises more", "Least squares recognises more"),
        ("q1-majority", "On two classes and on ten, logistic regression beats", "does not beat"),
        ("q1-brightness", "predicts the brightness of the lower", "worse than its mean"),
    ):
        draw = q1.answer.figures[name]
        assert phrase in draw(as_claimed, findings).title
        assert opposite in draw(reversed_, other_findings).title


def test_logistic_regression_has_to_gain_on_two_classes_and_on_ten() -> None:
    records = ExampleRecords(made_up(pair=0.2))
    assert "does not beat" in q1.answer.figures["q1-majority"](records, spoken(records)[0]).title


def test_what_needs_no_measurement_has_one_beside_it() -> None:
    """The verdicts on definitions stay, whatever is measured; the illustrations say what it was."""
    findings, page = spoken(ExampleRecords(made_up(**REVERSED)))
    for id, illustration in (("Q1.1", "Share of the outputs"), ("Q1.4", "minus always naming one class")):
        assert findings[id].verdict == "true by definition"
        assert illustration in findings[id].claim.illustration
        assert f"{{measured}}`{id}`" in page
    assert [estimate.value < 0 for estimate in findings["Q1.4"].estimates] == [True, True]
    assert findings["Q1.1"].estimates[0].value == pytest.approx(40.0)


@pytest.mark.parametrize("part", [{"logistic": 0.5}, {"raw_brier": 0.01}, {"error": 90.0}, {"error": 25.0}])
def test_one_part_that_fails_refutes_the_claim_that_the_models_serve_different_problems(part) -> None:
    findings, _ = spoken(ExampleRecords(made_up(**part)))
    assert findings["Q1.3"].verdict == "refuted"


def test_least_squares_is_scored_in_the_reading_that_favours_it() -> None:
    repaired = made_up(raw_brier=0.9)
    scores = [q1.answer.estimators["Q1.3"](ExampleRecords(made_up(raw_brier=raw)))[1].value for raw in (0.9, 0.99, 0.1)]
    assert scores[0] == scores[1]
    assert scores[2] > scores[0]
    own = repaired["regression", "logistic"][0].predictions.brier
    assert scores[2] == pytest.approx(np.frombuffer(own, "<f4").mean() - 0.1, abs=1e-6)


def test_the_title_on_calibration_takes_the_sign_of_the_gap() -> None:
    titles = {}
    for confidence in (0.45, 0.95):
        records = ExampleRecords(made_up(confidence=confidence))
        titles[confidence] = q1.answer.figures["q1-calibration"](records, spoken(records)[0]).title
    assert titles[0.45] == "Least squares is right more often than its outputs say"
    assert titles[0.95] == "Least squares is right less often than its outputs say"


def test_the_calibration_error_agrees_with_the_record() -> None:
    results = made_up()
    errors = [results["regression", arm][0].predictions.calibration.error for arm in ("logistic", "least_squares")]
    found = q1.answer.estimators["calibration-difference"](ExampleRecords(results))
    assert found.value == pytest.approx(100 * (errors[0] - errors[1]), abs=1e-4)


def test_the_calibration_error_agrees_where_confidences_lie_on_an_edge() -> None:
    """0.6 ends the bin below that of 0.65. The first half is right, the rest wrong: in one bin, the gaps would cancel."""
    results = made_up()
    images = torch.arange(NUM_IMAGES)
    first_half = images < NUM_IMAGES // 2
    probabilities = torch.full((NUM_IMAGES, 10), 0.05)
    probabilities[:, 0] = torch.where(first_half, 0.6, 0.65)
    probabilities[:, 1:] = (1 - probabilities[:, :1]) / 9
    labels = torch.where(first_half, 0, 1)
    on_edge = msgspec.structs.replace(
        results["regression", "logistic"][0],
        labels="".join(str(c) for c in labels.tolist()),
        predicted="0" * NUM_IMAGES,
        predictions=score_predictions(probabilities, labels),
    )
    results["regression", "logistic"] = [on_edge]
    error = results["regression", "least_squares"][0].predictions.calibration.error
    found = q1.answer.estimators["calibration-difference"](ExampleRecords(results))
    assert on_edge.predictions.calibration.error == pytest.approx((0.4 + 0.65) / 2, abs=1e-6)
    assert found.value == pytest.approx(100 * (on_edge.predictions.calibration.error - error), abs=1e-4)


def test_r_squared_and_errors_by_hand() -> None:
    results = made_up()
    task = results["regression", "brightness"][0]
    truth, predicted = (np.frombuffer(part, "<f4").astype(float) for part in (task.truth, task.predicted))
    records = ExampleRecords(results)
    rest, total = ((truth - predicted) ** 2).sum(), ((truth - 80) ** 2).sum()
    assert q1.answer.estimators["Q1.3"](records)[2].value == pytest.approx(100 * (1 - rest / total))
    assert q1.answer.estimators["brightness-error"](records).value == pytest.approx(np.sqrt(rest / NUM_IMAGES))


def test_intervals_are_over_test_images() -> None:
    for estimate in q1.answer.estimators["Q1.3"](ExampleRecords(made_up())):
        assert (estimate.n, estimate.n_of) == (NUM_IMAGES, "test images")
        assert estimate.method == "paired bootstrap over test images"
        assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize("arm", ["least_squares", "logistic", "pair_logistic", "brightness"])
def test_withheld_records_are_missed_where_they_are_needed(arm) -> None:
    records = ExampleRecords({key: value for key, value in made_up().items() if key[1] != arm})
    findings, page = spoken(records)
    claims = {
        "least_squares": ["Q1.3"],
        "logistic": ["Q1.3"],
        "pair_logistic": [],
        "brightness": ["Q1.3"],
    }[arm]
    assert (findings["Q1.3"].verdict == "not measured yet") == ("Q1.3" in claims)
    assert bool(findings["Q1.4"].estimates) == (arm not in {"logistic", "pair_logistic"})
    assert "*(not measured yet)*" in page
    figure = {"least_squares": "q1-outputs", "pair_logistic": "q1-majority", "brightness": "q1-brightness"}
    with pytest.raises(NoRecords):
        q1.answer.figures[figure.get(arm, "q1-calibration")](records, findings)


def test_the_quick_profile_words_no_verdict() -> None:
    records = ExampleRecords(made_up())
    findings, page = spoken(records, profile="quick")
    assert "its own task" not in page
    assert "into\nprobabilities of classes.\n\nOf ten kinds of clothing" in page
    assert q1.answer.figures["q1-differences"](records, findings).title.startswith("Test images recognised,")


def test_exhibits_show_the_records() -> None:
    records = ExampleRecords(made_up())
    findings, _ = spoken(records)
    drawn = {name: draw(records, findings) for name, draw in q1.answer.figures.items()}
    tiles = drawn["q1-weights"].chart
    assert isinstance(tiles, ImageGrid)
    assert [len(tile.pixels) for tile in tiles.tiles] == [784] * 20
    assert max(abs(value) for tile in tiles.tiles for value in tile.pixels) == 1
    differences = drawn["q1-differences"].chart
    assert isinstance(differences, IntervalChart)
    assert len(differences.rows) == 11
    bars = drawn["q1-outputs"].chart
    assert isinstance(bars, LineChart)
    assert bars.panels[0].series[0].y == [0, 80, 20]
    assert "T-shirt/top and shirt" in drawn["q1-majority"].caption
    assert "40.0 %" in drawn["q1-outputs"].alt
    rows = q1.answer.tables["q1-classifiers"](records, findings).rows
    assert [row[0] for row in rows] == ["least squares", "logistic regression"]
    assert rows[1][2] == pytest.approx(84, abs=0.5)
    assert q1.answer.tables["q1-brightness-errors"](records, findings).rows[1][3] == 0
