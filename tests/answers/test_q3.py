"""Question 3: what the page concludes from records that were made up, and from the same reversed or withheld."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from report.answers import CLAIMS, q3
from report.answers.charts import ImageGrid, MatrixChart
from report.answers.q3.mistakes import _percent
from report.conclude.verdicts import conclude
from report.experiments.epochs import EpochsResults, Inspection, Mistake
from report.experiments.imbalance import ImbalanceResults
from report.experiments.training import Curve
from report.record.reader import NoRecords
from report.render.markdown import Completeness, render

EPOCHS = 20
LOWEST = 12


def curve(seed=0, *, after=-1, lowest=LOWEST):
    """Make a test loss that falls to its lowest and rises; the error falls with it, then goes `after` × the loss."""
    wobble = np.random.default_rng(seed).normal(0, 1e-4, EPOCHS)
    epochs = np.arange(1, EPOCHS + 1)
    loss = 0.3 + 0.02 * np.abs(epochs - lowest)
    error = 0.1 + np.where(epochs <= lowest, 1, after) * 0.002 * np.abs(epochs - lowest) + wobble
    return Curve(
        running_loss=[0.5] * EPOCHS,
        mean_of_batch_means=[0.5] * EPOCHS,
        logged_loss=[],
        test_loss=loss.tolist(),
        test_accuracy=(1 - error).tolist(),
        still_epochs=[],
        still_train_loss=[],
        still_train_accuracy=[],
    )


def trained(curve, confidence=0.9):
    confusion = (np.eye(10) * 90).astype(int)
    confusion[:, 0] += 10
    confusion[6, 0] += 5
    confusion[6, 6] -= 5
    inspection = Inspection(
        confusion=confusion.tolist(),
        calibration_error=abs(confidence - 0.85),
        bin_confidence=[confidence],
        bin_accuracy=[0.85],
        bin_count=[1000],
        true_class_log_loss=curve.test_loss[-1],
        mistakes=[Mistake(index=5, label=4, predicted=6, probability=0.9996, pixels=[0] * 784)],
    )
    return EpochsResults(learning_rate=0.01, num_parameters=101_770, curve=curve, inspection=inspection)


def rule(accuracy, balanced, found=0):
    return ImbalanceResults(
        accuracy=accuracy,
        balanced_accuracy=balanced,
        cross_entropy=0.056,
        roc_auc=0.5,
        average_precision=0.01,
        confusion=[[990, 0], [10 - found, found]],
        num_train=[99, 1],
        num_test=[990, 10],
    )


def made_up(*, after=1, accuracy=0.99, balanced=0.5, confidence=0.9, lowest=LOWEST):
    runs = [trained(curve(seed, after=after, lowest=lowest), confidence) for seed in range(5)]
    return {
        ("epochs", "from_logits"): runs,
        ("epochs", "as_published"): runs,
        ("imbalance", "majority"): [rule(accuracy, balanced)] * 5,
        ("imbalance", "trained"): [rule(0.991 + i / 1e4, 0.6 + i / 100, found=2) for i in range(5)],
        ("imbalance", "weighted"): [rule(0.95 + i / 1e4, 0.9 + i / 100, found=8) for i in range(5)],
    }


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
    return findings, render(q3.answer, page, findings, Completeness(profile=profile, seeds_done=5, seeds_planned=5))


def test_verdicts_sentences_and_titles_reverse_with_the_effects(fake_records) -> None:
    as_claimed = fake_records(made_up(after=1))
    reversed_ = fake_records(made_up(after=-1, accuracy=0.6, balanced=0.6))
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
def test_accuracy_misleads_only_if_it_is_high_and_balanced_accuracy_at_one_half(
    fake_records, accuracy, balanced
) -> None:
    findings, _ = spoken(fake_records(made_up(accuracy=accuracy, balanced=balanced)))
    assert findings["Q3.3"].verdict == "refuted"


def test_the_lowest_epoch_belongs_to_the_first_span_and_each_seed_gives_one_correlation(fake_records) -> None:
    results = made_up(after=-1)
    before, after = q3.answer.estimators["Q3.5"](fake_records(results))
    by_hand = []
    for run in results["epochs", "from_logits"]:
        loss, error = np.array(run.curve.test_loss), 1 - np.array(run.curve.test_accuracy)
        by_hand.append(
            [stats.spearmanr(loss[part], error[part])[0] for part in (slice(0, LOWEST), slice(LOWEST, None))]
        )
    assert [before.value, after.value] == pytest.approx(np.mean(by_hand, axis=0))
    assert (before.n, before.n_of) == (5, "seeds")
    assert before.value > 0.9
    assert after.value < -0.9


def test_seeds_whose_loss_falls_to_the_end_have_no_second_correlation(fake_records) -> None:
    results = made_up()
    results["epochs", "from_logits"][1:3] = [trained(curve(1, lowest=EPOCHS - 1)), trained(curve(2, lowest=EPOCHS))]
    records = fake_records(results)
    before, after = q3.answer.estimators["Q3.5"](records)
    assert (before.n, after.n) == (5, 3)
    assert len(after.records) == 3
    assert q3.answer.estimators["seeds-with-both-spans"](records).value == 3


def test_where_no_seed_passes_its_lowest_loss_the_claim_is_not_measured(fake_records) -> None:
    records = fake_records(made_up(lowest=EPOCHS))
    findings, page = spoken(records)
    assert findings["Q3.5"].verdict == "not measured yet"
    assert "*(not measured yet)* after it" in page
    assert q3.answer.tables["q3-spans"](records, findings).rows[0][2] == 0


def test_epochs_that_part_are_counted(fake_records) -> None:
    parted = q3.answer.estimators["parted-epochs"](fake_records(made_up(after=-1)))
    assert parted.value == EPOCHS - LOWEST
    together = q3.answer.estimators["parted-epochs"](fake_records(made_up(after=1)))
    assert together.value == 0


def test_arms_are_compared_on_the_same_seed(fake_records) -> None:
    records = fake_records(made_up())
    gain = q3.answer.estimators["trained-over-majority-balanced"](records)
    assert gain.value == pytest.approx(12)
    assert gain.unit == "percentage points"
    assert q3.answer.estimators["weighted-over-trained"](records).value == pytest.approx(-4.1)


def test_the_title_on_calibration_takes_the_sign_of_the_gap(fake_records) -> None:
    titles = {}
    for confidence in (0.9, 0.8):
        results = made_up()
        results["epochs", "from_logits"] = [
            trained(curve(seed, after=1), confidence + seed / 1000) for seed in range(5)
        ]
        records = fake_records(results)
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
def test_withheld_records_are_missed_where_they_are_needed(fake_records, key, claim, figure) -> None:
    records = fake_records({other: value for other, value in made_up().items() if other != key})
    findings, page = spoken(records)
    for id in ("Q3.3", "Q3.5"):
        assert (findings[id].verdict == "not measured yet") == (id == claim)
    assert "*(not measured yet)*" in page
    with pytest.raises(NoRecords):
        q3.answer.figures[figure](records, findings)


def test_the_quick_profile_words_no_verdict(fake_records) -> None:
    records = fake_records(made_up())
    findings, page = spoken(records, profile="quick")
    assert "for no merit" not in page
    assert "go together" not in page
    for figure in ("q3-imbalance", "q3-loss-and-error", "q3-calibration"):
        assert " by " in (title := q3.answer.figures[figure](records, findings).title) or " and " in title


def test_exhibits_show_the_records(fake_records) -> None:
    records = fake_records(made_up())
    findings, _ = spoken(records)
    drawn = {name: draw(records, findings) for name, draw in q3.answer.figures.items()}
    assert drawn["q3-confusion"].title == "The commonest mistake: shirt taken for T-shirt/top"
    matrix, grid = drawn["q3-confusion"].chart, drawn["q3-mistakes"].chart
    assert isinstance(matrix, MatrixChart)
    assert np.sum(matrix.values) == 1000
    assert isinstance(grid, ImageGrid)
    assert grid.tiles[0].caption == "coat → shirt, 99.96 %"
    assert drawn["q3-mistakes"].records == ("epochs.from_logits.seed0",)
    rows = q3.answer.tables["q3-rules"](records, findings).rows
    assert [row[3] for row in rows] == ["0 of 50", "10 of 50", "40 of 50"]


@pytest.mark.parametrize(
    ("value", "text"), [(99.4, "99 %"), (99.96, "99.96 %"), (99.9996, "99.9996 %"), (100, "100 %")]
)
def test_only_certainty_is_written_as_a_hundred_per_cent(value, text) -> None:
    assert _percent(value) == text
