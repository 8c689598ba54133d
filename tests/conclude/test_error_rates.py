"""
How often each rule errs where it could, and how often it finds what is there: 10,000 simulated data sets with a fixed seed.

Each case draws data whose truth lies *on* a threshold, where a rule errs most often, and counts the wrong decisions: at most
5 % are allowed (2.5 % in each direction), and half a percent for the chance of the simulation.
"""

import numpy as np
import pytest

from report.conclude.interval_rules import Above, Below, Inside, Outside
from report.conclude.rank_envelope import rank_p_value
from report.conclude.rules import AllOf, NoneOf, Reproduced, Together
from report.conclude.sampling import Rank
from report.conclude.statistics import Estimate, log_ratio, mean_with_t_interval, median_by_sign_test, proportion
from report.conclude.verdicts import decide

DATA_SETS = 10_000
ALLOWED = 0.055


def shares(rule, estimates_of):
    """Return how often a rule supports and how often it refutes."""
    decisions = [decide(rule, estimates).verdict for estimates in estimates_of]
    return [decisions.count(word) / len(decisions) for word in ("supported", "refuted")]


def normal(mean, n, spread=1.0, seed=0):
    for row in np.random.default_rng(seed).normal(mean, spread, (DATA_SETS, n)):
        yield mean_with_t_interval(row, unit="nats")


def bimodal(n, probability, seed=0):
    """Draw outcomes of two modes, 3 and 7 points below zero."""
    rng = np.random.default_rng(seed)
    modes = np.where(rng.random((DATA_SETS, n)) < probability, -7.0, -3.0)
    return modes + rng.normal(0, 0.3, modes.shape)


@pytest.mark.parametrize("n", [5, 10, 25])
@pytest.mark.parametrize(
    ("rule", "truth"), [(Above(0.3), 0.3), (Below(-0.3), -0.3), (Inside(0.5), 0.5), (Outside(0.5), -0.5)]
)
def test_a_mean_on_its_threshold_is_decided_wrongly_in_five_of_a_hundred_at_most(rule, truth, n):
    supported, refuted = shares(rule, ([e] for e in normal(truth, n)))
    assert supported + refuted <= ALLOWED


def test_two_conditions_at_once_err_no_more_often_than_one():
    on_threshold = list(zip(normal(0.0, 5, seed=1), normal(0.0, 5, seed=2), strict=True))
    half_true = list(zip(normal(0.0, 5, seed=1), normal(9.0, 5, seed=2), strict=True))
    for pairs in (on_threshold, half_true):
        assert shares(AllOf((Above(), Above())), pairs)[0] <= ALLOWED / 2  # a false "supported"
    assert shares(AllOf((Above(), Above())), on_threshold)[1] <= ALLOWED / 2  # a false "refuted"


@pytest.mark.parametrize("other", [0.0, 9.0, -9.0])
def test_two_that_go_together_or_part_are_judged_wrongly_in_few_cases(other):
    # on its threshold the first neither rises nor falls, so whatever the second does, they neither go together nor part
    pairs = zip(normal(0.0, 5, seed=1), normal(other, 5, seed=2), strict=True)
    supported, refuted = shares(Together((Above(), Above())), pairs)
    assert supported <= ALLOWED / 2
    assert refuted <= ALLOWED / 2


@pytest.mark.parametrize(("first", "second", "found"), [(2.0, 2.0, 0), (2.0, -2.0, 1), (-2.0, 2.0, 1)])
def test_two_that_go_together_or_part_are_found(first, second, found):
    pairs = zip(normal(first, 10, seed=1), normal(second, 10, seed=2), strict=True)
    assert shares(Together((Above(), Above())), pairs)[found] > 0.99


@pytest.mark.parametrize("n", [5, 10, 25])
def test_outcomes_in_two_modes_keep_the_sign_test_at_its_level(n):
    # the median of the mixture with as many of either mode lies between them: on the threshold of -5
    supported, refuted = shares(Above(-5.0), ([median_by_sign_test(row, unit="pp")] for row in bimodal(n, 0.5)))
    assert supported + refuted <= ALLOWED


def test_in_two_modes_students_t_is_not_at_its_level_which_is_why_the_sign_test_is_used():
    mean = -3.0 - 4.0 * 0.9
    supported, refuted = shares(Above(mean), ([mean_with_t_interval(row, unit="pp")] for row in bimodal(5, 0.9)))
    assert supported + refuted > 2 * 0.05


@pytest.mark.parametrize("n", [12, 20])
def test_a_ratio_of_one_is_decided_wrongly_in_five_of_a_hundred_at_most(n):
    rng = np.random.default_rng(0)
    times = rng.lognormal(0.0, 0.05, (DATA_SETS, 2, n))
    supported, refuted = shares(Above(1.0), ([log_ratio(a, b)] for a, b in times))
    assert supported + refuted <= ALLOWED


def test_a_rare_event_is_called_impossible_in_five_of_a_hundred_at_most():
    counts = np.random.default_rng(0).binomial(25, 0.15, DATA_SETS)
    estimates = [proportion(k, 25) for k in range(26)]
    assert shares(NoneOf(15.0), ([estimates[k]] for k in counts))[0] <= ALLOWED / 2


def curves(rng, n, points=26):
    """Draw loss curves of two modes whose points depend on each other: the hard case for a band of each point."""
    drift = np.cumsum(rng.normal(0, 0.01, (n, points)), axis=1)
    lost = rng.random((n, 1)) < 0.8
    return drift + np.where(lost, 0.03, 0.0) * np.linspace(0, 1, points)


def ranked(rng, n, shift):
    drawn = curves(rng, n + 1)
    p = rank_p_value(drawn[0] + shift, drawn[1:])
    return Estimate(value=0.0, unit="standard deviations", n=n, n_of="seeds", method="rank", sampling=Rank(p))


def test_one_of_our_own_curves_is_refuted_in_five_of_a_hundred_at_most():
    rng = np.random.default_rng(0)
    assert shares(Reproduced(), ([ranked(rng, 25, 0.0)] for _ in range(2_000)))[1] <= 0.05 + 0.015


def test_a_shifted_curve_is_found():
    rng = np.random.default_rng(0)
    assert shares(Reproduced(), ([ranked(rng, 25, 0.12)] for _ in range(300)))[1] >= 0.8


@pytest.mark.parametrize(
    ("rule", "truth", "n", "place"),
    [(Above(0.3), 2.3, 5, 0), (Above(0.3), -1.7, 5, 1), (Inside(1.5), 0.0, 10, 0), (Outside(1.0), 3.0, 5, 0)],
)
def test_what_is_there_is_found_four_times_in_five(rule, truth, n, place):
    assert shares(rule, ([e] for e in normal(truth, n)))[place] >= 0.8


def test_a_mode_that_most_runs_fall_into_is_found():
    assert shares(Above(-0.3), ([median_by_sign_test(row, unit="pp")] for row in bimodal(10, 0.8)))[1] == 1.0
