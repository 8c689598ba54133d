"""Part 1's conclusions turn when the effect turns."""

from functools import cache

import msgspec
import numpy as np
import pytest
from examples import ExampleRecords, epochs, results_of
from stand_ins import pages

from fmnist_ref import CLASS_NAMES
from report.answers import part1
from report.answers.printed import printed
from report.record.reader import NoRecords

RATE, TUNED = "at the notebook's rate", "each rate tuned"
PRINT = [p.value for p in printed("part1_epoch")]


@cache
def made_up(**effects):
    trials = {arm: found for arm, found in results_of("batch_size").items() if "trial" in arm[1]}
    return results_of("epochs", **effects) | trials


def spoken(results, profile="full"):
    """Return records, findings, and the page as it would be rendered."""
    records = ExampleRecords(results)
    return records, *pages.spoken(part1.answer, records, profile)


def title(name, records, findings):
    return part1.answer.figures[name](records, findings).title


def under(finding):
    return {condition.name: condition.verdict for condition in finding.conditions}


def published(curves):
    """Return results with these curves, of 25 seeds, as published."""
    runs = [epochs.results(curve) for curve in curves]
    return {("epochs", "as_published"): runs[:10], ("epochs", "as_published_short"): runs[10:]}


def near_print(by, missing=()):
    """Make a curve of the losses that the notebook printed, shifted."""
    return epochs.curve([loss + float(by) for loss in PRINT], missing=missing)


def test_a_missing_class_is_the_finding_and_none_is_none() -> None:
    records, findings, page = spoken(made_up())
    assert findings["P1.7"].verdict == "refuted"
    assert findings["P1.7"].estimates[0].value == 80  # of 25 seeds, each fifth keeps its shirts
    assert (
        title("part1-recall", records, findings)
        == "20 of 25 networks trained as published never predict the class Shirt"
    )
    assert "a falling loss hides what matters" in page
    rows = part1.answer.tables["part1-missing"](records, findings).rows
    assert rows == [["Shirt", 20, 0], ["none: all ten are predicted", 5, 25]]

    records, findings, page = spoken(made_up(missing=False))
    assert findings["P1.7"].verdict != "refuted"
    assert "hides" not in page
    assert "never predict the class" not in title("part1-recall", records, findings)


def test_a_run_whose_loss_rises_is_no_counterexample_to_a_falling_loss() -> None:
    rising = [*PRINT[:-1], 1.7]
    results = published([epochs.curve(rising, missing=(6,)) for _ in range(25)])
    assert spoken(results)[1]["P1.7"].estimates[0].value == 0
    results = published([epochs.curve(PRINT, missing=(6,)) for _ in range(25)])
    assert spoken(results)[1]["P1.7"].estimates[0].value == 100


def test_the_heat_map_shows_the_recall_of_each_class_and_seed() -> None:
    records, findings, _ = spoken(made_up())
    chart = part1.answer.figures["part1-recall"](records, findings).chart
    published_map, logits_map = (dict(zip(panel.rows, panel.values, strict=True)) for panel in chart.panels)
    assert chart.columns == [str(seed) for seed in range(25)]
    assert published_map["Shirt"] == [85.0 if seed % 5 == 0 else 0.0 for seed in range(25)]
    assert logits_map["Shirt"] == [85.0] * 25
    assert published_map["Bag"] == [90.0] * 25
    assert list(published_map) == list(CLASS_NAMES)


@pytest.mark.parametrize(("cost", "verdict"), [(0.05, "refuted"), (-0.02, "supported"), (0.003, "undetermined")])
def test_p1_5_turns_with_the_accuracy(cost, verdict) -> None:
    records, findings, page = spoken(made_up(cost=cost))
    assert findings["P1.5"].verdict == verdict
    assert [estimate.value for estimate in findings["P1.5"].estimates] == pytest.approx([-100 * cost] * 2, abs=0.05)
    assert [estimate.n for estimate in findings["P1.5"].estimates] == [25, 15]
    assert ("The extra softmax costs accuracy" in page) == (verdict == "refuted")
    assert ("costs no accuracy" in title("part1-accuracy-cost", records, findings)) == (verdict == "supported")
    assert "epochs 17 to 26" in findings["P1.5"].measured
    assert "epochs 8 to 10" in findings["P1.5"].measured


def test_p1_5_may_depend_on_the_rate() -> None:
    harmless = made_up(cost=0.0)
    tuned = {arm: found for arm, found in harmless.items() if "tuned" in arm[1]}
    records, findings, _ = spoken(made_up() | tuned)
    assert findings["P1.5"].verdict == "depends"
    assert under(findings["P1.5"]) == {RATE: "refuted", TUNED: "supported"}
    assert "depends on the learning rate" in title("part1-accuracy-cost", records, findings)


@pytest.mark.parametrize(("published_rate", "logits_rate", "ends"), [(0.3, 0.03, 0), (3.0, 0.03, 1), (0.03, 0.01, 2)])
def test_rates_at_an_end_of_their_grid_are_counted(published_rate, logits_rate, ends) -> None:
    results = dict(made_up())
    for name, rate in (("tuned_published", published_rate), ("tuned_logits", logits_rate)):
        results["epochs", name] = [msgspec.structs.replace(run, learning_rate=rate) for run in results["epochs", name]]
    assert part1.answer.estimators["rates-at-an-end"](ExampleRecords(results)).value == ends


def test_every_seed_is_shown_in_its_mode() -> None:
    records, findings, _ = spoken(made_up())
    rows = part1.answer.figures["part1-accuracy-cost"](records, findings).chart.rows
    assert {row.label: len(row.points) for row in rows} == {
        f"{RATE}, a class missing": 20, f"{RATE}, all ten learnt": 5, f"{TUNED}, a class missing": 12, f"{TUNED}, all ten learnt": 3,
    }  # fmt: skip
    table = part1.answer.tables["part1-modes"](records, findings).rows
    assert [row[2] for row in table] == ["20 of 25", "5 of 25", "12 of 15", "3 of 15"]
    assert table[0][3] == "59 to 93"


@pytest.mark.parametrize(("sign", "verdict"), [(1, "supported"), (-1, "refuted")])
def test_p1_1_turns_with_the_loss(sign, verdict) -> None:
    curves = [epochs.curve([2 + sign * (1 / epoch + seed / 1e4) for epoch in range(1, 101)]) for seed in range(10)]
    results = made_up() | {("epochs", "as_published"): [epochs.results(curve) for curve in curves]}
    records, findings, page = spoken(results)
    assert findings["P1.1"].verdict == verdict
    assert ("Yes, the loss falls" in page) == (verdict == "supported")
    assert ("does not fall" in title("part1-losses", records, findings)) == (verdict == "refuted")


def test_p1_2_is_refuted_by_one_rise_in_one_run() -> None:
    falling = [epochs.curve([2 + seed / 1e4 + 1 / epoch for epoch in range(1, 101)]) for seed in range(10)]
    short = [epochs.curve([2 + 1 / epoch for epoch in range(1, 27)])] * 15
    _, findings, _ = spoken(published([*falling, *short]))
    within, over = findings["P1.2"].conditions
    assert within.leaning == "supported"  # too few runs for the correction for many claims
    assert (over.verdict, over.leaning) == ("undetermined", None)
    late = falling[3].mean_of_batch_means
    late[50] = late[49] + 1e-6
    within, over = spoken(published([*falling, *short]))[1]["P1.2"].conditions
    assert (within.leaning, over.verdict) == ("supported", "refuted")


@pytest.mark.parametrize(("later", "verdict"), [(0.0, "depends"), (-0.002, "supported"), (0.002, "depends")])
def test_p1_3_turns_with_the_later_test_loss(later, verdict) -> None:
    records, findings, page = spoken(made_up(loss_later=later))
    assert findings["P1.3"].verdict == verdict
    assert "over epochs 11 to 40 and 61 to 100" in findings["P1.3"].measured
    assert [estimate.value for estimate in findings["P1.3"].estimates] == pytest.approx([-0.1, 10 * later], abs=1e-4)
    assert ("still falling" in title("part1-over-training", records, findings)) == (verdict == "supported")
    if verdict == "depends":
        assert "over epochs 11 to 40, not over epochs 61 to 100" in title("part1-over-training", records, findings)
    assert ("depends on how long" in page) == (verdict == "depends")


def test_p1_6_knows_the_printed_run_from_another() -> None:
    drawn = np.random.default_rng(0).normal(0, 0.005, (25, 2, 1))
    runs = np.array(PRINT) + drawn[:, 0] + drawn[:, 1] * 5 / np.arange(1, 27)  # (seeds, epochs)
    records, findings, page = spoken(published([epochs.curve(losses.tolist()) for losses in runs]))
    assert findings["P1.6"].verdict == "supported"
    assert findings["P1.6"].estimates[0].n == 25
    assert "26 losses" in findings["P1.6"].measured
    assert "both prints being runs of this code" in page
    for found, as_far in zip(findings["P1.6"].estimates, part1.answer.estimators["runs-as-far"](records), strict=True):
        assert (as_far.value + 1) / 26 == pytest.approx(found.sampling.p_value)
    _, findings, page = spoken(published([epochs.curve((losses + 0.1).tolist()) for losses in runs]))
    assert set(under(findings["P1.6"]).values()) <= {"refuted", "undetermined"}
    assert findings["P1.6"].leaning == "refuted" or findings["P1.6"].verdict == "refuted"
    assert "both prints being runs of this code" not in page


def test_few_seeds_do_not_settle_whether_the_print_can_be_reproduced() -> None:
    assert spoken(published([near_print(by) for by in (-0.002, 0.0, 0.001)]))[1]["P1.6"].verdict == "undetermined"
    assert spoken(published([near_print(0.0)]))[1]["P1.6"].verdict == "not measured yet"


@pytest.mark.parametrize(
    ("missing_at", "learnt_at", "words"),
    [
        (0.0, -0.03, "fits a network that lacks a class"),
        (-0.03, 0.0, "learnt all ten classes"),
        (0.0, 0.0, "does not tell"),
        (0.03, -0.03, "does not tell"),
    ],
)
def test_the_last_printed_loss_tells_only_where_the_modes_are_apart(missing_at, learnt_at, words) -> None:
    around = np.linspace(-0.002, 0.002, 12)
    curves = [near_print(at + by, missing) for at, missing in ((missing_at, (6,)), (learnt_at, ())) for by in around]
    records, findings, _ = spoken(published(curves))
    assert words in title("part1-last-loss", records, findings)
    nearest = part1.answer.estimators["nearest-missing"](records)
    if words == "fits a network that lacks a class":
        assert nearest.value == 10


def test_a_class_learnt_late_is_dated() -> None:
    found = made_up()["epochs", "as_published"]
    before, after = epochs.confusion((6,)).sum(0).tolist(), epochs.confusion().sum(0).tolist()
    curves = [run.curve for run in found]
    recovering = epochs.curve(curves[1].mean_of_batch_means, curves[1].test_accuracy)
    recovering.predicted[:] = [before] * 53 + [after] * 47
    results = made_up() | {("epochs", "as_published"): [found[0], epochs.results(recovering), *found[2:]]}
    records, findings, _ = spoken(results)
    assert title("part1-recovery", records, findings).startswith("1 of 8 networks learnt a missing class")
    assert title("part1-recovery", records, findings).endswith("Shirt, at epoch 54 of seed 1")
    share = part1.answer.estimators["learnt-late"](records)
    assert (share.value, share.n) == (12.5, 8)
    lines = part1.answer.figures["part1-recovery"](records, findings).chart.panels[0].series
    assert [series.label for series in lines if series.role == "line"] == ["seed 1"]
    assert len(lines) == 10

    records, findings, _ = spoken(made_up())
    assert title("part1-recovery", records, findings).startswith("No network learnt a missing class")
    assert part1.answer.estimators["learnt-late"](records).value == 0


def test_whether_a_missing_class_was_ever_predicted_is_counted() -> None:
    estimate = part1.answer.estimators["predicted-before"]
    found = made_up()
    assert estimate(ExampleRecords(found)).value == 0
    before, after = epochs.confusion().sum(0).tolist(), epochs.confusion((6,)).sum(0).tolist()
    curves = [run.curve for run in found["epochs", "as_published"]]
    losing = epochs.curve(curves[1].mean_of_batch_means, curves[1].test_accuracy, missing=(6,))
    losing.predicted[:] = [before] * 5 + [after] * 95
    runs = [*found["epochs", "as_published"]]
    runs[1] = epochs.results(losing)
    records = ExampleRecords(found | {("epochs", "as_published"): runs})
    assert estimate(records).value == 4  # 1 of 25
    assert "`predicted-before` networks had predicted such a class" in pages.spoken(part1.answer, records)[1]
    assert part1.answer.estimators["missing-early"](records).value == 80


def test_runs_that_lack_a_class_at_the_end_have_numbers_of_their_own() -> None:
    found = made_up()
    records = ExampleRecords(found)
    apart = {True: [], False: []}
    for seed, run in enumerate(found["epochs", "as_published"]):
        apart[seed % 5 > 0].append(run.inspection.true_class_log_loss)
    for name, lacking in (("missing", True), ("learnt", False)):
        estimate = part1.answer.estimators[f"published-true-loss-{name}"](records)
        assert (estimate.value, estimate.n) == (pytest.approx(np.mean(apart[lacking])), len(apart[lacking]))
    with pytest.raises(NoRecords):
        part1.answer.estimators["published-accuracy-missing"](ExampleRecords(made_up(missing=False)))


def test_a_class_learnt_late_within_the_printed_epochs_explains_a_grey_kink() -> None:
    found = made_up()["epochs", "as_published"]
    before, after = epochs.confusion((6,)).sum(0).tolist(), epochs.confusion().sum(0).tolist()
    early = epochs.curve(found[0].curve.mean_of_batch_means, found[0].curve.test_accuracy)
    early.predicted[:] = [before] * 18 + [after] * 82
    results = made_up() | {("epochs", "as_published"): [epochs.results(early), *found[1:]]}
    for made, expected in ((results, True), (made_up(), False)):
        records, findings, _ = spoken(made)
        caption = part1.answer.figures["part1-recovery"](records, findings).caption
        assert ("seed 0 learnt its missing class before that" in caption) == expected


def test_none_and_all_stand_in_words() -> None:
    results = dict(made_up())
    for rate, words in ((0.3, "Neither chosen rate is the smallest or largest"), (3.0, "lie at an end of their grid")):
        for name, chosen in (("tuned_published", rate), ("tuned_logits", 0.03)):
            runs = results["epochs", name]
            results["epochs", name] = [msgspec.structs.replace(run, learning_rate=chosen) for run in runs]
        _, _, page = spoken(results)
        assert words in page
        assert ("`rates-at-an-end`" in page) == (rate == 3.0)
    assert "`nearest-missing` lack a class" in page
    _, _, page = spoken(results | published([near_print(by, (6,)) for by in np.linspace(-0.002, 0.002, 25)]))
    assert "All ten of our runs with the nearest loss lack a class" in page


def test_test_and_training_have_the_same_colours_in_both_figures_of_the_loss() -> None:
    records, findings, _ = spoken(made_up())
    for name in ("part1-losses", "part1-over-training"):
        panels = part1.answer.figures[name](records, findings).chart.panels
        order = dict.fromkeys(one.label for panel in panels for one in panel.series if one.role == "line")
        assert list(order) == ["training", "test"]  # colours go by the order in which labels appear


def test_the_notebooks_run_is_drawn_without_a_range() -> None:
    records, findings, _ = spoken(made_up())
    notebook = part1.answer.figures["part1-last-loss"](records, findings).chart.rows[-1]
    assert (notebook.label, notebook.low, notebook.high) == ("the notebook's run", PRINT[-1], PRINT[-1])


def test_the_milestones_have_the_epoch_at_which_the_later_slope_begins() -> None:
    records, findings, _ = spoken(made_up())
    rows = part1.answer.tables["part1-milestones"](records, findings).rows
    assert [row[1] for row in rows] == [1, 10, 26, 50, 60, 100] * 2


def test_without_records_only_the_print_is_known() -> None:
    for name, measure in part1.answer.estimators.items():
        if name != "notebook-last-loss":
            with pytest.raises(NoRecords):
                measure(ExampleRecords({}))


def test_the_quick_profile_words_no_verdict() -> None:
    records, findings, page = spoken(made_up(), profile="quick")
    for words in ("Yes, the loss falls", "hides what matters", "It costs accuracy", "depends on how long"):
        assert words not in page
    assert title("part1-recall", records, findings) == "Recall by class and seed, as published and from logits"


def test_every_figure_and_table_of_a_whole_report_is_made() -> None:
    records, findings, page = spoken(made_up())
    assert "not measured yet" not in page
    for show in (*part1.answer.figures.values(), *part1.answer.tables.values()):
        assert show(records, findings).title
