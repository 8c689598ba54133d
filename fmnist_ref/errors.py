"""
The errors that this package raises. Each says what must hold, what was found, and what to do.

::

    FmnistRefError
    ├── ConfigurationError   an argument is not acceptable          also a ValueError
    ├── DataError            the data are missing or wrong          also a ValueError
    ├── DeviceError          the device is unknown or absent        also a RuntimeError
    └── DivergenceError      a loss or output is not a number       also an ArithmeticError
"""

__all__ = ["ConfigurationError", "DataError", "DeviceError", "DivergenceError", "FmnistRefError"]


class FmnistRefError(Exception):
    """
    Base of every error that this package raises on purpose.

    Parameters
    ----------
    expected : str
        What must hold, as a sentence without its full stop.
    found : str
        What was found instead.
    remedy : str
        What to do about it, as a whole sentence.

    Notes
    -----
    The message is one line, ``{expected}; found {found}. {remedy}``, so that a command line can print it as it is.

    Examples
    --------
    >>> remedy = "Pass a positive whole number."
    >>> print(FmnistRefError("epochs must be at least 1", "0", remedy))
    epochs must be at least 1; found 0. Pass a positive whole number.
    """

    def __init__(self, expected: str, found: str, remedy: str) -> None:
        super().__init__(expected, found, remedy)  # all three in args, so that the error survives pickling
        self.expected = expected
        self.found = found
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.expected}; found {self.found}. {self.remedy}"


class ConfigurationError(FmnistRefError, ValueError):
    """An argument is not one that the function accepts."""


class DataError(FmnistRefError, ValueError):
    """The data set is missing, unreadable, incomplete, or not Fashion-MNIST."""


class DeviceError(FmnistRefError, RuntimeError):
    """The requested device is unknown, or absent from this machine."""


class DivergenceError(FmnistRefError, ArithmeticError):
    """A loss in training, or an output in evaluation, is not a finite number."""
