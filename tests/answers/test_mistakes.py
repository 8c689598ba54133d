"""What the mistakes of question 5 are said to cost, one way and the other."""

import jinja2
import pytest
from examples import ExampleRecords, results_of
from examples.mistakes import accuracy, continued, loop

from report.answers import CLAIMS
from report.answers.answer import by_verdict
from report.answers.q5 import answer
from report.conclude.verdicts import conclude
from report.record.reader import NoRecords
from report.render.markdown import TEMPLATES

SEEDS = 5
COSTS = {"never_zeroed": "Q5.4a", "double_softmax": "Q5.4b", "pixels_0_to_255": "Q5.4c", "sorted": "Q5.4d"}


def arm(difference=0.0, **about):
    """Runs whose accuracies differ from the correct loop's by about so much."""
    return [loop(accuracy(seed, difference), **about) for seed in range(SEEDS)]


def records_of(*, costs=None, correct=None, loader=0.01, clock=0.5):
    found = results_of("mistakes", costs=costs or {})
    found["epochs", "from_logits"] = [continued(run) for run in correct or arm()]
    found["epochs", "as_published"] = [continued(run) for run in arm((costs or {}).get("double_softmax", 0.0))]
    timings = results_of("devices", loader=loader, clock=clock or 1.0)
    found["devices", "loader"] = timings["devices", "loader"]
    if clock:
        found["devices", "accelerator_clock"] = timings["devices", "accelerator_clock"]
    return ExampleRecords(found)


def taken(records):
    measured = {}
    for name, function in answer.estimators.items():
        try:
            found = function(records)
        except NoRecords:
            continue
        measured[name] = found if isinstance(found, tuple) else (found,)
    return measured


def rendered(records):
    findings = conclude(CLAIMS, taken(records), "full")

    def number(name, index=0):
        answer.estimators[name]  # a name that the page doesn't have would be an error
        return f"<{name}>"

    def exhibit(known):
        return lambda name: f"<{known[name].__name__}>"

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown, as in report.render.markdown
    )
    return environment.get_template("_mistakes.md.j2").render(
        number=number,
        figure=exhibit(answer.figures),
        table=exhibit(answer.tables),
        say=lambda id, **phrases: by_verdict(findings[id], **phrases),
    )


@pytest.mark.parametrize(("name", "claim"), COSTS.items())
def test_cost_turns_with_the_data(name, claim):
    harmful = records_of(costs={name: -0.05})
    assert conclude(CLAIMS, taken(harmful), "full")[claim].verdict == "refuted"
    assert f"It costs <{claim}>" in rendered(harmful)
    harmless = records_of(costs={name: 0.05})
    assert conclude(CLAIMS, taken(harmless), "full")[claim].verdict == "supported"
    assert f"It costs <{claim}>" not in rendered(harmless)
    for records, count in ((harmful, 1), (harmless, 0)):
        title = answer.figures["q5-mistakes"](records, conclude(CLAIMS, taken(records), "full")).title
        assert title == f"{count} of 4 mistakes cost test accuracy"


@pytest.mark.parametrize(
    ("gap", "verdict", "sentence"), [(1e-5, "supported", "is small"), (0.02, "refuted", "is not small")]
)
def test_error_of_batch_means_turns_with_the_data(gap, verdict, sentence):
    correct = [loop(0.85, gap=gap * (1 + 0.01 * seed)) for seed in range(SEEDS)]
    records = records_of(correct=correct)
    assert taken(records)["Q5.4e"][0].value == pytest.approx(100 * gap * 1.02)
    assert conclude(CLAIMS, taken(records), "full")["Q5.4e"].verdict == verdict
    assert f"The error {sentence}" in rendered(records)


@pytest.mark.parametrize(
    ("loader", "verdict", "sentence"),
    [(0.01, "refuted", "takes <Q5.4f> the time"), (1e-5, "supported", "takes about as long")],
)
def test_cost_of_transforming_turns_with_the_data(loader, verdict, sentence):
    records = records_of(loader=loader)
    assert conclude(CLAIMS, taken(records), "full")["Q5.4f"].verdict == verdict
    assert sentence in rendered(records)


@pytest.mark.parametrize(
    ("clock", "verdict", "sentence"),
    [(0.5, "refuted", "the time it took to queue them"), (0.97, "supported", "nearly the whole step")],
)
def test_unsynchronised_clock_turns_with_the_data(clock, verdict, sentence):
    records = records_of(clock=clock)
    assert [e.value for e in taken(records)["Q5.4g"]] == [pytest.approx(clock)] * 2
    assert conclude(CLAIMS, taken(records), "full")["Q5.4g"].verdict == verdict
    assert sentence in rendered(records)


def test_unsynchronised_clock_needs_an_accelerator():
    records = records_of(clock=None)
    with pytest.raises(NoRecords):
        answer.estimators["Q5.4g"](records)
    assert conclude(CLAIMS, taken(records), "full")["Q5.4g"].verdict == "not testable here"
    assert "takes a machine with an accelerator to say" in rendered(records)


def test_without_records_everything_is_missing():
    records = ExampleRecords({})
    assert taken(records) == {}
    for make in (*answer.figures.values(), *answer.tables.values()):
        with pytest.raises(NoRecords):
            make(records, conclude(CLAIMS, {}, "full"))


def test_divergence_is_counted_and_its_line_ends():
    diverged = {("mistakes", "never_zeroed"): arm(-0.7, loss=None, diverged=7)}
    records = ExampleRecords(records_of().results | diverged)
    findings = conclude(CLAIMS, taken(records), "full")
    assert taken(records)["diverged"][0].value == SEEDS
    rows = answer.tables["q5-mistakes-table"](records, findings).rows
    assert next(row[1:] for row in rows if row[0] == "gradients never zeroed")[0::2] == ["not a number", SEEDS]
    printed, accuracy = answer.figures["q5-mistakes-curves"](records, findings).chart.panels
    lines = {series.label: series for series in printed.series}
    assert lines["gradients never zeroed"].x == [1.0]
    assert lines["correct"].x == [1.0, 2.0]
    assert all(len(series.x) == 2 for series in accuracy.series)
