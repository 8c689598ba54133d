"""What question 6 concludes from timings, one way and the other."""

from contextlib import suppress
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from examples import ExampleRecords, planned, results_of
from examples.devices import around, device
from stand_ins import pages

from report.answers import CLAIMS
from report.answers.charts import IntervalChart
from report.answers.printed import printed
from report.answers.q6 import answer
from report.answers.q6.repeatability import repeatability
from report.answers.timed import printed_gap_percent
from report.conclude.verdicts import conclude
from report.experiments.steps import step_flop
from report.record.reader import NoRecords
from report.render import artifacts, markdown
from report.render.page_data import Page

ON_ACCELERATOR = ("Q6.2", "Q6.3", "Q6.5")


def records_of(*, times=None, **about):
    found = results_of("devices", times=times or {}, **about)
    own = [arm for arm in found if times or not planned()[arm][0].parameters["accelerator"]]
    return ExampleRecords({arm: found[arm] for arm in own})


def taken(records):
    return pages.taken(answer, records)


def concluded(records, profile="full"):
    return conclude(CLAIMS, taken(records), profile)


def rendered(records, profile="full"):
    measured, findings = taken(records), concluded(records, profile)
    numbers = {
        name if i == 0 else f"{name}-{i + 1}": artifacts.number(estimate, answer.estimators[name], records)
        for name, estimates in measured.items()
        for i, estimate in enumerate(estimates)
    }
    page = Page(
        name="q6",
        title=answer.title,
        headline=None,
        headline_label="",
        card=None,
        numbers=numbers,
        claims={},
        figures={},
        tables={},
    )
    completeness = markdown.Completeness(profile=profile, runs_done=1, runs_planned=1)
    return markdown.render(answer, page, findings, completeness)


def titles(records):
    findings, found = concluded(records), {}
    for name, draw in answer.figures.items():
        with suppress(NoRecords):
            found[name] = draw(records, findings).title
    return found


FAST = {"mlp32": 0.0005, "mlp128": 0.0005, "mlp4096": 0.0006, "resnet18": 0.004}
SLOW = {"mlp32": 0.001, "mlp128": 0.004, "mlp4096": 0.09, "resnet18": 0.9}
MIXED = SLOW | {"resnet18": 0.004}


@pytest.mark.parametrize(
    ("claim", "about", "verdict", "title", "sentence"),
    [
        ("Q6.2", {"times": FAST}, "supported", None, "A GPU does shorten a whole training step"),
        ("Q6.2", {"times": SLOW}, "refuted", None, "does not shorten a whole training step"),
        ("Q6.2", {"times": MIXED}, "depends", None, "depends on the model"),
        ("Q6.3", {"times": FAST}, "supported", "gain more from", "confirms it"),
        ("Q6.3", {"times": SLOW}, "refuted", "gain no more from", "does not confirm it"),
        ("Q6.5", {"times": FAST, "memory_bytes": 2**38}, "undetermined", None, "says nothing of other machines"),
        ("Q6.5", {"times": FAST, "memory_bytes": 2**34}, "undetermined", None, "says nothing of other machines"),
    ],
)
def test_verdict_title_and_sentence_turn_with_the_data(claim, about, verdict, title, sentence):
    records = records_of(**about)
    assert concluded(records)[claim].verdict == verdict
    assert title is None or title in titles(records)["q6-widths"]
    assert sentence in rendered(records)


def test_what_needs_no_measurement_has_its_verdict_without_records_and_an_illustration_with_them():
    verdicts = {
        claim: concluded(ExampleRecords({}))[claim].verdict for claim in ("Q6.1", "Q6.4", "Q6.6", "Q6.7", "Q6.8")
    }
    assert verdicts == dict.fromkeys(verdicts, "false by definition") | {"Q6.7": "true by definition"}
    for spread in (0.0001, 0.03):  # however much identical passes differ, the verdict is the same
        found = concluded(records_of(spread=spread))
        assert found["Q6.1"].verdict == "false by definition"
        assert [len(found[claim].estimates) for claim in ("Q6.1", "Q6.4")] == [1, 4]
        assert all(CLAIMS[claim].illustration for claim in ("Q6.1", "Q6.4"))


@pytest.mark.parametrize(("loader", "small"), [(0.01, 91), (0.0001, 9)])
def test_titles_give_the_measured_shares_and_ratios(loader, small):
    records = records_of(loader=loader)
    large = round(100 * loader / (loader + 0.1))
    assert titles(records)["q6-step-parts"] == (
        f"The loader takes {small} % of the small network's step and {large} % of ResNet-18's"
    )
    ratio = answer.estimators["loader-over-resident"](records).value
    assert ratio == pytest.approx(loader / 1e-5, rel=0.15)  # copying takes a microsecond of either
    assert f"takes {ratio:.0f} times as long" in titles(records)["q6-empty-loop"]


def test_title_of_the_passes_has_their_length_and_where_they_lie():
    records = records_of(spread=0.02)
    passes = around(0.01, 0.02)
    low, high = (100 * (end / np.median(passes) - 1) for end in (min(passes), max(passes)))
    assert titles(records)["q6-passes"] == (
        f"{len(passes)} identical passes of 1.0 s differ from their median by −{-low:.0f} % to +{high:.0f} %"
    )


def test_without_an_accelerator_its_claims_are_not_testable_and_the_page_says_how():
    records = records_of()
    for claim in ON_ACCELERATOR:
        with pytest.raises(NoRecords):
            answer.estimators[claim](records)
        assert concluded(records)[claim].verdict == "not testable here"
    page = rendered(records)
    assert "python -m report timing --device cuda" in page
    assert "does shorten a whole training step" not in page
    devices = answer.tables["q6-devices"](records, concluded(records))
    assert len(devices.rows) == 1
    assert "backend" not in devices.columns  # a CPU has none
    steps = answer.tables["q6-steps"](records, concluded(records))
    assert "peak memory (MB)" not in steps.columns  # nothing was counted
    assert {len(row) for row in steps.rows} == {len(steps.columns)}


def test_an_accelerators_record_is_shown_under_its_name_beside_its_host():
    records = records_of(times=FAST)
    findings = concluded(records)
    rows = answer.tables["q6-devices"](records, findings).rows
    assert [row[0] for row in rows] == ["Maker's cpu", "Maker's cpu", "Maker's cuda"]
    assert rows[2][3:5] == ["2.9", "13.0"]
    chart = answer.figures["q6-step-parts"](records, findings).chart
    assert [bar.label.partition(" (")[0] for bar in chart.bars[5:]] == [
        f"{loop}, on the GPU"
        for loop in (
            "784-128-10, loader", "784-128-10, loader, 2 workers", "784-128-10, tensors in memory",
            "ResNet-18, loader", "ResNet-18, loader, 2 workers",
        )
    ]  # fmt: skip
    assert all(sum(part.value for part in bar.segments) == pytest.approx(100) for bar in chart.bars)
    assert "Maker's cuda" in {
        series.label for series in answer.figures["q6-widths"](records, findings).chart.panels[0].series
    }


def test_without_any_record_everything_is_missing():
    records = ExampleRecords({})
    free = {"printed-gap", "printed-epoch"}  # the notebook's own figures need no run
    assert set(taken(records)) == free
    for make in (*answer.figures.values(), *answer.tables.values()):
        with pytest.raises(NoRecords):
            make(records, concluded(records))
    assert markdown.NOT_YET["full"] in rendered(records)


def test_quick_profile_gives_no_verdict():
    records = records_of(times=FAST)
    findings = concluded(records, "quick")
    assert {findings[claim].verdict for claim in ON_ACCELERATOR} == {"not assessed in the quick profile"}
    page = rendered(records, "quick")
    assert "does shorten" not in page
    assert "confirms it" not in page


def test_repeatability_limit_holds_for_95_of_100_pairs_and_its_interval_95_times_in_100():
    rng = np.random.default_rng(0)
    passes = rng.normal(10.0, 0.1, 20_000)
    differences = np.abs(rng.permutation(passes) - passes) / passes.mean() * 100
    assert np.mean(differences < limit_of(passes).value) == pytest.approx(0.95, abs=0.01)
    intervals = [limit_of(of_one_report) for of_one_report in rng.normal(10.0, 0.1, (2000, 12))]
    true = 1.96 * np.sqrt(2) * 0.1 / 10.0 * 100
    assert np.mean([found.low < true < found.high for found in intervals]) == pytest.approx(0.95, abs=0.015)


def limit_of(seconds):
    return repeatability(seconds, n_of="passes")


def test_differences_at_random_average_out_over_ten_minutes():
    records = records_of()
    spread = answer.estimators["Q6.1"](records).value
    assert answer.estimators["spread-if-random"](records).value == pytest.approx(spread * np.sqrt(100 / (50 * 937.5)))
    assert answer.estimators["pass-seconds"](records).value == pytest.approx(100 * 0.01, rel=0.01)


@pytest.mark.parametrize(
    ("spread", "words"),
    [
        (0.1, "is smaller, so chance of this kind alone can explain it"),
        (0.05, "lies in that range, so our passes can't tell"),
        (0.0001, "is larger, so chance of this kind alone does not explain it"),
    ],
)
def test_the_page_says_whether_chance_can_explain_the_gap(spread, words):
    assert words in rendered(records_of(spread=spread))


def test_printed_figures_are_the_notebooks():
    assert printed("q6_cpu_seconds")[0].value == 615.3157975673676
    assert printed_gap_percent() == pytest.approx((615.3157975673676 - 611.4228255748749) / 615.3157975673676 * 100)
    assert answer.estimators["printed-epoch"](None).value == pytest.approx(615.3157975673676 / 50)


def test_ratios_are_geometric_means_over_rounds():
    records = records_of(times=FAST)
    small, large = answer.estimators["Q6.2"](records)
    assert (small.n, small.n_of) == (8, "rounds")
    assert small.value == pytest.approx(0.0015 / 0.0005, rel=1e-6)
    assert large.value == pytest.approx(0.4 / 0.004, rel=1e-6)
    assert answer.estimators["Q6.3"](records).value == pytest.approx((0.02 / 0.0006) / (0.001 / 0.0005), rel=1e-6)
    assert answer.estimators["loader-over-resident"](records).value == pytest.approx(0.01 / 1e-5, rel=1e-3)
    assert answer.estimators["loader-epoch"](records).value == pytest.approx(0.01 * 937.5, rel=0.01)


def test_shares_are_of_the_small_network_and_of_resnet_with_none_and_two_workers():
    shares = [estimate.value for estimate in answer.estimators["Q6.4"](records_of())]
    expected = [100 * fetch / (fetch + step) for step in (0.001, 0.1) for fetch in (0.01, 0.006)]
    assert shares == pytest.approx(expected, rel=1e-3)
    small, large = answer.estimators["step-with-workers"](records_of())
    assert (small.value, large.value) == (pytest.approx(0.007 / 0.011, rel=1e-3), pytest.approx(0.106 / 0.11, rel=1e-3))


def test_on_the_machine_with_the_accelerator_the_loader_is_compared_with_itself():
    records = records_of(times=FAST)
    (found,) = records.results["devices", "accelerator_loader"]
    slower = {"mlp128": 2.0, "resnet18": 5.0}  # the loader's part, of what trains on the accelerator
    changed = [
        msgspec.structs.replace(
            passes, seconds=passes.seconds | {"fetch": [slower[passes.model] * s for s in passes.seconds["fetch"]]}
        )
        if passes.device == "cuda" and passes.model
        else passes
        for passes in found.passes
    ]
    records = ExampleRecords(
        records.results | {("devices", "accelerator_loader"): [msgspec.structs.replace(found, passes=changed)]}
    )
    host, accelerator = answer.estimators["share-beside-accelerator"](records)
    assert host.value == pytest.approx(100 * 0.01 / 0.11, rel=0.01)
    assert accelerator.value == pytest.approx(100 * 0.05 / 0.15, rel=0.01)
    ratios = [estimate.value for estimate in answer.estimators["workers-beside-accelerator"](records)]
    assert ratios == pytest.approx([0.007 / 0.011, 0.013 / 0.021, 0.13 / 0.15], rel=0.01)


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (FAST, "faster from 32 units on"),
        (SLOW, "not faster at the largest width"),
        (SLOW | {"mlp4096": 0.01}, "faster from 4096 units on"),
    ],
)
def test_caption_says_from_which_width_on_the_accelerator_is_faster(times, sentence):
    records = records_of(times=times)
    assert sentence in answer.figures["q6-widths"](records, concluded(records)).caption


def test_share_of_arithmetic_is_its_floor_over_the_step():
    records = records_of()
    floor = step_flop(4096, 64) / (2 * 1024**3 / 0.02)
    expected = 100 * floor / np.median(around(0.02))
    assert answer.estimators["arithmetic-share-wide"](records).value == pytest.approx(expected, abs=0.1)


def test_many_networks_at_once_are_compared_with_as_many_one_by_one():
    on_accelerator, on_host, between = answer.estimators["networks-at-once"](records_of(times=FAST))
    assert between.value == pytest.approx(0.1 / 4e-3)
    assert on_accelerator.value == pytest.approx(64 * 1e-3 / 4e-3)  # plain steps, not those by `torch.func`
    assert on_host.value == pytest.approx(64 * (64 * 2e-5) / 0.1)
    assert planned()["devices", "accelerator_variants"][0].parameters["networks"] == 64  # as the page says
    assert "trains 64 networks" in rendered(records_of(times=FAST))


def test_gains_are_listed_by_batch_size_and_what_did_not_fit_is_marked():
    records = records_of(times=FAST)
    figure = answer.figures["q6-batches"](records, concluded(records))
    assert figure.title == (
        "For the small network the accelerator is 1.3 times as fast as its host at 64 images a step, "
        "and 20 times at 16,384"
    )
    assert [[len(line.x) for line in panel.series] for panel in figure.chart.panels] == [[4, 4], [3, 4]]
    table = answer.tables["q6-variants"](records, concluded(records))
    assert [row[:2] for row in table.rows] == [
        [model, size] for model in ("784-128-10", "ResNet-18") for size in (16, 64, 1024, 16384)
    ]
    assert [round(cell.value, 3) for cell in table.rows[1][3:]] == [1.28, 1.25, 5.0]
    assert table.rows[-1][3] == "–"  # not measured on the host
    assert table.rows[-1][5].value == pytest.approx(5)


def test_a_captured_step_is_compared_with_a_plain_one_on_the_host():
    records = records_of(times=FAST | {"mlp128": 0.004})
    over_host, over_plain = answer.estimators["captured-over-host"](records)
    assert (over_host.value, over_plain.value) == (pytest.approx(64 * 2e-5 / 0.2e-3), pytest.approx(5.0))
    page = rendered(records)
    assert "Launched as one (a *captured graph*)" in page
    assert "Maker's cuda. The small network's step" in page
    assert "stay on the CPU" in page
    assert "captured graph*)" not in rendered(records_of(times=FAST))  # the plain step is faster there already


def test_the_estimated_step_is_set_beside_those_that_were_measured():
    fast, slow = (records_of(times=FAST | {"mlp128": seconds}) for seconds in (1e-4, 1e-3))
    assert [e.value for e in answer.estimators["accelerator-step"](slow)] == [
        pytest.approx(1.0, rel=0.01), pytest.approx(0.6, rel=0.01),
    ]  # fmt: skip
    sentence = "far longer there than the 5 microseconds assumed"
    assert sentence in rendered(slow)
    assert sentence not in rendered(fast)


def test_the_faster_number_of_threads_counts_on_the_cpu():
    records = records_of(times=FAST)
    (steps,), (variants,) = (records.results["devices", f"accelerator_{kind}"] for kind in ("steps", "variants"))
    slow_steps = [slowed(step) for step in steps.steps if step.device == "cpu"]
    slow_variants = [
        msgspec.structs.replace(times, threads=1, seconds=[2 * s for s in times.seconds])
        for times in variants.variants
        if times.device == "cpu"
    ]
    with_one_thread = ExampleRecords(
        records.results
        | {
            ("devices", "accelerator_steps"): [msgspec.structs.replace(steps, steps=slow_steps + steps.steps)],
            ("devices", "accelerator_variants"): [
                msgspec.structs.replace(variants, variants=slow_variants + variants.variants)
            ],
        }
    )
    for name in ("Q6.2", "Q6.3", "networks-at-once", "captured-over-host"):
        assert answer.estimators[name](with_one_thread) == answer.estimators[name](records)
    rows = answer.tables["q6-steps"](with_one_thread, concluded(with_one_thread)).rows
    assert [row[1] for row in rows[2:]] == ["Maker's cpu, 2 threads", "Maker's cuda"] * 2


def slowed(step):
    """Make the same steps with one thread, in twice the time."""
    seconds = {part: [[2 * s for s in times] for times in rounds] for part, rounds in step.seconds.items()}
    return msgspec.structs.replace(step, threads=1, seconds=seconds)


def test_copies_are_given_in_gigabytes_a_second():
    records = records_of(times=FAST)
    table = answer.tables["q6-transfers"](records, concluded(records))
    assert table.columns[2:] == [f"{way} the accelerator{kind}" for way in ("to", "from") for kind in ("", ", pinned")]
    assert table.rows[1][:2] == [16384, pytest.approx(51.38, abs=0.01)]
    assert table.rows[1][2:] == pytest.approx([9.98, 19.9] * 2, rel=0.01)


def test_every_chart_can_be_stored():
    records = records_of(times=FAST)
    findings = concluded(records)
    for draw in answer.figures.values():
        content = draw(records, findings)
        assert content.alt or isinstance(content.chart, IntervalChart)  # whose rows are written out
        assert msgspec.json.encode(content.chart)


def test_estimates_from_rounds_have_intervals():
    records = records_of(times=FAST, spread=0.02)
    names = (
        "Q6.1", "Q6.3", "Q6.4", "loader-over-resident", "resident-share", "arithmetic-share-wide", "spread-if-random",
        "pass-seconds", "fetch-time", "training-over-resident",
    )  # fmt: skip
    for name in names:
        found = answer.estimators[name](records)
        for estimate in found if isinstance(found, tuple) else (found,):
            assert estimate.low <= estimate.value <= estimate.high
            assert estimate.low < estimate.high


def test_accelerator_is_drawn_with_its_own_host():
    records = records_of(times=FAST)
    (steps,) = records.results["devices", "steps"]
    ours = msgspec.structs.replace(steps, devices=[replace(device("cpu"), name="our processor")])
    records = ExampleRecords(records.results | {("devices", "steps"): [ours]})
    series = answer.figures["q6-widths"](records, concluded(records)).chart.panels[0].series
    assert [line.label for line in series if line.role == "line"] == ["our processor", "Maker's cpu", "Maker's cuda"]
