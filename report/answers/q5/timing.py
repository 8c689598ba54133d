"""Question 5, mistakes that cost time or mislead a clock: transforming every image anew, and not waiting for a GPU."""

from __future__ import annotations

from report.answers.q5 import answer
from report.answers.timed import clock_of, clocks, loader_over_resident
from report.conclude.interval_rules import Above, Below
from report.conclude.rules import AllOf
from report.conclude.statistics import Estimate, log_ratio
from report.record.reader import Records


@answer.claim(
    "Q5.4g",
    "Transforming every image anew in the loader makes an epoch more than 10 % longer.",
    Above(1.1),
)
def cost_of_transforming(records: Records) -> Estimate:
    """Time of an epoch of training through the loader, over one on tensors transformed once."""
    return loader_over_resident(records, "mlp128")


@answer.claim(
    "Q5.4h",
    "A clock that does not wait for the GPU misses more than a tenth of a step.",
    AllOf((Below(0.9, of="the ratio for a small step"), Below(0.9, of="the ratio for a large step"))),
    kind="G",
    note="It takes times of an accelerator, read by both clocks.",
)
def unsynchronised_over_synchronised(records: Records) -> tuple[Estimate, Estimate]:
    """Step time by a clock that does not wait, over one that does, on the accelerator: a small step and a large one."""
    small, large = (clock_of(clocks(records), model).seconds for model in ("mlp128", "resnet18"))
    return (
        log_ratio(small["queued"], small["done"], n_of="steps"),
        log_ratio(large["queued"], large["done"], n_of="steps"),
    )
