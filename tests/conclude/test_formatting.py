import pytest

from report.conclude import formatting
from report.conclude.interval_rules import Above, Below, Inside
from report.conclude.rules import AllOf, Conditions, Reproduced
from report.conclude.statistics import Estimate, exact, mean_with_t_interval, proportion, with_range


def estimate(value, low=None, high=None, **more):
    return Estimate(
        value=value, low=low, high=high, n=5, n_of="seeds", method="t", **({"unit": "percentage points"} | more)
    )


@pytest.mark.parametrize(
    ("made", "text", "interval"),
    [
        (estimate(3.912, 3.5, 4.3, signed=True), "+3.9 pp", "+3.5 to +4.3"),
        (estimate(-0.0412, -0.05, -0.03, signed=True), "−0.041 pp", "−0.050 to −0.030"),
        (estimate(-5.26, -7.7, -2.8, signed=True), "−5.3 pp", "−7.7 to −2.8"),
        (estimate(1234.5, 1100, 1400, unit="seconds"), "1,234 s", "1,100 to 1,400"),
        (estimate(2.5, 2.4, 2.6, unit="ratio"), "2.50×", "2.40 to 2.60"),
        (estimate(6.0, 0.163, 224.4, unit="ratio"), "6.0×", "0.16 to 220"),
        (estimate(1.0, 0.0001, 7292.0, unit="ratio"), "1.0×", "< 0.01 to 7,300"),
        (estimate(-0.001, -0.9, 0.9, signed=True), "0.0 pp", "−0.9 to +0.9"),
        (estimate(-0.138, -0.142, -0.133, unit="", signed=True), "−0.138", "−0.142 to −0.133"),
        (estimate(1.4612, unit="nats"), "1.46 nats", ""),
        (estimate(0.0, 0.0, 0.0, unit="epochs", digits=0), "0 epochs", "0 to 0"),
        (estimate(1.0, 1.0, 1.0, unit="printed figures", digits=0), "1 printed figure", "1 to 1"),
        (estimate(-1.0, -1.0, -1.0, unit="epochs", digits=0), "−1 epoch", "−1 to −1"),
        (estimate(1.0, 0.9, 1.1, unit="epochs", digits=1), "1.0 epochs", "0.9 to 1.1"),
        (
            estimate(-0.1, -0.2, 0, unit="percentage points per ten epochs", digits=1),
            "−0.1 pp per ten epochs",
            "−0.2 to 0.0",
        ),
        (estimate(-0.1, -0.2, 0, unit="nats per ten epochs", digits=1), "−0.1 nats per ten epochs", "−0.2 to 0.0"),
        (estimate(1.0, 1.0, 1.0, unit="percent", digits=0), "1 %", "1 to 1"),
        (proportion(22, 25), "22 of 25", "69 to 97 %"),
        (proportion(0, 25), "0 of 25", "0 to 14 %"),
        (proportion(176, 200), "88 %", "83 to 92"),
    ],
)
def test_text(made, text, interval):
    assert formatting.text_of(made).replace(formatting.THIN_SPACE, " ") == text
    assert formatting.interval_of(made).replace(formatting.THIN_SPACE, " ") == interval


@pytest.mark.parametrize(
    ("made", "name", "interval"),
    [
        (mean_with_t_interval([1.0, 2.0, 3.0], unit="epochs"), "95 % interval", "-0.5 to 4.5"),
        (with_range([1.0, 2.0, 3.0], unit="epochs", n_of="seeds", digits=0), "range", "1 to 3"),
        (exact(40, unit="epochs", n=5, n_of="architectures"), "exact", ""),
    ],
)
def test_only_a_confidence_interval_is_called_one(made, name, interval):
    assert formatting.interval_name(made) == name
    assert formatting.interval_of(made) == interval.replace("-", formatting.MINUS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("name", "name"),
        (101770, "101,770"),
        (0.123456, "0.1235"),
        (88.4567, "88.46"),
        (-3.14159, "−3.142"),
        (0.03, "0.03"),
        (10.0, "10"),
        (0.0, "0"),
        (31250.4, "31,250"),
    ],
)
def test_cells(value, text):
    assert formatting.cell(value) == text


def test_an_uncertainty_is_called_what_it_is():
    about = {"unit": "nats", "n": 5, "n_of": "seeds", "method": "t"}
    interval = Estimate(value=1.0, low=0.9, high=1.1, **about)
    spread = Estimate(value=1.0, low=0.9, high=1.1, kind="range", **about)
    count, single = exact(3, unit="runs", n=5, n_of="runs"), Estimate(value=1.0, **about)
    told = [formatting.uncertainty_of(estimate) for estimate in (interval, spread, count, single)]
    assert told == ["95 % interval 0.90 to 1.10", "range 0.90 to 1.10", "exact", ""]
    brief = [formatting.brief_uncertainty_of(estimate) for estimate in (interval, spread, count, single)]
    assert brief == ["0.90 to 1.10", "range 0.90 to 1.10", "exact", ""]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "p < 0.0001"), (4.2e-5, "p < 0.0001"), (0.00042, "p = 0.00042"), (0.031, "p = 0.031"), (0.42, "p = 0.42"), (1.0, "p = 1.0")],
)  # fmt: skip
def test_p_values_have_two_figures(value, text):
    assert formatting.p_value(value) == text


@pytest.mark.parametrize(
    ("rule", "made", "interval"),
    [
        (Below(-0.01), estimate(-0.007, -0.01046, -0.00354, unit="nats"), "−0.0105 to −0.0035"),
        (Below(-0.01), estimate(-0.007, -0.0123, -0.0017, unit="nats"), "−0.012 to −0.002"),
        (Above(0.0), estimate(0.3, 0.01, 0.6), "0.01 to 0.60"),
        (Inside(0.5), estimate(0.2, -0.1, 0.53), "−0.10 to 0.53"),
        (Above(0.0), estimate(0.3, 0.0, 0.6), "0.0 to 0.6"),
    ],
)
def test_rounding_does_not_hide_on_which_side_of_a_threshold_a_bound_lies(rule, made, interval):
    (shown,) = formatting.apart_from_thresholds([made], rule)
    assert formatting.interval_of(shown) == interval


def test_each_estimate_of_a_rule_has_the_digits_that_its_own_threshold_needs():
    rule = Conditions({"a": AllOf((Above(0.3), Below(0.0))), "b": Reproduced()})
    first, second, third = formatting.apart_from_thresholds([estimate(0.6, 0.31, 0.9)] * 3, rule)
    assert [formatting.interval_of(found) for found in (first, second, third)] == [
        "0.31 to 0.90",
        "0.3 to 0.9",
        "0.3 to 0.9",
    ]


@pytest.mark.parametrize(
    ("n", "n_of", "text"), [(1, "fits", "1 fit"), (2, "fits", "2 fits"), (10000, "test images", "10,000 test images")]
)
def test_what_is_counted_is_singular_where_there_is_one(n, n_of, text):
    assert formatting.count_of(Estimate(value=1.0, unit="nats", n=n, n_of=n_of, method="t")) == text
