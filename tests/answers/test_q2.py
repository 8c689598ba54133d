import math
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from examples import ExampleRecords, results_of
from examples.batch_size import trained
from examples.batch_target import approached

from report.answers import CLAIMS, q2
from report.answers.charts import IntervalChart
from report.answers.q2 import budgets, cost, dynamics, levels, loading, matched, noise, optimum, rates, settings, target
from report.answers.q2.estimates import product, ratio_over_seeds
from report.conclude.interval_rules import Above
from report.conclude.verdicts import conclude, decide
from report.experiments.batch_dynamics import RiseResults
from report.experiments.batch_size import BATCH_SIZES, BatchSizeResults
from report.experiments.batch_target import TargetResults
from report.record.reader import NoRecords
from report.render.markdown import Completeness, render

SEEDS = range(5)
ALL = ("batch_size", "batch_target", "batch_dynamics", "batch_cost", "gradient_noise")
MEASURED = [claim.id for claim in q2.answer.claims.values() if claim.rule]


def made_up(sign=1):
    """Make records in which every claim with a direction holds, or (with −1) in which each is reversed."""
    made = {arm: found for name in ALL for arm, found in results_of(name, sign=sign).items()}
    return made | {("devices", "loader"): results_of("devices")["devices", "loader"]}


def concluded(records):
    estimates = {}
    for name, measure in q2.answer.estimators.items():
        found = measure(records)
        estimates[name] = found if isinstance(found, tuple) else (found,)
    return estimates, conclude(CLAIMS, estimates, "full")


def test_every_measured_claim_of_the_page_has_a_measure():
    illustrated = {claim.id for claim in q2.answer.claims.values() if claim.illustration}
    assert {id for id in q2.answer.estimators if id.startswith("Q2.")} == {*MEASURED, *illustrated}
    assert illustrated == {"Q2.1", "Q2.4"}


def test_every_verdict_reverses_with_the_effect():
    _, holds = concluded(ExampleRecords(made_up(1)))
    _, reversed_ = concluded(ExampleRecords(made_up(-1)))
    assert {id: holds[id].verdict for id in MEASURED} == dict.fromkeys(MEASURED, "supported") | {"Q2.8": "depends"}
    assert {id: reversed_[id].verdict for id in MEASURED} == dict.fromkeys(MEASURED, "refuted") | {"Q2.8": "depends"}
    for found, seconds in ((holds, "supported"), (reversed_, "refuted")):
        decided = {condition.name: condition.verdict for condition in found["Q2.8"].conditions}
        assert decided == {"epochs": "refuted", "updates": "supported", "seconds": seconds}


def test_claims_that_others_settle_say_so():
    assert {claim.id: claim.see for claim in q2.answer.claims.values() if claim.see} == {
        "Q2.9": "Q2.7",
        "Q2.12": "Q2.11",
        "Q2.15": "Q2.8",
    }


def test_figures_change_their_titles_with_the_verdict_and_give_their_data():
    titles = {}
    for sign in (1, -1):
        records = ExampleRecords(made_up(sign))
        _, findings = concluded(records)
        drawn = {name: draw(records, findings) for name, draw in q2.answer.figures.items()}
        titles[sign] = {name: content.title for name, content in drawn.items()}
        for content in drawn.values():
            assert content.alt or isinstance(content.chart, IntervalChart)
    same = {name for name in titles[1] if titles[1][name] == titles[-1][name]}
    assert same == {
        "q2-rates",
        "q2-rate-accuracy",
        "q2-memory",
    }  # rates and trials are alike in both, and bytes are counted


def page_text(records):
    estimates, findings = concluded(records)
    numbers = {
        name if place == 0 else f"{name}-{place + 1}": SimpleNamespace(estimate=estimate)
        for name, found in estimates.items()
        for place, estimate in enumerate(found)
    }
    page = SimpleNamespace(
        name="q2",
        title=q2.answer.title,
        numbers=numbers,
        figures=dict(q2.answer.figures),
        tables=dict(q2.answer.tables),
    )
    completeness = Completeness(profile="full", runs_done=5, runs_planned=5)
    return "\n".join(render(q2.answer, page, findings, completeness, document=name) for name in q2.answer.documents)


def test_sentences_reverse_with_the_effect():
    pairs = [
        ("Small batches recognise more of the test images", "Small batches do not recognise more"),
        ("A large batch goes through the images faster", "goes through the images no faster here"),
        ("So the large batch levels off earlier", "So the large batch does not level off earlier"),
        ("the large batch is the steadier one, whatever", "the large batch is not the steadier one, whatever"),
        ("here it does act as a regulariser", "here it does not act as a regulariser"),
        ("the large batch does meet the steeper rises", "the small batch that meets the steeper rises"),
        ("is what the noise has gained", "here the noise has helped to leave no poor minimum"),
        ("So it does.", "So it hardly does, between these two."),
    ]
    holds, reversed_ = page_text(ExampleRecords(made_up(1))), page_text(ExampleRecords(made_up(-1)))
    for when_held, when_reversed in pairs:
        assert when_held in holds
        assert when_held not in reversed_
        assert when_reversed in reversed_
        assert when_reversed not in holds
    assert "not measured yet" not in holds


@pytest.mark.parametrize("experiment", ALL)
def test_without_records_measures_and_figures_say_so(experiment):
    kept = {key: value for key, value in made_up().items() if key[0] != experiment}
    records = ExampleRecords(kept)
    _, findings = concluded(ExampleRecords(made_up()))
    missing = []
    for name, measure in q2.answer.estimators.items():
        try:
            measure(records)
        except NoRecords:
            missing.append(name)
    assert missing
    undrawn = 0
    for draw in (*q2.answer.figures.values(), *q2.answer.tables.values()):
        try:
            draw(records, findings)
        except NoRecords:
            undrawn += 1
    assert undrawn


def test_the_accuracy_after_ten_epochs_is_the_mean_of_the_last_three():
    run = trained(accuracy=0.9, train_loss=0.3, test_loss=0.3)
    ten_epochs = [0.1, *(0.5,) * 7, 0.7, 0.8, 0.9]  # the first is of the initial weights
    after_ten = msgspec.structs.replace(run, epochs=[float(n) for n in range(11)], test_accuracy=ten_epochs)
    assert budgets.final_test_accuracy(after_ten) == pytest.approx(0.8)
    after_updates = msgspec.structs.replace(after_ten, epochs=[float(n) for n in range(10)] + [12.0])
    assert budgets.final_test_accuracy(after_updates) == 0.9


def test_the_verdict_on_stability_depends_on_the_learning_rates():
    results = made_up()
    results["batch_dynamics", "spread"] = [
        msgspec.structs.replace(run, small_scaled=0.8 * run.large + 0.01 * (seed % 3), small_tuned=(0.9, 1.1)[seed % 2])
        for seed, run in enumerate(results["batch_dynamics", "spread"])
    ]
    records = ExampleRecords(results)
    _, findings = concluded(records)
    decided = {condition.name: condition.verdict for condition in findings["Q2.11"].conditions}
    assert decided == {
        "one learning rate": "supported", "rates in proportion": "refuted", "each at its own rate": "undetermined",
    }  # fmt: skip
    title = dynamics.spread_ratios(records, findings).title
    assert title == "The order of the data moves small batches more at one learning rate, less at rates in proportion"
    assert "depends on the learning rates: at one rate for both" in page_text(records)


def test_a_loader_makes_every_image_cost_the_same_whatever_the_batch():
    records = ExampleRecords(made_up())
    per_image = float(np.median(loading.fetch_seconds(records)))
    assert q2.answer.estimators["loader-per-image"](records).value == pytest.approx(1e6 * per_image)
    run = {
        size: levels.at_level(records.arm("batch_target", f"relu1-{size}", TargetResults).results[0], 0.15)
        for size in (16, 64)
    }
    times = optimum.step_times(records)
    longer = [run[size].updates * times[size] + run[size].epochs * 50_000 * per_image for size in (16, 64)]
    assert loading.with_loader(records, 16).value == pytest.approx(longer[0] / longer[1], rel=0.05)


def test_the_small_and_large_batch_are_picked_by_validation_not_by_test():
    results = made_up()
    tempting = trained(accuracy=0.99, train_loss=0.3, test_loss=0.3)
    disguised = BatchSizeResults(
        **{f: getattr(tempting, f) for f in tempting.__struct_fields__ if f != "validation_accuracy"},
        validation_accuracy=[0.1, 0.2, 0.3],
    )
    before = q2.answer.estimators["Q2.5"](ExampleRecords(results))
    for budget in ("epochs", "updates"):
        results["batch_size", f"{budget}-64"] = [disguised for _ in SEEDS]
    assert [e.value for e in q2.answer.estimators["Q2.5"](ExampleRecords(results))] == [e.value for e in before]


def straight(losses, batch_size=50, **scores):
    """Make a run that is scored once an epoch, far enough apart for no two scorings to be averaged."""
    epochs = [float(2**place) for place in range(len(losses))]
    return msgspec.structs.replace(
        approached(batch_size, target=0.15, epochs=1),
        epochs=epochs,
        updates=[round(epoch * 50_000 / batch_size) for epoch in epochs],
        train_loss=losses,
        **{"test_loss": losses, "test_accuracy": losses, **scores},
    )


def test_a_level_is_read_between_the_scorings_and_at_the_first_time_only():
    run = straight([0.6, 0.4, 0.2, 0.5, 0.1], test_loss=[0.7, 0.5, 0.4, 0.8, 0.6])
    moment = levels.at_level(run, 0.25)
    assert (moment.epochs, moment.updates, moment.test_loss) == pytest.approx((3.5, 3500, 0.425))
    assert levels.at_level(run, 0.6).epochs == 1


def test_a_lucky_moment_does_not_reach_a_level():
    steady = approached(64, target=0.15, epochs=20)
    losses = list(steady.train_loss)
    losses[50] = 0.1
    lucky = msgspec.structs.replace(steady, train_loss=losses)
    assert levels.at_level(lucky, 0.15).epochs > lucky.epochs[50]


def test_runs_that_miss_the_level_are_counted_and_left_out_of_ratios():
    results = made_up()
    kept = results["batch_target", "relu1-1024"]
    missed = msgspec.structs.replace(straight([0.6, 0.4, 0.35], batch_size=1024), updates_to_target=None)
    results["batch_target", "relu1-1024"] = [missed, *kept[1:]]
    records = ExampleRecords(results)
    assert q2.answer.estimators["target-not-reached"](records).value == 1
    assert [estimate.n for estimate in q2.answer.estimators["Q2.8"](records)] == [4, 4, 4]
    assert q2.answer.estimators["Q2.7"](records).n == 4
    _, findings = concluded(ExampleRecords(made_up()))
    (reached,) = {row[3] for row in target.to_the_levels(records, findings).rows if row[0] == 1024 and row[2] == 0.15}
    assert reached == "4 of 5"
    results["batch_target", "relu1-1024"] = [missed] * 5
    with pytest.raises(NoRecords):
        q2.answer.estimators["Q2.8"](ExampleRecords(results))
    content = target.against_batch(ExampleRecords(results), findings)
    assert content.chart.panels[0].series[0].x == [16, 64, 256]


def test_seconds_are_updates_times_the_time_of_a_step():
    records = ExampleRecords(made_up())
    _, updates, seconds = q2.answer.estimators["Q2.8"](records)
    times = optimum.step_times(records)
    assert seconds.value == pytest.approx(updates.value * times[1024] / times[16], rel=1e-3)
    assert seconds.low < seconds.value < seconds.high  # the rounds of the clock differ, though the updates don't
    by_seed = optimum.seconds_by_seed(records)
    run = records.arm("batch_target", "relu1-64", TargetResults).results[0]
    assert by_seed[0][64] == pytest.approx(levels.at_level(run, 0.15).updates * times[64])


def test_the_law_of_the_critical_batch_size_is_found_again():
    epochs = {size: 12 * (1 + size / 200) for size in BATCH_SIZES}
    fit = optimum.critical_batch_size(epochs)
    assert (fit.batch_size, fit.lowest_epochs) == pytest.approx((200, 12), rel=1e-3)


@pytest.mark.parametrize("epochs", [{16: 3.0, 64: 4.0}, {16: 3.0, 64: 3.0, 256: 2.9}, {16: 1.0, 64: 16.0, 256: 256.0}])
def test_epochs_that_do_not_follow_the_law_have_no_critical_batch_size(epochs):
    assert optimum.critical_batch_size(epochs) is None


def test_the_critical_batch_sizes_of_both_models_are_compared_seed_by_seed():
    records = ExampleRecords(made_up())
    ratio = optimum.critical_batch_ratio(records)
    assert (ratio.n, ratio.unit) == (5, "ratio")
    assert ratio.value == pytest.approx(4, rel=0.1)
    assert q2.answer.estimators["critical-batch"](records).value == pytest.approx(200, rel=0.2)


def test_worse_solutions_are_those_of_runs_that_level_off():
    level_off = straight([0.6, 0.4, 0.2, 0.19, 0.18])
    goes_on = straight([0.6, 0.4, 0.2, 0.1, 0.05])
    assert matched.loss_further_on(level_off) == pytest.approx(0.195)  # between epochs 4 and 8: at 6
    assert matched.loss_further_on(goes_on) == pytest.approx(0.15)
    assert matched.loss_further_on(straight([0.6, 0.4, 0.2])) == pytest.approx(0.2)  # it ended before


def test_a_product_of_ratios_adds_their_errors():
    first, second = ratio_over_seeds([1.8, 2.0, 2.2], ("a",)), ratio_over_seeds([2.7, 3.0, 3.3], ("b",))
    found = product(first, second)
    assert found.value == pytest.approx(first.value * second.value)
    assert found.sampling.error == pytest.approx(math.hypot(first.sampling.error, second.sampling.error))
    assert found.sampling.dof == pytest.approx(4)
    assert (decide(Above(5.0), [found]).verdict == "supported") == (found.low > 5)
    assert product(ratio_over_seeds([2.0], ("a",)), second).low is None


def test_fastest_finds_the_bottom_of_a_parabola_and_keeps_to_the_range():
    bottom = 7.3
    seconds = {size: float(np.exp(0.1 * (np.log2(size) - bottom) ** 2)) for size in BATCH_SIZES}
    assert optimum.fastest(seconds) == pytest.approx(2**bottom)
    assert optimum.fastest({size: 1 / size for size in BATCH_SIZES}) == 4096
    assert optimum.fastest({size: float(size) for size in BATCH_SIZES}) == 16


def with_seconds(monkeypatch, factors):
    """Let each batch size take a base time times one factor a seed; return what the figure's title says then."""
    records = ExampleRecords(made_up())
    _, findings = concluded(records)
    by_seed = {seed: {size: 10.0 * of[seed] for size, of in factors.items()} for seed in range(5)}
    monkeypatch.setattr(optimum, "seconds_by_seed", lambda _: by_seed)
    return target.against_batch(records, findings).title


def test_batch_sizes_that_no_interval_tells_from_the_fastest_are_named_together(monkeypatch):
    same, slow = [1.0, 1.1, 0.9, 1.05, 0.95], [2.0] * 5
    title = with_seconds(monkeypatch, {16: slow, 64: same, 256: [1.03 * of for of in same[::-1]], 1024: [3.0] * 5})
    assert title.startswith("64 and 256 are about equally fast")
    assert "; 16 and 1024 take " in title
    title = with_seconds(monkeypatch, {16: slow, 64: [1.0] * 5, 256: [1.5] * 5})
    assert title == "64 is the fastest to a training loss of 0.15 nats; 16 and 256 take 1.5 to 2.0 times as long"


def test_the_sizes_to_try_are_the_powers_of_two_around_the_fastest():
    records = ExampleRecords(made_up())
    lower, upper = (q2.answer.estimators[name](records).value for name in ("smallest-to-try", "largest-to-try"))
    assert upper == 4 * lower
    assert lower < q2.answer.estimators["fastest-batch"](records).value < upper


@pytest.mark.parametrize(
    ("at_one", "title"),
    [
        (0.75, "The choice of the learning rate changes accuracy by up to 10.0 points"),
        (
            0.2,
            "A learning rate that is too large breaks the network; the choice among the others changes accuracy by up to 10.0 points",
        ),
    ],
)
def test_a_rate_that_breaks_the_network_is_told_apart_from_one_that_is_worse(at_one, title):
    made = made_up(1)
    for key, runs in made.items():
        if key == ("batch_size", "epochs-1024-trial-1"):
            made[key] = [msgspec.structs.replace(run, validation_accuracy=at_one) for run in runs]
    records = ExampleRecords(made)
    drawn = q2.answer.figures["q2-rate-accuracy"](records, concluded(records)[1])
    assert drawn.title == title
    line = drawn.chart.panels[0].series[3]
    assert (line.label, line.x, line.y[-1]) == ("batch size 1,024", [0.1, 0.3, 1.0], pytest.approx(100 * at_one))


def test_tables_say_which_losses_were_not_tried_and_which_rates_lie_at_an_end():
    records = ExampleRecords(made_up())
    _, findings = concluded(records)
    reached = {(row[0], row[2]): row[3] for row in target.to_the_levels(records, findings).rows}
    assert reached[4096, 0.15] == "not tried"
    assert reached[1024, 0.15] == "5 of 5"
    tried = {(row[0], row[1]): row[2] for row in rates.settings(records, findings).rows}  # 0.1 is chosen in all
    assert tried["equal epochs", 16] == "0.01 to 0.1 (at an end)"
    assert tried["equal epochs", 256] == "0.03 to 0.3"


def test_figures_name_the_condition_or_the_moment_that_makes_the_difference():
    results = made_up()
    for (experiment, arm), runs in made_up(-1).items():
        if (experiment, arm[:7]) == ("batch_size", "updates"):
            results[experiment, arm] = runs
    for run in results["gradient_noise", "from_logits"]:
        run.snapshots[-1] = msgspec.structs.replace(run.snapshots[-1], noise_scale=run.snapshots[1].noise_scale)
    records = ExampleRecords(results)
    _, findings = concluded(records)
    title = {name: q2.answer.figures[name](records, findings).title for name in ("q2-accuracy", "q2-noise-scale")}
    assert "better at equal epochs and equal training loss, not at equal updates" in title["q2-accuracy"]
    assert title["q2-noise-scale"] == "The noise scale rises 16-fold in the first epoch; after that no rise is settled"


def test_only_the_setting_whose_interval_says_so_differs():
    records = ExampleRecords(made_up() | results_of("batch_target", sign=-1))
    _, findings = concluded(records)
    title = settings.settings_compared(records, findings).title
    assert "two models does not differ by more than a quarter" in title
    assert title.endswith("the noise scale at the two moments differs")


def test_ratios_are_geometric_means_with_null_one():
    estimate = ratio_over_seeds([0.5, 2.0, 0.5, 2.0], ("r",))
    assert estimate.value == pytest.approx(1)
    assert estimate.low * estimate.high == pytest.approx(1)
    assert estimate.null == 1
    assert decide(Above(1.0), [estimate]).p_value == pytest.approx(1)
    larger = ratio_over_seeds([1.9, 2.0, 2.1], ("r",))
    assert 1 < larger.low < larger.value < larger.high
    assert decide(Above(1.0), [larger]).verdict == "supported"


def test_no_rise_at_all_still_has_a_ratio():
    flat = RiseResults(small=[-1.0, 0.5], large=[-1.0, -0.9], small_learning_rate=0.03, large_learning_rate=0.3)
    estimate = dynamics.steepest_rise_large_over_small(ExampleRecords({("batch_dynamics", "rise"): [flat] * 3}))
    assert estimate.value == pytest.approx(dynamics.SMALLEST_RISE / 0.5)


def test_runs_that_did_not_level_off_are_counted():
    results = made_up()
    first, *others = results["batch_dynamics", "continue"]
    results["batch_dynamics", "continue"] = [msgspec.structs.replace(first, is_level=False), *others]
    assert q2.answer.estimators["continue-not-level"](ExampleRecords(results)).value == 1


def test_what_slows_a_whole_round_does_not_widen_the_ratio_of_speeds():
    results = made_up()
    (costs,) = results["batch_cost", "steps"]
    load = [1, 10] * 8
    slowed = [
        msgspec.structs.replace(
            step, seconds=[[factor * s for s in seconds] for factor, seconds in zip(load, step.seconds, strict=True)]
        )
        for step in costs.steps
    ]
    before = cost.speed_ratio(ExampleRecords(results))
    results["batch_cost", "steps"] = [msgspec.structs.replace(costs, steps=slowed)]
    after = cost.speed_ratio(ExampleRecords(results))
    assert (after.value, after.low, after.high) == pytest.approx((before.value, before.low, before.high))
    assert after.n == 16


def test_a_seed_without_a_noise_scale_at_one_moment_is_left_out_of_the_change():
    results = made_up()
    runs = results["gradient_noise", "from_logits"]
    *earlier, last = runs[0].snapshots
    unknown = msgspec.structs.replace(last, noise_scale=None)
    runs[0] = msgspec.structs.replace(runs[0], snapshots=[*earlier, unknown])
    change = noise.change_of_noise_scale(ExampleRecords(results))
    assert change.n == len(runs) - 1
    assert change.value == pytest.approx(6400 / 50)
