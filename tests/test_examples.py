"""Example results are of the types that records hold, and there are some of every run that an answer could read."""

import msgspec
import pytest
from examples import planned, results_of

from report.experiments import EXPERIMENTS


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_arm_of_an_experiment_has_example_results_that_survive_json(name):
    made = results_of(name)
    assert made.keys() == {arm for arm in planned() if arm[0] == name}
    for arm, results in made.items():
        assert len(results) == len(planned()[arm])
        for result in results:
            assert msgspec.json.decode(msgspec.json.encode(result), type=type(result)) == result
