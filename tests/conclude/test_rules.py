import pytest

from report.answers import CLAIMS
from report.conclude.rules import Above, AnyOf, AtLeast, AtMost, Below, Contains, Every, Harmless, Inside, NoneAtAll
from report.conclude.statistics import Estimate, exact
from report.conclude.verdicts import conclude


def interval(low, high, **more):
    return Estimate(
        value=(low + high) / 2, low=low, high=high, unit="percentage points", n=5, n_of="seeds", method="t", **more
    )


@pytest.mark.parametrize(
    ("rule", "low", "high", "decision"),
    [
        (Above(), 0.1, 0.5, "supported"),
        (Above(), -0.5, -0.1, "refuted"),
        (Above(), -0.1, 0.5, "undetermined"),
        (Above(0.3), 0.1, 0.5, "undetermined"),
        (Above(0.3), 0.31, 0.5, "supported"),
        (Above(0.3), -0.2, 0.2, "refuted"),
        (Above(null=1.0), 1.1, 1.5, "supported"),
        (Above(null=1.0), 0.5, 0.9, "refuted"),
        (Below(), -0.5, -0.1, "supported"),
        (Below(), 0.1, 0.5, "refuted"),
        (Below(), -0.5, 0.1, "undetermined"),
        (Below(null=1.0), 0.5, 0.9, "supported"),
        (Below(null=1.0), 1.1, 1.2, "refuted"),
        (Harmless(0.3), -2.0, -0.4, "refuted"),
        (Harmless(0.3), -0.2, 0.4, "supported"),
        (Harmless(0.3), -0.5, 0.1, "undetermined"),
        (Inside(0.5), -0.2, 0.2, "supported"),
        (Inside(0.5), 0.6, 0.8, "refuted"),
        (Inside(0.5), 0.4, 0.6, "undetermined"),
        (Contains(-1.0, excludes=0.0), -1.1, -0.9, "supported"),
        (Contains(-1.0, excludes=0.0), -0.9, -0.7, "refuted"),
        (Contains(-1.0, excludes=0.0), -1.5, 0.5, "undetermined"),
        (NoneAtAll(), 0.0, 0.0, "supported"),
        (NoneAtAll(), 0.0, 1.0, "refuted"),
        (AtLeast(0.95), 0.98, 0.99, "supported"),
        (AtLeast(0.95), 0.90, 0.94, "refuted"),
        (AtMost(10.0), 2.0, 3.0, "supported"),
        (AtMost(10.0), 20.0, 30.0, "refuted"),
        (AtMost(10.0), 9.0, 11.0, "undetermined"),
    ],
)
def test_decision(rule, low, high, decision):
    assert rule.decide([interval(low, high)]) == decision


def test_every_needs_all_and_any_needs_one():
    up, down, open_ = interval(0.4, 0.6), interval(-0.6, -0.4), interval(-0.1, 0.1)
    both, either = Every((Above(), Above())), AnyOf((Above(), Above()))
    assert both.decide([up, up]) == "supported"
    assert both.decide([up, open_]) == "undetermined"
    assert both.decide([up, down]) == "refuted"
    assert either.decide([down, up]) == "supported"
    assert either.decide([down, open_]) == "undetermined"
    assert either.decide([down, down]) == "refuted"


@pytest.mark.parametrize(
    "rule",
    [
        Above(), Below(), Harmless(), Inside(0.3), Contains(5.0, excludes=0.0), NoneAtAll(), AtLeast(1.0), AtMost(9.0),
        Every((Above(),)), AnyOf((Above(),)),
    ],
    ids=lambda rule: type(rule).__name__,
)  # fmt: skip
@pytest.mark.parametrize("value", [0.0, 5.0])
def test_an_estimate_without_an_interval_decides_nothing(rule, value):
    single = Estimate(value=value, unit="percentage points", n=1, n_of="seeds", method="t")
    assert rule.decide([single]) == "undetermined"


def test_every_claim_is_whole():
    assert len(CLAIMS) >= 50
    for claim in CLAIMS.values():
        if claim.kind == "D":
            assert claim.rule is None
            assert claim.holds is not None
            assert claim.tests
        else:
            assert claim.rule is not None
            assert claim.rule.describe()


def test_the_quick_profile_withholds_what_the_full_one_says():
    estimates = {"Q4.1": (interval(3.0, 4.0, p_value=0.001),)}
    assert conclude(CLAIMS, estimates, "full")["Q4.1"].verdict == "supported"
    assert conclude(CLAIMS, estimates, "quick")["Q4.1"].verdict == "not assessed in the quick profile"


def test_the_verdict_turns_with_the_effect():
    assert conclude(CLAIMS, {"Q4.1": (interval(-4.0, -3.0),)}, "full")["Q4.1"].verdict == "refuted"


def test_without_records_a_verdict_says_so():
    findings = conclude(CLAIMS, {}, "full")
    assert findings["Q4.1"].verdict == "not measured yet"
    assert findings["Q6.2"].verdict == "not testable here"
    assert findings["P1.4"].verdict == "false by definition"
    assert findings["Q1.2"].verdict == "true by definition"


def test_holm_counts_every_measured_claim():
    strong, weak = interval(3.0, 4.0, p_value=0.001), interval(0.1, 0.9, p_value=0.04)
    findings = conclude(CLAIMS, {"Q4.1": (strong,), "Q5.1": (weak,), "P1.1": (weak,)}, "full")
    assert findings["Q4.1"].survives_holm is True
    assert findings["Q5.1"].survives_holm is False
    no_p_value = exact(0.0, unit="epochs", n=5, n_of="seeds")
    assert conclude(CLAIMS, {"P1.2": (no_p_value,)}, "full")["P1.2"].survives_holm is None
