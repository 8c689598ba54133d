"""Part 1, the cost of applying softmax twice: overall, and for networks with and without a class that is never predicted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from report.answers.answer import Cell, FigureSpec, Findings, TableSpec, by_verdict
from report.answers.charts import IntervalChart
from report.answers.curves import PERCENT, accuracy_at_the_end, at_the_end
from report.answers.intervals import row
from report.answers.part1 import answer
from report.answers.part1.modes import missing_classes
from report.answers.trained import hundred_epochs, last_test_loss, printed_epochs, true_class_log_loss
from report.conclude import formatting
from report.conclude.claims import MARGIN
from report.conclude.interval_rules import Above
from report.conclude.rules import Conditions
from report.conclude.statistics import Estimate, exact, median_by_sign_test, proportion
from report.experiments.training import Curve
from report.experiments.tuning import TuningResult
from report.record.reader import Arm, NoRecords, Records

RATES = ("at the notebook's rate", "each rate tuned")
Pair = tuple[Arm[Curve], Arm[Curve]]


def pairs(records: Records) -> dict[str, Pair]:
    """Return the networks as published and from logits of the same seeds, at the notebook's learning rate and at tuned ones."""
    tuned = (hundred_epochs(records, f"tuned_{name}").each(lambda run: run.curve) for name in ("published", "logits"))
    of_notebook = (printed_epochs(records, name) for name in ("as_published", "from_logits"))
    return {rate: next(both).paired_with(next(both)) for rate, both in zip(RATES, (of_notebook, tuned), strict=True)}


def difference(pair: Pair) -> tuple[Estimate, list[float]]:
    """Estimate the difference of test accuracy at the end of training; return that of each seed too."""
    return accuracy_at_the_end(*(arm.each(lambda curve: curve.recognition[-1]) for arm in pair))


def modes(pair: Pair) -> Iterator[tuple[str, Pair]]:
    """Split a pair by whether the published network of a seed never predicts some class; without modes that no seed is in."""
    published, logits = pair
    split = {
        "a class missing": published.where(lambda curve: bool(missing_classes(curve))),
        "all ten learnt": published.where(lambda curve: not missing_classes(curve)),
    }
    for label, chosen in split.items():
        if chosen.by_seed:
            yield label, chosen.paired_with(logits)


@answer.claim(
    "P1.5",
    "Softmax before cross-entropy does no harm.",
    Conditions(dict.fromkeys(RATES, Above(-MARGIN))),
    origin="implied",
    place="Part 1, code",
    note="Runs fall into two groups, with and without a missing class, so we test the median, with a sign test over seeds.",
)
def cost_of_double_softmax(records: Records) -> tuple[Estimate, ...]:
    """Test accuracy, softmax twice minus from logits: at epochs {first} to {last}, rate 0.01; at epochs {tuned_first} to {tuned_last}, tuned."""
    found = []
    for prefix, pair in zip(("", "tuned_"), pairs(records).values(), strict=True):
        end = pair[0].results[0].recognition[-1]
        settings = {f"{prefix}first": end.last_epoch - end.num_epochs + 1, f"{prefix}last": end.last_epoch}
        published, logits = (np.array(arm.values(lambda curve: at_the_end(curve.test_accuracy))) for arm in pair)
        ids = pair[0].records + pair[1].records
        points = PERCENT * (published - logits)
        found.append(median_by_sign_test(points, unit="percentage points", records=ids, settings=settings))
    return tuple(found)


@answer.figure("part1-accuracy-cost")
def accuracy_cost(records: Records, findings: Findings) -> FigureSpec:
    """Draw what applying softmax twice costs in test accuracy, by mode, at both learning rates."""
    found = pairs(records)
    published, logits = (
        hundred_epochs(records, f"tuned_{name}").results[0].learning_rate for name in ("published", "logits")
    )
    rows = [row(f"{rate}, {label}", *difference(pair)) for rate, both in found.items() for label, pair in modes(both)]
    return FigureSpec(
        chart=IntervalChart(
            rows=rows, x_label="test accuracy, softmax twice minus once (percentage points)", margin=MARGIN
        ),
        title=by_verdict(
            findings["P1.5"],
            supported="Applying softmax twice costs no accuracy",
            refuted="Applying softmax twice costs accuracy in most networks, at the notebook's learning rate and at a tuned one",
            depends="Whether applying softmax twice costs accuracy depends on the learning rate",
            undetermined="These runs do not settle at both learning rates whether applying softmax twice costs accuracy",
            withheld="Test accuracy, softmax twice minus once",
        ),
        caption=(
            "Each small dot is one seed: the network as published minus that from logits, over the last epochs of training. Large dot and "
            f"bar: mean of each group and its 95 % interval, from seeds and test images; shaded: the margin, ±{MARGIN} points. "
            f"Tuned learning rates: {published:g} as published, {logits:g} from logits."
        ),
    )


@answer.number("rates-at-an-end")
def rates_at_an_end(records: Records) -> Estimate:
    """Count the tuned learning rates that are the lowest or highest of those tried: their grids would be too narrow."""
    tried = {
        "published": records.arms("epochs", TuningResult, role="trial", double_softmax=True),
        "logits": records.arms("batch_size", TuningResult, role="trial", budget="epochs", batch_size=64),
    }
    count = 0
    for name, trials in tried.items():
        rates = [trial.parameters["learning_rate"] for trial in trials]
        if not rates:
            raise NoRecords(f"epochs: trials from {name}")
        chosen = hundred_epochs(records, f"tuned_{name}").results[0].learning_rate
        count += not min(rates) < chosen < max(rates)
    return exact(count, unit="rates", n=len(tried), n_of="rates")


@answer.table("part1-modes")
def table_of_modes(records: Records, findings: Findings) -> TableSpec:
    """List the two modes at both learning rates: their share of the runs, and the cost in each."""
    found = pairs(records)
    rows: list[list[Cell]] = []
    for rate, pair in found.items():
        total = len(pair[0].results)
        for label, part in modes(pair):
            share, (cost, _) = proportion(len(part[0].results), total), difference(part)
            errors = [cost.settings.get(name) for name in ("error_of_seeds", "error_of_images")]
            row = [rate, label, f"{len(part[0].results)} of {total}", f"{share.low:.0f} to {share.high:.0f}"]
            row.append(formatting.number(cost.value, 1))
            rows.append([*row, *("" if e is None else formatting.number(float(e), 2) for e in errors)])
    return TableSpec(
        title="What the second softmax costs",
        caption=(
            "One row for each group of runs. A standard error is how far the difference would typically be off: by the choice of "
            "seeds, and by that of the test images."
        ),
        columns=[
            "learning rate",
            "outcome",
            "runs",
            "95 % interval of their share (%)",
            "accuracy, twice minus once (pp)",
            "standard error from seeds",
            "standard error from images",
        ],
        rows=rows,
        fewest_seeds=min(len(published.results) for published, _ in found.values()),
    )


answer.number("published-true-loss", "as_published")(true_class_log_loss)
answer.number("published-printed-test-loss", "as_published")(last_test_loss)
