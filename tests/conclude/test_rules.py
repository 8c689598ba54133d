"""Decision rules: one threshold, the p-value of the decision taken, and claims with several tests or conditions."""

import msgspec
import pytest

from report.answers import CLAIMS
from report.conclude.interval_rules import Above, Below, Inside, Outside
from report.conclude.rules import (
    AllOf,
    Conditions,
    NoneOf,
    Reproduced,
    Together,
    conditions_of,
    num_tests,
    simple_rules,
)
from report.conclude.sampling import Rank, StudentT
from report.conclude.statistics import Estimate, exact, log_ratio, mean_with_t_interval, proportion
from report.conclude.verdicts import combine, conclude, decide
from report.record.reader import SeedCount

HALF_WIDTH = 1.96


def interval(low, high, **more):
    """Return an estimate with a 95 % interval: as good as normal, so that rules can be checked against the ends by eye."""
    sampling = StudentT(error=(high - low) / 2 / HALF_WIDTH, dof=1e6)
    about = {"unit": "percentage points", "n": 5, "n_of": "seeds", "method": "t"} | more
    return Estimate(value=(low + high) / 2, low=low, high=high, sampling=sampling, **about)


def ranked(p, n=25):
    return Estimate(value=2.0, unit="standard deviations", n=n, n_of="seeds", method="rank", sampling=Rank(p))


@pytest.mark.parametrize(
    ("rule", "estimate", "decision"),
    [
        (Above(), interval(0.1, 0.5), "supported"),
        (Above(), interval(-0.5, -0.1), "refuted"),
        (Above(), interval(-0.1, 0.5), "undetermined"),
        (Above(0.3), interval(0.1, 0.5), "undetermined"),
        (Above(0.3), interval(0.31, 0.5), "supported"),
        (Above(0.3), interval(0.1, 0.29), "refuted"),
        (Above(-0.3), interval(-2.0, -0.4), "refuted"),
        (Above(-0.3), interval(-0.2, 0.4), "supported"),
        (Above(1.0), log_ratio([3.0, 3.3, 2.9], [1.0, 1.0, 1.0], n_of="seeds"), "supported"),
        (Above(1.0), log_ratio([1.0, 1.0, 1.0], [3.0, 3.3, 2.9], n_of="seeds"), "refuted"),
        (Below(), interval(-0.5, -0.1), "supported"),
        (Below(), interval(0.1, 0.5), "refuted"),
        (Below(), interval(-0.5, 0.1), "undetermined"),
        (Inside(0.5), interval(-0.2, 0.2), "supported"),
        (Inside(0.5), interval(0.6, 0.8), "refuted"),
        (Inside(0.5), interval(-0.9, -0.6), "refuted"),
        (Inside(0.5), interval(0.4, 0.6), "undetermined"),
        (Inside(0.05, around=-1.0), interval(-1.03, -0.97), "supported"),
        (Inside(0.05, around=-1.0), interval(-0.9, -0.7), "refuted"),
        (Inside(0.05, around=-1.0), interval(-1.5, 0.5), "undetermined"),
        (Outside(0.5), interval(0.6, 0.8), "supported"),
        (Outside(0.5), interval(-0.2, 0.2), "refuted"),
        (NoneOf(15.0), proportion(0, 25), "supported"),
        (NoneOf(15.0), proportion(0, 10), "undetermined"),
        (NoneOf(15.0), proportion(1, 25), "refuted"),
        (Reproduced(), ranked(0.05), "supported"),
        (Reproduced(), ranked(0.04), "refuted"),
        (Reproduced(), ranked(0.04, n=23), "undetermined"),
        (Reproduced(), ranked(0.5, n=5), "undetermined"),
        (Above(38.0), exact(40, unit="epochs", n=5, n_of="runs"), "supported"),
        (Below(38.0), exact(40, unit="epochs", n=5, n_of="runs"), "refuted"),
    ],
    ids=lambda case: case if isinstance(case, str) else None,
)
def test_decision(rule, estimate, decision):
    assert decide(rule, [estimate]).verdict == decision


@pytest.mark.parametrize("rule", [Above(0.2), Below(0.2), Inside(0.2), Outside(0.2), Above(-0.4)])
def test_the_p_value_is_that_of_the_decision_against_its_threshold(rule):
    for shift in (-0.9, -0.4, -0.1, 0.0, 0.15, 0.3, 0.8):
        estimate = mean_with_t_interval([shift - 0.05, shift, shift + 0.02, shift + 0.03], unit="nats")
        found = decide(rule, [estimate])
        decision, p_value = found.verdict, found.p_value
        assert (decision == "undetermined") == (p_value >= 0.05)
        bounds = {0.2, -0.2} if isinstance(rule, Inside | Outside) else {rule.threshold}
        straddled = any(estimate.low <= bound <= estimate.high for bound in bounds)
        assert (decision == "undetermined") == straddled  # the interval and the p-value say the same


UP, DOWN, OPEN = interval(0.4, 0.6), interval(-0.6, -0.4), interval(-0.1, 0.1)


@pytest.mark.parametrize(
    ("rule", "estimates", "decision"),
    [
        (AllOf, (UP, UP), "supported"), (AllOf, (UP, OPEN), "undetermined"), (AllOf, (UP, DOWN), "refuted"),
        (Together, (UP, UP), "supported"), (Together, (UP, OPEN), "undetermined"), (Together, (UP, DOWN), "refuted"),
        (Together, (DOWN, UP), "refuted"), (Together, (DOWN, DOWN), "undetermined"), (Together, (OPEN, DOWN), "undetermined"),
    ],
)  # fmt: skip
def test_all_of_needs_all_and_together_needs_both_or_one_against_the_other(rule, estimates, decision):
    assert decide(rule((Above(), Above())), estimates).verdict == decision


def test_a_union_pays_for_its_two_chances_and_an_intersection_does_not():
    narrow = interval(0.0001, 0.5)  # p just under 0.05
    for rule, estimates, decision in [
        (AllOf, (narrow, narrow), "supported"),
        (AllOf, (interval(-0.5, -0.0001), UP), "undetermined"),
        (Together, (narrow, UP), "supported"),
        (Together, (narrow, DOWN), "undetermined"),
    ]:
        assert decide(rule((Above(), Above())), estimates).verdict == decision
    assert decide(AllOf((Above(), Below())), (UP, DOWN)).p_value == decide(Above(), [UP]).p_value


RULES = [
    Above(), Below(), Inside(0.3), Outside(5.0), NoneOf(20.0), Reproduced(), AllOf((Above(),)),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_an_estimate_without_an_interval_decides_nothing_and_has_no_p_value(rule):
    single = Estimate(value=0.0, unit="percentage points", n=1, n_of="seeds", method="t")
    found = decide(rule, [single])
    assert (found.verdict, found.p_value) == ("undetermined", None)


@pytest.mark.parametrize(
    ("verdicts", "combined"),
    [
        (["supported", "supported"], "supported"),
        (["refuted", "refuted"], "refuted"),
        (["supported", "refuted"], "depends"),
        (["supported", "refuted", "undetermined"], "depends"),
        (["supported", "undetermined"], "undetermined"),
        (["undetermined"], "undetermined"),
    ],
)
def test_a_claim_depends_where_its_conditions_disagree(verdicts, combined):
    assert combine(verdicts) == combined


def test_every_claim_is_whole():
    assert len(CLAIMS) >= 40
    for claim in CLAIMS.values():
        assert bool(claim.place) == (claim.origin != "ours")
        assert "`" not in claim.says + claim.note + claim.measured + claim.illustration  # shown as they are
        if claim.see:
            assert claim.see in CLAIMS
        elif claim.kind == "D":
            assert claim.rule is None
            assert claim.holds is not None
            assert claim.tests
        else:
            assert claim.rule is not None
            for rule in conditions_of(claim.rule).values():
                assert rule.describe()
                assert num_tests(rule) == 1 or all(test.of for test in simple_rules(rule))


def claims_with(**rules):
    """Return one claim of the ledger for each rule, by the ids A, B, …."""
    from msgspec.structs import replace

    return {id: replace(CLAIMS["Q4.1"], id=id, rule=rule) for id, rule in rules.items()}


def test_the_quick_profile_withholds_what_the_full_one_says():
    claims, estimates = claims_with(A=Above()), {"A": (UP,)}
    assert conclude(claims, estimates, "full")["A"].verdict == "supported"
    assert conclude(claims, estimates, "quick")["A"].verdict == "not assessed in the quick profile"
    assert conclude(claims, estimates, "quick")["A"].conditions == ()


def test_without_records_a_verdict_says_so():
    findings = conclude(CLAIMS, {}, "full")
    assert findings["Q4.1"].verdict == "not measured yet"
    assert findings["Q6.2"].verdict == "not testable here"
    assert findings["P1.4"].verdict == "false by definition"
    assert findings["Q1.2"].verdict == "true by definition"


def test_a_verdict_waits_for_every_planned_seed():
    claims = claims_with(A=Above(), B=Above())
    estimates, some = {"A": (UP,), "B": (UP,)}, SeedCount(done=1, planned=25)
    found = conclude(claims, estimates, "full", {"A": some, "B": SeedCount(done=5, planned=5)})
    assert (found["A"].verdict, found["A"].words) == ("not all runs yet", "after 1 of 25 seeds")
    assert (found["A"].conditions, found["A"].estimates) == ((), (UP,))
    assert found["B"].verdict == "supported"
    one = conclude(claims, estimates, "full", {"A": SeedCount(done=0, planned=1)})["A"]
    assert one.words == "not all runs yet"
    assert conclude(claims, estimates, "quick", {"A": some})["A"].verdict == "not assessed in the quick profile"


def test_what_stands_now_stands_when_the_rest_is_there():
    weak, claims = interval(0.01, 0.9), claims_with(A=Above(), B=Above())  # p = 0.045: alone it would stand
    estimates, some = {"A": (weak,), "B": (OPEN,)}, SeedCount(done=1, planned=25)
    assert conclude(claims, {"A": (weak,)}, "full")["A"].verdict == "supported"
    assert conclude(claims, estimates, "full", {"B": some})["A"].verdict == "undetermined"
    assert conclude(claims, estimates, "full")["A"].verdict == "undetermined"


def test_a_finding_says_on_what_it_depends_and_where_else_it_is_decided():
    rule = Conditions({"equal epochs": Above(), "equal updates": Below(), "equal time": Above()})
    claims = claims_with(A=rule) | {"B": msgspec.structs.replace(CLAIMS["Q4.1"], id="B", rule=None, see="A")}
    found = conclude(claims, {"A": (UP, UP, OPEN)}, "full")
    assert found["A"].words == "depends (supported: equal epochs; refuted: equal updates; undetermined: equal time)"
    assert found["B"].words == "see A"


def test_conditions_take_their_estimates_in_order_and_are_told_apart():
    rule = Conditions({"equal epochs": Above(), "both slopes": AllOf((Below(), Below())), "exact": Above(38.0)})
    count = exact(40, unit="epochs", n=5, n_of="runs")
    finding = conclude(claims_with(A=rule), {"A": (UP, DOWN, UP, count)}, "full")["A"]
    assert finding.verdict == "depends"
    assert [(c.name, c.verdict) for c in finding.conditions] == [
        ("equal epochs", "supported"), ("both slopes", "refuted"), ("exact", "supported"),
    ]  # fmt: skip
    assert [len(c.estimates) for c in finding.conditions] == [1, 2, 1]
    assert finding.conditions[2].p_value is None
    with pytest.raises(ValueError, match="A has 3 estimates"):
        conclude(claims_with(A=rule), {"A": (UP, DOWN, UP)}, "full")


def test_what_does_not_survive_holm_is_undetermined_and_leans():
    weak = interval(0.01, 0.9)  # p = 0.045
    alone = conclude(claims_with(A=Above()), {"A": (weak,)}, "full")["A"]
    assert (alone.verdict, alone.leaning, alone.words) == ("supported", None, "supported")
    claims = claims_with(A=Above(), B=Above(), C=Conditions({"x": Above(), "y": Below()}))
    found = conclude(claims, {"A": (weak,), "B": (UP,), "C": (weak, weak)}, "full")
    assert found["B"].verdict == "supported"
    assert (found["A"].verdict, found["A"].leaning) == ("undetermined", "supported")
    assert found["A"].words == "undetermined, leaning to supported"
    assert (found["C"].verdict, found["C"].leaning) == ("undetermined", "depends")
    assert [c.leaning for c in found["C"].conditions] == ["supported", "refuted"]


def test_every_condition_is_one_test_of_the_family():
    # 0.045 / 2 would do for two tests, but there are three: 0.02 * 3 > 0.05
    weak, open_ = interval(0.08, 0.92), OPEN  # p = 0.0197
    two = conclude(claims_with(A=Above(), B=Above()), {"A": (weak,), "B": (open_,)}, "full")
    assert two["A"].verdict == "supported"
    three = conclude(
        claims_with(A=Above(), B=Conditions({"x": Above(), "y": Above()})), {"A": (weak,), "B": (open_, open_)}, "full"
    )
    assert three["A"].words == "undetermined, leaning to supported"


def test_a_rank_that_does_not_refute_stands_and_one_that_does_must_survive():
    claims = claims_with(A=Reproduced(), B=Above())
    assert conclude(claims, {"A": (ranked(0.4),), "B": (OPEN,)}, "full")["A"].verdict == "supported"
    assert conclude(claims, {"A": (ranked(0.04),)}, "full")["A"].verdict == "refuted"
    assert (
        conclude(claims, {"A": (ranked(0.04),), "B": (OPEN,)}, "full")["A"].words == "undetermined, leaning to refuted"
    )


def test_exact_counts_need_no_correction():
    count = exact(40, unit="epochs", n=5, n_of="runs")
    found = conclude(claims_with(A=Above(38.0), B=Above()), {"A": (count,), "B": (interval(0.01, 0.9),)}, "full")
    assert (found["A"].verdict, found["A"].conditions[0].p_value) == ("supported", None)
    assert found["B"].verdict == "supported"


def test_one_counterexample_needs_no_p_value():
    found = decide(NoneOf(15.0), [proportion(1, 25)])
    assert (found.verdict, found.p_value) == ("refuted", None)
    assert decide(NoneOf(15.0), [proportion(0, 25)]).p_value == pytest.approx(2 * 0.85**25)
    found = conclude(claims_with(A=NoneOf(15.0)), {"A": (proportion(1, 25),)}, "full")["A"]
    assert (found.words, found.conditions[0].p_value) == ("refuted", None)


def test_thresholds_are_written_with_a_true_minus_sign():
    assert Below(-0.003).describe() == "supported if the interval lies below −0.003, refuted if above"
    assert Inside(0.5, around=-1.0).describe().startswith("supported if the interval lies inside −1.5 to −0.5")


def test_a_rule_of_several_intervals_names_each_with_its_unit_and_the_correction() -> None:
    assert AllOf(
        (Above(0.3, of="accuracy", unit="points"), Below(0.0, of="the score"), Above(50.0, of="R²", unit="%"))
    ).describe() == (
        "supported if the interval of accuracy lies above 0.3 points, that of the score below 0 and that of R² above 50 %; "
        "refuted if one of them lies on the other side of its threshold, after Bonferroni’s correction"
    )
    assert (
        AllOf((Below(0.9, of="A"), Below(0.9, of="B")))
        .describe()
        .startswith("supported if the intervals of A and of B lie below 0.9; refuted")
    )
    assert Together((Below(-0.003, of="loss", unit="nats"), Below(0.0, of="error"))).describe() == (
        "supported if the interval of loss lies below −0.003 nats and that of error below 0; "
        "refuted if one of them does and the other lies on the other side of its threshold, after Bonferroni’s correction"
    )


def test_a_rank_says_how_many_runs_it_needs():
    assert Reproduced().describe().endswith("as far from the others or farther (rank envelope); supported if not; "
        "undetermined with fewer than 24 runs")  # fmt: skip


def test_rules_count_their_tests():
    assert [num_tests(rule) for rule in (Above(), AllOf((Above(), Below())))] == [1, 2]
    assert list(conditions_of(Above())) == [""]
