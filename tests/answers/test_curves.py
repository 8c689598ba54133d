"""What several answers take from training curves."""

import pytest

from report.answers.curves import at_the_end, epochs_of_the_end, slope_per_ten_epochs


@pytest.mark.parametrize(("epochs", "mean"), [(100, 95.5), (26, 21.5), (20, 15.5), (10, 9.0), (3, 2.0), (1, 1.0)])
def test_the_end_is_ten_epochs_of_a_long_run_and_three_of_a_short_one(epochs, mean):
    assert at_the_end([float(epoch) for epoch in range(1, epochs + 1)]) == mean


def test_a_slope_is_per_ten_epochs_over_those_named_and_no_others():
    losses = [9.0] * 10 + [1.0 - 0.003 * epoch for epoch in range(30)] + [5.0] * 20
    assert slope_per_ten_epochs(losses, 11, 40) == pytest.approx(-0.03)


def test_the_epochs_of_the_end_are_those_of_the_average() -> None:
    for values, words in ((range(1, 101), "91 to 100"), (range(1, 11), "8 to 10"), (range(1, 3), "1 to 2")):
        first, last = map(int, words.split(" to "))
        assert epochs_of_the_end(list(values)) == words
        assert at_the_end(list(values)) == (first + last) / 2
