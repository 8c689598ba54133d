"""The network of `epochs` as answers read it: long and short runs as one arm, and slopes over spans."""

import pytest
from examples import ExampleRecords, epochs, planned

from report.answers.trained import curves_from_logits, printed_epochs, slopes
from report.record.reader import NoRecords


def run(num_epochs, start=0.0):
    return epochs.results(epochs.curve([start + 1 / (1 + epoch) for epoch in range(num_epochs)]))


def test_long_and_short_runs_are_one_arm_of_the_printed_epochs():
    records = ExampleRecords({
        ("epochs", "as_published"): [run(100, seed) for seed in range(10)],
        ("epochs", "as_published_short"): [run(26, seed) for seed in range(10, 25)],
    })  # fmt: skip
    arm = printed_epochs(records, "as_published")
    assert sorted(arm.by_seed) == list(range(25))
    assert [curve.running_loss for curve in arm.results] == [run(26, seed).curve.running_loss for seed in range(25)]
    assert {curve.recognition[-1].last_epoch for curve in arm.results} == {26}
    assert [records.by_id[id].seed for id in arm.records] == list(range(25))


@pytest.mark.parametrize(("arm", "length", "expected"), [("as_published", 100, 26), ("as_published_short", 26, 26)])
def test_one_kind_of_run_is_enough(arm, length, expected):
    records = ExampleRecords({("epochs", arm): [run(length)] * 2})
    assert {len(curve.test_loss) for curve in printed_epochs(records, "as_published").results} == {expected}


def test_quick_runs_are_taken_whole():
    records = ExampleRecords({("epochs", "as_published"): [run(3)] * 2})
    assert {len(curve.test_loss) for curve in printed_epochs(records, "as_published").results} == {3}


def test_without_records_there_is_no_arm():
    with pytest.raises(NoRecords):
        printed_epochs(ExampleRecords({}), "as_published")
    with pytest.raises(NoRecords):
        curves_from_logits(ExampleRecords({}))


def test_slopes_are_one_for_each_seed_and_span():
    runs = [epochs.results(epochs.curve([(5 + seed) * epoch / 1000 for epoch in range(1, 101)])) for seed in range(5)]
    records = ExampleRecords({("epochs", "from_logits"): runs})
    early, late = slopes(
        records, lambda curve: curve.test_loss, [(1, 40), (61, 100)], unit="nats per ten epochs", scale=2
    )
    assert [early.value, late.value] == pytest.approx([0.14, 0.14])
    assert (early.n, early.n_of) == (5, "seeds")
    with pytest.raises(NoRecords):
        slopes(ExampleRecords({("epochs", "from_logits"): [run(26)]}), lambda c: c.test_loss, [(61, 100)], unit="nats")


def test_the_plan_has_the_runs_that_are_read():
    assert {("epochs", f"{name}{kind}") for name in ("as_published", "from_logits") for kind in ("", "_short")} <= set(
        planned()
    )


def test_further_seeds_from_logits_are_those_of_capacity():
    results = {("epochs", "from_logits"): [run(100, seed) for seed in range(5)]}
    more = {("capacity", "relu1"): [run(100, seed) for seed in range(5, 10)]}
    arm = curves_from_logits(ExampleRecords(results | more))
    assert [curve.test_loss for curve in arm.results] == [run(100, seed).curve.test_loss for seed in range(10)]
    assert len(curves_from_logits(ExampleRecords(results)).results) == 5
    planned_seeds = [seed for of in (*results, *more) for seed in planned()[of]]
    assert planned_seeds == list(range(10))
