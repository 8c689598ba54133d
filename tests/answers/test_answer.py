"""How an answer's functions are registered, and the small forms that they share."""

import numpy as np
import pytest

from report.answers.answer import Answer, if_assessed, table_of
from report.answers.curves import middle_and_range
from report.conclude.interval_rules import Above
from report.conclude.statistics import exact, log_ratio, scaled
from report.conclude.verdicts import Finding
from report.render.artifacts import provenance


@pytest.fixture
def answer():
    return Answer(name="q4", title="Q4", experiments=(), headline="", headline_label="")


def test_one_function_gives_several_numbers_and_is_named_behind_each(answer):
    @answer.number("three", 3)
    @answer.number("seven", 3, 4)
    def total(records, first, second=0):
        return exact(records + first + second, unit="", n=1, n_of="runs")

    assert {name: estimate(0).value for name, estimate in answer.estimators.items()} == {"seven": 7, "three": 3}
    assert total(1, 1).value == 2
    for estimate in answer.estimators.values():
        origin = provenance((), estimate, None).made_by
        assert origin.endswith("test_one_function_gives_several_numbers_and_is_named_behind_each")
    with pytest.raises(ValueError, match="three is registered already"):
        answer.number("three", 1)(total)


def test_a_claim_with_a_place_is_said_there_and_one_without_is_ours(answer):
    @answer.claim("Q4.1", "A.", Above(0.0), place="Q4")
    @answer.claim("Q4.2", "B.", Above(0.0))
    @answer.claim("Q4.3", "C.", Above(0.0), place="Q4, code", origin="implied")
    def measured(records):
        """What was measured."""

    answer.definition("Q4.4", "D.", "arithmetic", holds=True, place="Q4")
    answer.see("Q4.5", "E.", "Q4.1")
    assert [claim.origin for claim in answer.claims.values()] == ["implied", "ours", "said", "said", "ours"]


def test_what_was_measured_is_the_docstring_with_its_constants(answer):
    @answer.claim("Q4.1", "A.", Above(0.0), constants={"size": 64})
    def measured(records):
        """Loss after {epochs} epochs at batch size {size}."""

    assert answer.claims["Q4.1"].measured == "Loss after {epochs} epochs at batch size 64"
    with pytest.raises(ValueError, match="needs a docstring"):
        answer.claim("Q4.2", "B.", Above(0.0))(lambda records: None)


def test_a_figure_can_be_drawn_in_part(answer):
    @answer.figure("whole")
    @answer.figure("part", 2)
    def draw(records, findings, most=9):
        return records[:most]

    assert {name: make("abc", {}) for name, make in answer.figures.items()} == {"part": "ab", "whole": "abc"}


def test_a_table_has_a_row_for_each_item_and_a_column_for_each_function():
    table = table_of({"a": 1, "bb": 2}, {"name": str, "length": len}, title="t", caption="c")
    assert (table.columns, table.rows) == (["name", "length"], [["a", 1], ["bb", 2]])


@pytest.mark.parametrize(
    ("verdict", "shown"), [("refuted", "found"), ("undetermined", "found"), ("not all runs yet", "neutral")]
)
def test_what_is_found_is_said_only_with_a_verdict(verdict, shown, answer):
    answer.see("Q4.5", "E.", "Q4.1")
    finding = Finding(claim=answer.claims["Q4.5"], verdict=verdict)
    assert if_assessed(finding, "found", withheld="neutral") == shown


def test_a_band_is_drawn_from_the_lowest_value_to_the_highest_around_a_middle():
    series = middle_and_range("", {16: [1.0, 2.0, 6.0], 64: np.array([4.0])}, np.median)
    assert (series.x, series.y) == ([16.0, 64.0], [2.0, 4.0])
    assert (series.low, series.high) == ([1.0, 4.0], [6.0, 4.0])
    assert middle_and_range("", {16: [1.0, 2.0, 6.0]}).y == [3.0]
    quartiles = middle_and_range("", {16: [0.0, 1.0, 2.0, 3.0, 9.0]}, ends=(0.25, 0.75))
    assert (quartiles.low, quartiles.high) == ([1.0], [3.0])


def test_an_estimate_is_scaled_with_its_interval():
    ratio = log_ratio([1.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    percent = scaled(ratio, 100)
    assert (percent.value, percent.low, percent.high) == (ratio.value * 100, ratio.low * 100, ratio.high * 100)
    assert percent.sampling is None
    assert scaled(exact(3, unit="", n=1, n_of="runs"), 2).low is None


def test_a_count_has_no_decimals():
    assert exact(3, unit="runs", n=5, n_of="runs").digits == 0
    assert exact(3.5, unit="nats", n=5, n_of="runs").digits is None
    assert exact(3, unit="nats", n=5, n_of="runs", digits=2).digits == 2
