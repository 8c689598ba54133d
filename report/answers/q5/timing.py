"""Question 5, mistakes that cost time or mislead a clock: transforming every image anew, and not waiting for a GPU."""

from __future__ import annotations

from report.answers.q5 import answer
from report.answers.timed import clock_of, clocks, loader, passes_of, per_batch
from report.conclude.rules import Above, AllOf, Below
from report.conclude.statistics import Estimate, bootstrap, median, ratio_of_medians
from report.record.reader import Records


@answer.claim("Q5.4f", "Transforming image by image in the loader costs nothing.", Below(1.1))
def cost_of_transforming(records: Records) -> Estimate:
    """Time of an epoch through the loader over one on resident tensors."""
    results, ids = loader(records)
    return ratio_of_medians(
        per_batch(passes_of(results, "loader", model="mlp128")),
        per_batch(passes_of(results, "resident", model="mlp128")),
        n_of="passes",
        null=1.1,
        records=ids,
    )


@answer.claim("Q5.4g", "A clock needs no synchronising.", AllOf((Above(0.9), Above(0.9))), kind="G")
def unsynchronised_over_synchronised(records: Records) -> tuple[Estimate, Estimate]:
    """Step time by an unsynchronised clock over a synchronised one, on the accelerator."""
    results, ids = clocks(records)
    small, large = (
        bootstrap(
            [
                clock_of(results, model).seconds["queued"],
                clock_of(results, model).seconds["done"],
            ],
            lambda queued, done: median(queued) / median(done),
            unit="ratio",
            n_of="steps",
            paired=True,
            null=0.9,
            records=ids,
        )
        for model in ("mlp128", "resnet18")
    )
    return small, large
