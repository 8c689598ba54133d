"""What the mistakes of question 5 are said to cost, and by what they are recognised, one way and the other."""

import msgspec
import numpy as np
import pytest
from examples import ExampleRecords, planned, results_of
from examples.mistakes import accuracy, as_epochs, loop
from stand_ins import pages

from report.answers import CLAIMS
from report.answers.q5 import answer, symptoms
from report.conclude import formatting
from report.conclude.verdicts import conclude
from report.record.files import FolderWriter
from report.record.reader import NoRecords
from report.render import artifacts, markdown
from report.render.figures.intervals import rows_in_words
from report.render.page_data import Page, number_key

SEEDS = len(planned()["mistakes", "sorted"])
COSTS = {
    "never_zeroed": "Q5.4a",
    "pixels_0_to_255": "Q5.4c",
    "pixels_0_to_1": "Q5.4d",
    "sorted": "Q5.4e",
    "unshuffled": "Q5.4f",
}


def arm(cost=0.0, seeds=SEEDS, **about):
    """Make runs whose accuracies lie below the correct loop's."""
    return [loop(accuracy(seed, cost), **about) for seed in range(seeds)]


def records_of(*, costs=(), correct=None, softmax=0.05, loader=0.01, clock=0.5):
    found = results_of("mistakes", costs=costs)
    for name, loops in (("from_logits", correct or arm(seeds=25)), ("as_published", arm(softmax, seeds=25))):
        long = len(planned()["epochs", name])
        found["epochs", name] = as_epochs(loops[:long])
        found["epochs", f"{name}_short"] = as_epochs(loops[long:])
    timings = results_of("devices", loader=loader, clock=clock or 1.0)
    found["devices", "loader"] = timings["devices", "loader"]
    if clock:
        found["devices", "accelerator_clock"] = timings["devices", "accelerator_clock"]
    return ExampleRecords(found)


def taken(records):
    return pages.taken(answer, records)


def concluded(records, profile="full"):
    return conclude(CLAIMS, taken(records), profile)


def rendered(records, profile="full"):
    numbers = {
        number_key(name, i): artifacts.number(estimate, answer.estimators[name], records)
        for name, estimates in taken(records).items()
        for i, estimate in enumerate(estimates)
    }
    page = Page(
        name="q5", title=answer.title, headline=None, headline_label="", card=None,
        numbers=numbers, claims={}, figures={}, tables={},
    )  # fmt: skip
    completeness = markdown.Completeness(profile=profile, runs_done=1, runs_planned=1)
    return markdown.render(answer, page, concluded(records, profile), completeness)


def table(records):
    """Return the rows of the table of mistakes by the first cell."""
    return {row[0]: row[1:] for row in answer.tables["q5-mistakes-table"](records, concluded(records)).rows}


@pytest.mark.parametrize(("name", "claim"), COSTS.items())
def test_cost_turns_with_the_data(name, claim):
    harmful, harmless = records_of(costs={name: 0.05}), records_of(costs={name: 0.001})
    assert concluded(harmful)[claim].verdict == "supported"
    assert f"It costs {{measured}}`{claim}` of test accuracy" in rendered(harmful)
    assert concluded(harmless)[claim].verdict == "refuted"
    assert f"It costs less than 0.3 pp of test accuracy ({{measured}}`{claim}`)" in rendered(harmless)
    for records, count in ((harmful, 1), (harmless, 0)):
        title = answer.figures["q5-mistakes"](records, concluded(records)).title
        assert title == f"{count + 1} of 6 mistakes, made one at a time, cost accuracy"  # softmax always does here


def test_costs_are_ours_positive_and_of_seeds_and_images():
    found = taken(records_of(costs={"sorted": 0.05}))["Q5.4e"][0]
    expected = 100 * np.mean([accuracy(seed) - accuracy(seed, 0.05) for seed in range(SEEDS)])
    assert found.value == pytest.approx(expected, abs=0.05)
    assert (found.n, found.signed) == (SEEDS, False)
    assert found.settings["error_of_images"] > 0
    assert {CLAIMS[claim].origin for claim in CLAIMS if claim.startswith("Q5.4")} == {"ours"}


def test_only_the_first_ten_epochs_of_the_correct_loop_count():
    found = taken(records_of())["correct-accuracy"][0]  # its runs go on, at an accuracy of 0
    assert found.value == pytest.approx(100 * np.mean([accuracy(seed) for seed in range(SEEDS)]))
    assert found.n == SEEDS


def test_softmax_is_judged_in_part_1():
    assert CLAIMS["Q5.4b"].see == "P1.5"
    records = records_of(softmax=0.07)
    assert taken(records)["softmax-cost"][0].value == pytest.approx(7, rel=0.1)
    assert concluded(records)["Q5.4b"].verdict == "see another row"


def looks(first, last, test=None, diverged=None):
    """Make a run by what its printout shows."""
    losses = [first] + [last] * 9
    made = loop(0.8, diverged=diverged)
    test_loss = [first] + [last if test is None else test] * 9
    return msgspec.structs.replace(made, running_loss=losses, test_loss=test_loss)


@pytest.mark.parametrize(
    ("run", "symptom"),
    [
        (looks(1.0, None, diverged=7), "NaN"),
        (looks(93.0, 2.303), "in epoch 1 the loss is huge; it ends near 2.30"),
        (looks(2.31, 2.303), "the loss ends near 2.30"),
        (looks(1.7, 79.0), "rises"),
        (looks(0.18, 0.09, test=2.9), symptoms.TEST_LOSS_HIGHER),
        (looks(2.1, 1.7), "ends above 1.46"),
        (looks(1.1, 0.55), "more slowly"),
        (looks(0.8, 0.5), "none"),
    ],
)
def test_symptom_is_what_the_printout_shows(run, symptom):
    assert symptom in symptoms.symptom_of(run, loop(0.85, loss=0.5))


def test_a_cost_has_the_same_digits_in_the_text_the_table_and_the_figure(tmp_path):
    records = records_of(costs={"unshuffled": 0.0123})
    findings, cost = concluded(records), taken(records)["Q5.4f"][0]
    digits = formatting.digits_for(cost)
    exporter = artifacts.Exporter(FolderWriter(tmp_path), records)
    made = exporter.table("costs", answer.tables["q5-mistakes-table"](records, findings), symptoms.overview)
    cells = {row[0]: row[-1] for row in made.rows}
    label = "in the files' order, not shuffled"
    assert made.numeric[-1]
    assert cells[label] == formatting.number(cost.value, digits)
    assert f"{label} +{cells[label]} (" in rows_in_words(answer.figures["q5-mistakes"](records, findings).chart)
    assert repr(cost.value) in (tmp_path / "published" / made.data).read_text()


def test_table_gives_the_symptom_with_the_number_of_runs_that_have_it():
    records = records_of(costs={"sorted": 0.05})
    mixed = [looks(0.2, 0.1, test=3.0)] * (SEEDS - 1) + [looks(93.0, 2.303)]
    rows = table(ExampleRecords(records.results | {("mistakes", "sorted"): mixed}))
    assert rows["sorted by label, not shuffled"][0] == (
        f"the test loss is about 30 times the training loss ({SEEDS - 1} of {SEEDS} runs)"
    )
    assert rows["pixels 0 to 1"][0] == "none: the losses look right"
    assert rows["nothing: the correct loop"][0] == ""


@pytest.mark.parametrize("gap", [1e-5, 0.02])
def test_error_of_batch_means_is_the_largest_of_any_epoch(gap):
    correct = [loop(0.85, gap=gap * (1 + 0.01 * seed)) for seed in range(25)]
    found = taken(records_of(correct=correct))["gap-of-batch-means"][0]
    assert found.value == pytest.approx(100 * gap * np.mean([1 + 0.01 * seed for seed in range(SEEDS)]))


@pytest.mark.parametrize(("loader", "verdict"), [(0.01, "supported"), (1e-5, "refuted")])
def test_cost_of_transforming_turns_with_the_data(loader, verdict):
    records = records_of(loader=loader)
    assert concluded(records)["Q5.4g"].verdict == verdict
    assert taken(records)["Q5.4g"][0].value == pytest.approx((loader + 0.001) / (1e-5 + 0.001), rel=0.01)


@pytest.mark.parametrize(
    ("clock", "verdict", "sentence"),
    [(0.5, "supported", "the time it took to queue them"), (0.97, "refuted", "still showed nearly the whole step")],
)
def test_unsynchronised_clock_turns_with_the_data(clock, verdict, sentence):
    records = records_of(clock=clock)
    assert [e.value for e in taken(records)["Q5.4h"]] == [pytest.approx(clock)] * 3
    assert concluded(records)["Q5.4h"].verdict == verdict
    assert sentence in rendered(records)


def test_unsynchronised_clock_depends_on_whether_the_device_falls_behind():
    records = records_of(clock={64: 0.99, 1024: 0.95, 16384: 0.1})
    assert concluded(records)["Q5.4h"].verdict == "depends"
    assert "nearly all of a small step" in rendered(records)
    assert "64 images of 784-128-10, 1,024 and 16,384 of ResNet-18" in concluded(records)["Q5.4h"].measured


def test_steps_that_follow_one_another_are_taken_in_blocks():
    queued = np.repeat([0.4, 0.6], 5)  # as if each five were one
    (found,) = results_of("devices", clock=0.5)["devices", "accelerator_clock"]
    clocks = [msgspec.structs.replace(c, seconds={"queued": queued.tolist(), "done": [1.0] * 10}) for c in found.clocks]
    records = records_of()
    clocked = {("devices", "accelerator_clock"): [msgspec.structs.replace(found, clocks=clocks)]}
    estimates = answer.estimators["Q5.4h"](ExampleRecords(records.results | clocked))
    assert [(e.n, e.n_of) for e in estimates] == [(2, "blocks")] * 3


def test_unsynchronised_clock_needs_an_accelerator():
    records = records_of(clock=None)
    with pytest.raises(NoRecords):
        answer.estimators["Q5.4h"](records)
    assert concluded(records)["Q5.4h"].verdict == "not testable here"
    assert "Measuring how much it misses needs a GPU" in rendered(records)


def test_quick_profile_gives_no_verdict():
    records = records_of(costs={"sorted": 0.5})
    page = rendered(records, "quick")
    assert "The test accuracy lost is {measured}`Q5.4e`" in page
    assert "It costs {measured}`Q5.4e`" not in page
    assert "cost accuracy" not in answer.figures["q5-mistakes"](records, concluded(records, "quick")).title


def test_without_records_everything_is_missing():
    records = ExampleRecords({})
    assert list(taken(records)) == ["notebook-falling"]  # which no run can change
    measured = [make for name, make in (answer.figures | answer.tables).items() if name != "q5-step"]  # a drawing
    for make in measured:
        with pytest.raises(NoRecords):
            make(records, conclude(CLAIMS, {}, "full"))


def test_title_says_that_a_low_loss_proves_nothing_only_where_it_is_low():
    costly = records_of(costs={"sorted": 0.5})
    for last, words in ((0.1, "proves nothing"), (0.9, "The printed loss of each loop")):
        loops = arm(0.5, loss=last)
        records = ExampleRecords(costly.results | {("mistakes", "sorted"): loops})
        assert words in answer.figures["q5-mistakes-curves"](records, concluded(records)).title


def test_divergence_is_counted_and_its_line_ends():
    diverged = {("mistakes", "never_zeroed"): arm(0.7, loss=None, diverged=7)}
    assert "In no run did the loss become NaN" in rendered(records_of())
    records = ExampleRecords(records_of().results | diverged)
    assert "The loss became NaN in {measured}`diverged`" in rendered(records)
    assert taken(records)["diverged"][0].value == SEEDS
    assert table(records)["gradients never zeroed"][0] == "the loss becomes NaN or infinite"
    assert table(records)["gradients never zeroed"][2] == "not a number"
    printed, accuracies = answer.figures["q5-mistakes-curves"](records, concluded(records)).chart.panels
    lines = {series.label: series for series in printed.series}
    assert lines["gradients never zeroed"].x == [1.0]
    assert lines["correct"].x == [float(epoch) for epoch in range(1, 11)]
    assert all(len(series.x) == 10 for series in accuracies.series)
