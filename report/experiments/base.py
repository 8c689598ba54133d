"""What an experiment is: the runs it plans, and how one run is measured."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec
from jaxtyping import Float32, Int64
from torch import Tensor

ProfileName = Literal["quick", "full"]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How large a report is: `full` is claims.md's plan, `quick` a first look that withholds verdicts."""

    name: ProfileName = "full"
    seeds: int = 5
    device: str = "cpu"

    def pick(self, *, full: Any, quick: Any) -> Any:
        """Return the setting that belongs to this profile."""
        return full if self.name == "full" else quick


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to measure: an experiment's arm with a seed. Runs with the same `id` give the same results."""

    experiment: str
    arm: str
    seed: int
    parameters: dict[str, Any] = {}
    device: str = "cpu"
    needs: tuple[Run, ...] = ()
    """Runs whose results this one reads (to take the learning rate that validation chose, say)."""

    @property
    def id(self) -> str:
        """A file name for this run: readable first, then a digest of all that defines it."""
        definition = msgspec.json.encode(
            [self.experiment, self.arm, self.seed, self.parameters, self.device, [n.id for n in self.needs]],
            order="sorted",
        )
        return f"{self.experiment}.{self.arm}.seed{self.seed}.{hashlib.sha256(definition).hexdigest()[:10]}"


class Dataset(NamedTuple):
    """All images as the models take them: normalised, resident in memory."""

    train_images: Float32[Tensor, "train 28 28"]
    train_labels: Int64[Tensor, train]
    test_images: Float32[Tensor, "test 28 28"]
    test_labels: Int64[Tensor, test]


Inputs = Mapping[str, Mapping[str, Any]]
"""Results of the runs in `Run.needs`, by run id."""


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """A named plan of runs, and the function that measures one of them."""

    name: str
    plan: Callable[[Profile], Iterable[Run]]
    measure: Callable[[Run, Dataset, Inputs], msgspec.Struct]
    """Returns the results. Fields named `seconds` hold times, which no two runs share, and those named `written_bytes` the
    sizes of files, which no two versions need to share; all else is repeatable."""
    alone: bool = False
    """Whether its runs measure time, and so must have the machine to themselves."""
