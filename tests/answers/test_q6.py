"""What question 6 concludes from timings, one way and the other."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from examples import ExampleRecords, planned, results_of
from examples.devices import around, device

from report.answers import CLAIMS
from report.answers.printed import printed
from report.answers.q6 import answer
from report.answers.q6.repeatability import repeatability_limit
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
    measured = {}
    for name, function in answer.estimators.items():
        try:
            found = function(records)
        except NoRecords:
            continue
        measured[name] = found if isinstance(found, tuple) else (found,)
    return measured


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
    findings = concluded(records)
    return {name: draw(records, findings).title for name, draw in answer.figures.items()}


FAST = {"mlp32": 0.0005, "mlp128": 0.0005, "mlp4096": 0.0006, "resnet18": 0.004}
SLOW = {"mlp32": 0.001, "mlp128": 0.004, "mlp4096": 0.09, "resnet18": 0.9}


@pytest.mark.parametrize(
    ("claim", "figure", "one_way", "other_way"),
    [
        (
            "Q6.1",
            "q6-passes",
            ({"spread": 0.03}, "refuted", "differ by more than", "no evidence of anything"),
            ({"spread": 0.0001}, "supported", "differ by less than", "the gap may be real"),
        ),
        (
            "Q6.4",
            "q6-step-parts",
            ({"loader": 0.01}, "refuted", "takes most of", "Fetching takes most of"),
            ({"loader": 0.0001}, "supported", "takes less than half", "Fetching takes less than half"),
        ),
        (
            "Q6.9",
            "q6-empty-loop",
            ({"resident": 1e-5}, "refuted", "timed its loader", "the ten minutes were the loader's"),
            ({"resident": 0.008}, "supported", "much the same without", "takes much the same time"),
        ),
        (
            "Q6.2",
            None,
            ({"times": FAST}, "supported", None, "does shorten a full training step"),
            ({"times": SLOW}, "refuted", None, "is not shorter for every model"),
        ),
        (
            "Q6.3",
            "q6-widths",
            ({"times": FAST}, "supported", "The wider the layer", "bears this out"),
            ({"times": SLOW}, "refuted", "gains no more", "does not bear this out"),
        ),
        (
            "Q6.5",
            None,
            ({"times": FAST, "memory_bytes": 2**38}, "supported", None, "the GPU has the more"),
            ({"times": FAST, "memory_bytes": 2**34}, "refuted", None, "the GPU has the less"),
        ),
    ],
)
def test_verdict_title_and_sentence_turn_with_the_data(claim, figure, one_way, other_way):
    for about, verdict, title, sentence in (one_way, other_way):
        records = records_of(**about)
        assert concluded(records)[claim].verdict == verdict
        if figure:
            assert title in titles(records)[figure]
        assert sentence in rendered(records)


def test_without_an_accelerator_its_claims_are_not_testable_and_the_page_says_how():
    records = records_of()
    for claim in ON_ACCELERATOR:
        with pytest.raises(NoRecords):
            answer.estimators[claim](records)
        assert concluded(records)[claim].verdict == "not testable here"
    page = rendered(records)
    assert "python -m report timing --device cuda" in page
    assert "does shorten a full training step" not in page
    assert len(answer.tables["q6-devices"](records, concluded(records)).rows) == 1


def test_an_accelerators_record_is_shown_under_its_name_beside_its_host():
    records = records_of(times=FAST)
    findings = concluded(records)
    rows = answer.tables["q6-devices"](records, findings).rows
    assert [row[0] for row in rows] == ["Maker's cpu", "Maker's cpu", "Maker's cuda"]
    assert rows[2][3:5] == ["2.9", "13.0"]
    chart = answer.figures["q6-step-parts"](records, findings).chart
    assert [bar.label for bar in chart.bars[3:]] == [
        f"{source}, Maker's cuda" for source in ("loader", "loader, 2 workers", "resident tensors")
    ]
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
    assert markdown.NOT_YET in rendered(records)


def test_quick_profile_gives_no_verdict():
    records = records_of(times=FAST)
    findings = concluded(records, "quick")
    assert {findings[claim].verdict for claim in ("Q6.1", "Q6.2", "Q6.9")} == {"not assessed in the quick profile"}
    page = rendered(records, "quick")
    assert "the ten minutes were the loader's" not in page
    assert "does shorten" not in page


def test_repeatability_limit_holds_for_95_of_100_pairs():
    rng = np.random.default_rng(0)
    passes = rng.normal(10.0, 0.1, 20_000)
    differences = np.abs(rng.permutation(passes) - passes) / passes.mean() * 100
    assert np.mean(differences < repeatability_limit(passes)) == pytest.approx(0.95, abs=0.01)


def test_printed_figures_are_the_notebooks():
    assert printed("q6_cpu_seconds")[0].value == 615.3157975673676
    assert printed_gap_percent() == pytest.approx((615.3157975673676 - 611.4228255748749) / 615.3157975673676 * 100)
    assert answer.estimators["printed-epoch"](None).value == pytest.approx(615.3157975673676 / 50)


def test_ratios_are_of_medians():
    records = records_of(times=FAST)
    small, large = answer.estimators["Q6.2"](records)
    assert small.value == pytest.approx(0.0015 / 0.0005, rel=1e-6)
    assert large.value == pytest.approx(0.4 / 0.004, rel=1e-6)
    assert answer.estimators["Q6.3"](records).value == pytest.approx((0.02 / 0.0006) / (0.001 / 0.0005), rel=1e-6)
    assert answer.estimators["loader-share"](records).value == pytest.approx(100 * 10 / 11, rel=1e-3)
    assert answer.estimators["loader-epoch"](records).value == pytest.approx(0.01 * 937.5, rel=0.01)


def test_share_beyond_arithmetic_is_what_the_floor_leaves():
    records = records_of()
    floor = step_flop(4096, 64) / (2 * 1024**3 / 0.02)
    expected = 100 * (1 - floor / np.median(around(0.02)))
    assert answer.estimators["fixed-share-wide"](records).value == pytest.approx(expected, abs=0.1)


def test_every_chart_can_be_stored():
    records = records_of(times=FAST)
    findings = concluded(records)
    for draw in answer.figures.values():
        content = draw(records, findings)
        assert content.alt
        assert content.records
        assert msgspec.json.encode(content.chart)


def test_intervals_are_those_of_resampled_passes():
    records = records_of(times=FAST, spread=0.02)
    seconds = np.array(around(0.01, 0.02))
    rng = np.random.default_rng(1)
    drawn = [repeatability_limit(rng.choice(seconds, len(seconds))) for _ in range(2000)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    found = answer.estimators["spread"](records)
    assert (found.low, found.high) == (pytest.approx(low, rel=0.2), pytest.approx(high, rel=0.1))
    beyond = answer.estimators["Q6.1"](records)
    assert beyond.value == pytest.approx(printed_gap_percent() - found.value)
    assert beyond.low == pytest.approx(printed_gap_percent() - found.high)
    for name in ("Q6.3", "Q6.4", "Q6.9", "loader-share", "resnet-loader-share", "mlp-step", "fixed-share-wide"):
        estimate = answer.estimators[name](records)
        assert estimate.low < estimate.value < estimate.high


def test_accelerator_is_drawn_with_its_own_host():
    records = records_of(times=FAST)
    (steps,) = records.results["devices", "steps"]
    ours = msgspec.structs.replace(steps, devices=[replace(device("cpu"), name="our processor")])
    records = ExampleRecords(records.results | {("devices", "steps"): [ours]})
    series = answer.figures["q6-widths"](records, concluded(records)).chart.panels[0].series
    assert [line.label for line in series if line.role == "line"] == ["our processor", "Maker's cpu", "Maker's cuda"]
