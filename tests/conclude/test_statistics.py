import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from report.conclude.statistics import (
    bootstrap,
    bootstrap_of_mean,
    exact,
    holm,
    mean_with_t_interval,
    ratio_of_medians,
    slope,
    with_range,
)

values = st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=2, max_size=20)


@given(values)
def test_t_interval_is_scipys(sample):
    estimate = mean_with_t_interval(sample, unit="nats")
    assert estimate.value == pytest.approx(np.mean(sample))
    if np.std(sample) > 1e-6:
        low, high = stats.t.interval(0.95, len(sample) - 1, loc=np.mean(sample), scale=stats.sem(sample))
        assert (estimate.low, estimate.high) == pytest.approx((low, high), rel=1e-6, abs=1e-9)
        assert estimate.p_value == pytest.approx(stats.ttest_1samp(sample, 0.0).pvalue, rel=1e-6, abs=1e-12)


def test_one_value_has_no_interval():
    estimate = mean_with_t_interval([3.0], unit="nats")
    assert (estimate.value, estimate.low, estimate.high, estimate.p_value) == (3.0, None, None, None)


def test_equal_values_leave_no_doubt():
    assert mean_with_t_interval([2.0, 2.0, 2.0], unit="nats").p_value == 0.0
    assert mean_with_t_interval([0.0, 0.0, 0.0], unit="nats").p_value == 1.0


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
    assert estimate.p_value < 0.001


@pytest.mark.parametrize("values", [[0.0, 1.0], [-1.0, 0.0, 1.0], range(101)])
def test_bootstrap_of_a_mean_is_that_of_the_resamples_own_means(values):
    sample = np.random.default_rng(0).choice(list(values), 300)
    about = {"unit": "points", "n_of": "test images", "paired": True, "null": 0.0}
    of_mean = bootstrap_of_mean(sample, unit="points", n_of="test images", paired=True)
    of_resamples = bootstrap([sample], lambda a: a.mean(-1), **about)
    assert (of_mean.value, of_mean.n, of_mean.method) == (sample.mean(), 300, of_resamples.method)
    spread = of_resamples.high - of_resamples.low
    assert (of_mean.low, of_mean.high) == pytest.approx((of_resamples.low, of_resamples.high), abs=0.05 * spread)
    assert of_mean.p_value == pytest.approx(of_resamples.p_value, abs=0.02)


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
            assert survives[name] or any(q < p and not survives[n] for n, q in p_values.items())
        if p > 0.05:
            assert not survives[name]


def test_holm_by_hand():
    # 0.01 ≤ 0.05/4, 0.015 ≤ 0.05/3, 0.03 > 0.05/2: the walk stops there, and 0.04 falls with it
    assert holm({"a": 0.03, "b": 0.01, "c": 0.04, "d": 0.015}) == {"a": False, "b": True, "c": False, "d": True}
