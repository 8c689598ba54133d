"""The plan of the architectures fits that of the run which they share with `epochs`."""

from report.experiments import capacity
from report.experiments.training import STILL_AT
from report.plan import Profile


def test_what_is_compared_with_a_longer_run_ends_where_that_one_is_scored():
    compared = [run for run in capacity.plan(Profile()) if run.arm in capacity.DEPTHS or run.arm.startswith("width")]
    assert len(compared) == 5 * (len(capacity.DEPTHS) + len(capacity.WIDTHS))
    assert {run.parameters["epochs"] for run in compared} <= set(STILL_AT)
    assert {run.parameters["learning_rate"] for run in compared} == {0.01}
