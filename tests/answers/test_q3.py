"""Question 3: what the page concludes from records that were made up, and from the same reversed or withheld."""

from types import SimpleNamespace

import numpy as np
import pytest
from examples import ExampleRecords, results_of
from examples.epochs import EPOCHS, LOWEST, results, turning_curve
from scipy import stats

from report.answers import CLAIMS, q3
from report.answers.charts import ImageGrid, MatrixChart
from report.answers.q3.mistakes import _percent
from report.conclude.verdicts import conclude
from report.record.reader import NoRecords
from report.render.markdown import Completeness, render


def made_up(*, after=1, accuracy=0.99, balanced=0.5, confidence=0.9, lowest=LOWEST):
    runs = [results(turning_curve(seed, after=after, lowest=lowest), confidence) for seed in range(5)]
    arms = {("epochs", "from_logits"): runs, ("epochs", "as_published"): list(runs)}
    return arms | results_of("imbalance", accuracy=accuracy, balanced=balanced)


def spoken(records, profile="full"):
    """Return the findings, and the page as it would be rendered."""
    measured = {}
    for name, function in q3.answer.estimators.items():
        try:
            found = function(records)
        except NoRecords:
            continue
        measured[name] = found if isinstance(found, tuple) else (found,)
    findings = conclude(CLAIMS, measured, profile)
    page = SimpleNamespace(
        name="q3",
        title=q3.answer.title,
        numbers={name if i == 0 else f"{name}-{i + 1}" for name, found in measured.items() for i in range(len(found))},
        figures=q3.answer.figures,
        tables=q3.answer.tables,
    )
    return findings, render(q3.answer, page, findings, Completeness(profile=profile, runs_done=5, runs_planned=5))


def test_verdicts_sentences_and_titles_reverse_with_the_effects() -> None:
    as_claimed = ExampleRecords(made_up(after=1))
    reversed_ = ExampleRecords(made_up(after=-1, accuracy=0.6, balanced=0.6))
    findings, page = spoken(as_claimed)
    other_findings, other_page = spoken(reversed_)
    for id in ("Q3.3", "Q3.5"):
        assert findings[id].verdict == "supported"
        assert other_findings[id].verdict == "refuted"
    assert "Accuracy can be high for no merit" in page
    assert "here accuracy does not mislead" in other_page
    assert "In both spans the two go together" in page
    assert "the two need not go together" in other_page
    for name, phrase, opposite in (
        ("q3-imbalance", "almost always right", "Accuracy alone shows"),
        ("q3-loss-and-error", "fall and rise together", "no longer says"),
    ):
        draw = q3.answer.figures[name]
        assert phrase in draw(as_claimed, findings).title
        assert opposite in draw(reversed_, other_findings).title


@pytest.mark.parametrize(("accuracy", "balanced"), [(0.9, 0.5), (0.99, 0.6)])
def test_accuracy_misleads_only_if_it_is_high_and_balanced_accuracy_at_one_half(accuracy, balanced) -> None:
    findings, _ = spoken(ExampleRecords(made_up(accuracy=accuracy, balanced=balanced)))
    assert findings["Q3.3"].verdict == "refuted"


def test_the_lowest_epoch_belongs_to_the_first_span_and_each_seed_gives_one_correlation() -> None:
    made = made_up(after=-1)
    before, after = q3.answer.estimators["Q3.5"](ExampleRecords(made))
    by_hand = []
    for run in made["epochs", "from_logits"]:
        loss, error = np.array(run.curve.test_loss), 1 - np.array(run.curve.test_accuracy)
        by_hand.append(
            [stats.spearmanr(loss[part], error[part])[0] for part in (slice(0, LOWEST), slice(LOWEST, None))]
        )
    assert [before.value, after.value] == pytest.approx(np.mean(by_hand, axis=0))
    assert (before.n, before.n_of) == (5, "seeds")
    assert before.value > 0.9
    assert after.value < -0.9


def test_seeds_whose_loss_falls_to_the_end_have_no_second_correlation() -> None:
    made = made_up()
    made["epochs", "from_logits"][1:3] = [
        results(turning_curve(1, lowest=EPOCHS - 1)),
        results(turning_curve(2, lowest=EPOCHS)),
    ]
    records = ExampleRecords(made)
    before, after = q3.answer.estimators["Q3.5"](records)
    assert (before.n, after.n) == (5, 3)
    assert len(after.records) == 3
    assert q3.answer.estimators["seeds-with-both-spans"](records).value == 3


def test_where_no_seed_passes_its_lowest_loss_the_claim_is_not_measured() -> None:
    records = ExampleRecords(made_up(lowest=EPOCHS))
    findings, page = spoken(records)
    assert findings["Q3.5"].verdict == "not measured yet"
    assert "*(not measured yet)* after it" in page
    assert q3.answer.tables["q3-spans"](records, findings).rows[0][2] == 0


def test_epochs_that_part_are_counted() -> None:
    parted = q3.answer.estimators["parted-epochs"](ExampleRecords(made_up(after=-1)))
    assert parted.value == EPOCHS - LOWEST
    together = q3.answer.estimators["parted-epochs"](ExampleRecords(made_up(after=1)))
    assert together.value == 0


def test_arms_are_compared_on_the_same_seed() -> None:
    records = ExampleRecords(made_up())
    gain = q3.answer.estimators["trained-over-majority-balanced"](records)
    assert gain.value == pytest.approx(12)
    assert gain.unit == "percentage points"
    assert q3.answer.estimators["weighted-over-trained"](records).value == pytest.approx(-4.1)


def test_the_title_on_calibration_takes_the_sign_of_the_gap() -> None:
    titles = {}
    for confidence in (0.9, 0.8):
        made = made_up()
        made["epochs", "from_logits"] = [
            results(turning_curve(seed, after=1), confidence + seed / 1000) for seed in range(5)
        ]
        records = ExampleRecords(made)
        titles[confidence] = q3.answer.figures["q3-calibration"](records, spoken(records)[0]).title
    assert titles[0.9].endswith("surer than it is right")
    assert titles[0.8].endswith("right more often than it is sure")


@pytest.mark.parametrize(
    ("key", "claim", "figure"),
    [
        (("epochs", "from_logits"), "Q3.5", "q3-loss-and-error"),
        (("imbalance", "majority"), "Q3.3", "q3-imbalance"),
        (("epochs", "as_published"), None, "q3-calibration"),
    ],
)
def test_withheld_records_are_missed_where_they_are_needed(key, claim, figure) -> None:
    records = ExampleRecords({other: value for other, value in made_up().items() if other != key})
    findings, page = spoken(records)
    for id in ("Q3.3", "Q3.5"):
        assert (findings[id].verdict == "not measured yet") == (id == claim)
    assert "*(not measured yet)*" in page
    with pytest.raises(NoRecords):
        q3.answer.figures[figure](records, findings)


def test_the_quick_profile_words_no_verdict() -> None:
    records = ExampleRecords(made_up())
    findings, page = spoken(records, profile="quick")
    assert "for no merit" not in page
    assert "go together" not in page
    for figure in ("q3-imbalance", "q3-loss-and-error", "q3-calibration"):
        assert " by " in (title := q3.answer.figures[figure](records, findings).title) or " and " in title


def test_exhibits_show_the_records() -> None:
    records = ExampleRecords(made_up())
    findings, _ = spoken(records)
    drawn = {name: draw(records, findings) for name, draw in q3.answer.figures.items()}
    assert drawn["q3-confusion"].title == "The commonest mistake: shirt taken for T-shirt/top"
    matrix, grid = drawn["q3-confusion"].chart, drawn["q3-mistakes"].chart
    assert isinstance(matrix, MatrixChart)
    assert np.sum(matrix.values) == 1000
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
