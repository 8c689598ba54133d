"""Question 5, mistakes that cost time or mislead a clock: transforming every image anew, and not waiting for a GPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from report.answers.q5 import answer
from report.answers.timed import Floats, clocks, loader_over_resident
from report.conclude.interval_rules import Above, Below
from report.conclude.rules import Conditions
from report.conclude.statistics import Estimate, log_ratio
from report.record.reader import NoRecords, Records

STEPS_IN_A_BLOCK = 5


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
    Conditions({"a small step": Below(0.9), "a large step": Below(0.9), "a very large step": Below(0.9)}),
    kind="G",
    note="It takes times of an accelerator, read by both clocks. Where launching the operations takes longer "
    "than computing them, both clocks agree. Convolutions with TF32, as PyTorch has them; without it a large step computes longer.",
)
def unsynchronised_over_synchronised(records: Records) -> tuple[Estimate, ...]:
    """Step time by a clock that does not wait over one that does: {small} images of 784-128-10, {large} and {very_large} of ResNet-18."""
    found = sorted(clocks(records).clocks, key=lambda clock: clock.batch_size)
    names = ("small", "large", "very_large")
    if len(found) != len(names):
        raise NoRecords("clock readings of three steps")
    sizes = {name: f"{clock.batch_size:,}" for name, clock in zip(names, found, strict=True)}
    return tuple(
        log_ratio(*(_by_block(clock.seconds[read]) for read in ("queued", "done")), n_of="blocks", settings=sizes)
        for clock in found
    )


def _by_block(seconds: Sequence[float]) -> Floats:
    """Return means of five steps: single ones are alike from one to the next, and so not as many as they seem."""
    whole = len(seconds) // STEPS_IN_A_BLOCK * STEPS_IN_A_BLOCK
    blocks: Floats = np.array(seconds[:whole]).reshape(-1, STEPS_IN_A_BLOCK).mean(axis=1)
    return blocks
