"""The errors: what else they are, and that they survive the way between processes."""

import pickle

import pytest

from fmnist_ref import ConfigurationError, DataError, DeviceError, DivergenceError, FmnistRefError


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ConfigurationError, ValueError),
        (DataError, ValueError),
        (DeviceError, RuntimeError),
        (DivergenceError, ArithmeticError),
    ],
)
def test_every_error_is_also_a_builtin_one_and_can_be_pickled(error: type[FmnistRefError], builtin: type) -> None:
    with pytest.raises(builtin):
        raise error("this must hold", "that", "Do so.")
    again = pickle.loads(pickle.dumps(error("this must hold", "that", "Do so.")))  # noqa: S301 - our own bytes
    assert type(again) is error
    assert str(again) == "this must hold; found that. Do so."
    assert (again.expected, again.found, again.remedy) == ("this must hold", "that", "Do so.")
    assert issubclass(error, FmnistRefError)
    assert not issubclass(error, OSError)  # which the command line takes for a problem of the output folder
