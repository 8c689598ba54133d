import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from report.conclude.bootstrap import bootstrap, bootstrap_of_mean, ratio_of_medians
from report.conclude.holm import holm
from report.conclude.interval_rules import p_above, p_below
from report.conclude.rank_envelope import rank_envelope
from report.conclude.seeds_and_images import over_seeds_and_images
from report.conclude.statistics import (
    exact,
    log_ratio,
    mean_share,
    mean_with_t_interval,
    median_by_sign_test,
    proportion,
    slope,
    with_range,
)
from report.record.reader import NoRecords

values = st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=2, max_size=20)


@given(values)
def test_t_interval_is_scipys(sample):
    estimate = mean_with_t_interval(sample, unit="nats")
    assert estimate.value == pytest.approx(np.mean(sample))
    if np.std(sample) > 1e-6:
        low, high = stats.t.interval(0.95, len(sample) - 1, loc=np.mean(sample), scale=stats.sem(sample))
        assert (estimate.low, estimate.high) == pytest.approx((low, high), rel=1e-6, abs=1e-9)
        p_value = min(p_above(estimate, 1.0), p_below(estimate, 1.0))
        assert p_value == pytest.approx(stats.ttest_1samp(sample, 1.0).pvalue, rel=1e-6, abs=1e-12)


def test_one_value_has_no_interval():
    estimate = mean_with_t_interval([3.0], unit="nats")
    assert (estimate.value, estimate.low, estimate.high, estimate.sampling) == (3.0, None, None, None)


def test_equal_values_leave_no_doubt():
    assert p_above(mean_with_t_interval([2.0, 2.0, 2.0], unit="nats"), 0.0) == 0.0
    assert p_above(mean_with_t_interval([0.0, 0.0, 0.0], unit="nats"), 0.0) == 1.0


def test_detectable_difference_has_the_power_it_claims():
    rng = np.random.default_rng(1)
    sample = rng.normal(size=5)
    standard_errors = mean_with_t_interval(sample, unit="nats").detectable / stats.sem(sample)
    effect = standard_errors / np.sqrt(5)  # in units of the spread from seed to seed, as if that were known
    tests = stats.ttest_1samp(rng.normal(effect, 1.0, (4000, 5)), 0.0, axis=1)
    assert np.mean(tests.pvalue < 0.05) == pytest.approx(0.8, abs=0.03)


def test_bootstrap_covers_like_the_normal_theory():
    sample = np.random.default_rng(0).normal(1.0, 2.0, 400)
    estimate = bootstrap([sample], lambda a: a.mean(-1), unit="nats", n_of="test images", paired=True)
    low, high = stats.norm.interval(0.95, sample.mean(), stats.sem(sample))
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.02)
    assert p_above(estimate, 0.0) < 0.001


@pytest.mark.parametrize("values", [[0.0, 1.0], [-1.0, 0.0, 1.0], range(101)])
def test_bootstrap_of_a_mean_is_that_of_the_resamples_own_means(values):
    sample = np.random.default_rng(0).choice(list(values), 300)
    about = {"unit": "points", "n_of": "test images", "paired": True, "null": 0.0}
    of_mean = bootstrap_of_mean(sample, unit="points", n_of="test images", paired=True)
    of_resamples = bootstrap([sample], lambda a: a.mean(-1), **about)
    assert (of_mean.value, of_mean.n, of_mean.method) == (sample.mean(), 300, of_resamples.method)
    spread = of_resamples.high - of_resamples.low
    assert (of_mean.low, of_mean.high) == pytest.approx((of_resamples.low, of_resamples.high), abs=0.05 * spread)
    assert of_mean.sampling.error == pytest.approx(of_resamples.sampling.error, rel=0.05)


def test_bootstrap_pairs_what_belongs_together():
    a = np.random.default_rng(0).normal(0, 10, 200)
    b = a + 1  # each image one better: certain if paired, hidden by the spread if not
    pair = {"unit": "nats", "n_of": "test images"}
    paired = bootstrap([b, a], lambda x, y: x.mean(-1) - y.mean(-1), paired=True, **pair)
    unpaired = bootstrap([b, a], lambda x, y: x.mean(-1) - y.mean(-1), paired=False, **pair)
    assert paired.low == pytest.approx(1.0)
    assert unpaired.low < 0 < unpaired.high


def test_bootstrap_is_the_same_twice():
    sample = np.random.default_rng(3).normal(size=50)
    first, second = (
        bootstrap([sample], lambda a: np.median(a, axis=-1), unit="s", n_of="repetitions", paired=False)
        for _ in range(2)
    )
    assert first == second


def test_bootstrap_computes_a_statistic_once_for_the_same_samples_drawn_the_same_way():
    computed = []

    def first_mean(first, second):
        computed.append(len(first))
        return (first + second).mean(-1)

    def interval(shift=0.0, *, paired=True):
        samples = [np.arange(20.0) + shift, -np.arange(20.0)]
        found = bootstrap(samples, first_mean, unit="s", n_of="repetitions", paired=paired)
        return found.low, found.high

    assert interval() == interval() == (0.0, 0.0)
    assert interval(shift=1.0) == (1.0, 1.0)
    low, high = interval(paired=False)
    assert low < 0 < high
    of_resamples = [count for count in computed if count != 20]
    assert len(of_resamples) == 3


def test_ratio_of_medians():
    rng = np.random.default_rng(0)
    slow, fast = rng.normal(3.0, 0.1, 60), rng.normal(1.0, 0.05, 60)
    estimate = ratio_of_medians(slow, fast)
    assert estimate.value == pytest.approx(np.median(slow) / np.median(fast))
    assert 2.8 < estimate.low < estimate.value < estimate.high < 3.2
    assert estimate.null == 1.0


def test_slope_is_that_of_the_normal_equations():
    x, y = np.arange(6.0), np.array([1.0, 3.1, 4.9, 7.2, 8.8, 11.0])
    assert slope(x, y) == pytest.approx(np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2))
    assert slope(x, 4 - 2 * x) == pytest.approx(-2)


def test_a_range_is_not_a_confidence_interval():
    found = with_range([0.0, 5.0, 1.0], unit="epochs", n_of="seeds")
    assert (found.value, found.low, found.high, found.kind, found.n) == (2.0, 0.0, 5.0, "range", 3)
    assert with_range([1.0, 4.0], unit="GB", n_of="runs", reduce=np.max).value == 4.0


def test_what_is_counted_is_exact_and_has_no_ends():
    counted = exact(40, unit="epochs", n=5, n_of="architectures")
    assert (counted.kind, counted.low, counted.high) == ("exact", None, None)
    assert with_range([3.0, 3.0], unit="epochs", n_of="seeds").kind == "exact"


@given(st.dictionaries(st.text(min_size=1), st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_between_bonferroni_and_no_correction(p_values):
    survives = holm(p_values)
    for name, p in p_values.items():
        if p <= 0.05 / len(p_values):
            assert survives[name]
        if p > 0.05:
            assert not survives[name]


def test_holm_by_hand():
    # 0.01 ≤ 0.05/4, 0.015 ≤ 0.05/3, 0.03 > 0.05/2: the walk stops there, and 0.04 falls with it
    assert holm({"a": 0.03, "b": 0.01, "c": 0.04, "d": 0.015}) == {"a": False, "b": True, "c": False, "d": True}


def test_a_log_ratio_is_the_t_test_of_the_logarithms():
    rng = np.random.default_rng(4)
    slow = np.exp(rng.normal(1.0, 0.2, 12))
    fast = np.exp(rng.normal(0.0, 0.2, 12))
    estimate = log_ratio(slow, fast, n_of="seeds")
    logs = np.log(slow / fast)
    low, high = stats.t.interval(0.95, 11, loc=logs.mean(), scale=stats.sem(logs))
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(np.exp([logs.mean(), low, high]))
    assert p_above(estimate, 2.0) == pytest.approx(stats.ttest_1samp(logs, np.log(2)).pvalue)
    assert p_below(log_ratio(fast, slow, n_of="seeds"), 0.5) == pytest.approx(p_above(estimate, 2.0))


def test_twelve_rounds_show_no_smaller_p_value_than_a_sign_flip_test():
    assert p_above(log_ratio([3.0] * 11 + [3.1], [1.0] * 12), 1.0) == 2**-11
    assert p_above(log_ratio([3.0] * 5, [1.0] * 5, n_of="seeds"), 1.0) == 0.0


def test_the_sign_test_is_scipys_and_its_interval_is_between_two_of_the_values():
    sample = [-7.0, -6.9, -6.8, -6.5, -3.1, -3.0, -2.9, -0.1, 0.2, 0.4]
    estimate = median_by_sign_test(sample, unit="percentage points")
    assert estimate.value == -3.05
    assert p_below(estimate, -0.3) == pytest.approx(stats.binomtest(7, 10).pvalue)
    # the second from either end: P(at most 1 of 10 beyond) = 0.0107, and P(at most 2) = 0.055
    assert (estimate.low, estimate.high) == (-6.9, 0.2)
    few = median_by_sign_test([-5.0] * 5, unit="percentage points")
    assert (few.low, few.high) == (None, None)
    assert p_below(few, 0.0) == 2 / 2**5


def test_a_share_has_the_interval_of_clopper_and_pearson():
    estimate = proportion(0, 25)
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert estimate.high == pytest.approx(100 * (1 - 0.025 ** (1 / 25)))  # by hand: (1 - p)^25 = 0.025
    assert p_below(estimate, estimate.high) == pytest.approx(0.05)
    assert p_above(proportion(22, 25), 50.0) == pytest.approx(2 * stats.binom.sf(21, 25, 0.5))


def draw_right_minus_right(rng, seeds, images, of_seeds, of_images, of_both):
    return (
        rng.normal(0, of_seeds, (seeds, 1)) + rng.normal(0, of_images, images) + rng.normal(0, of_both, (seeds, images))
    )


def test_both_sources_of_chance_are_in_the_interval_and_told_apart():
    rng = np.random.default_rng(6)
    drawn = [draw_right_minus_right(rng, 5, 400, 0.5, 8.0, 10.0) for _ in range(400)]
    found = [over_seeds_and_images(d.mean(1), d, unit="percentage points") for d in drawn]
    covered = np.mean([estimate.low <= 0 <= estimate.high for estimate in found])
    assert 0.93 <= covered <= 0.99
    expected = {"error_of_seeds": np.sqrt((0.5**2 + 10.0**2 / 400) / 5), "error_of_images": 8.0 / np.sqrt(400)}
    for part, error in expected.items():
        assert np.mean([e.settings[part] ** 2 for e in found]) == pytest.approx(error**2, rel=0.15)
    by_seeds_alone = [mean_with_t_interval(d.mean(1), unit="percentage points") for d in drawn]
    assert np.mean([e.low <= 0 <= e.high for e in by_seeds_alone]) < 0.9


def test_the_images_add_nothing_where_all_agree_on_them():
    estimate = over_seeds_and_images(
        [1.0, 2.0, 3.0], np.full((3, 50), 2.0), unit="percentage points", settings={"epochs": 7}
    )
    alone = mean_with_t_interval([1.0, 2.0, 3.0], unit="percentage points")
    assert (estimate.low, estimate.high) == pytest.approx((alone.low, alone.high))
    assert estimate.settings == {"epochs": 7, "error_of_seeds": pytest.approx(1 / np.sqrt(3)), "error_of_images": 0.0}


def test_a_curve_among_its_like_has_any_rank_and_one_far_off_has_the_last():
    rng = np.random.default_rng(7)
    references = np.cumsum(rng.normal(size=(24, 10)), axis=1)
    far = references[0] + 40.0
    assert rank_envelope(far, references).sampling.p_value == pytest.approx(1 / 25)
    middle = rank_envelope(np.median(references, axis=0), references)
    assert middle.sampling.p_value > 0.9
    noticed = middle.detectable
    for shift in (noticed, -noticed):
        assert rank_envelope(np.median(references, axis=0) + shift, references).sampling.p_value == pytest.approx(
            1 / 25
        )


def test_a_rank_needs_no_spread_at_a_point_where_all_agree():
    references = np.column_stack([np.zeros(24), np.arange(24.0)])
    assert rank_envelope([0.0, 11.5], references).sampling.p_value == 1.0
    assert rank_envelope([0.1, 11.5], references).sampling.p_value == pytest.approx(1 / 25)


def test_a_rank_takes_a_spread_without_each_of_the_curves():
    curves = np.random.default_rng(0).normal(size=(3, 2))
    assert rank_envelope(curves[0], curves).n == 3
    for few in (curves[:2], curves[:1]):
        with pytest.raises(NoRecords, match="too few for a spread"):
            rank_envelope(curves[0], few)


def test_the_interval_of_a_mean_share_stays_within_0_and_100():
    shares = [90.1, 84.8, 95.8, 60.9, 96.0]
    linear, found = mean_with_t_interval(shares, unit="percent"), mean_share(shares)
    assert linear.high > 100
    assert found.value == linear.value
    assert (found.low, found.high) == pytest.approx((58.0, 96.2), abs=0.1)
    close = mean_share([50.0, 50.1, 49.9])  # far from the ends, where both scales agree
    assert close.high == pytest.approx(mean_with_t_interval([50.0, 50.1, 49.9], unit="percent").high, abs=1e-3)
    assert mean_share([100.0, 100.0, 98.0]).high < 100
    assert mean_share([99.0, 99.0]).high == mean_share([100.0, 100.0]).high - 1 == 99
