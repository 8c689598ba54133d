"""Part 1: does the loss fall over a hundred epochs, and what does it say when it does?"""

from __future__ import annotations

import numpy as np

from report.answers.base import Answer, Arm, FigureContent, Findings, Records, TableContent, by_verdict
from report.answers.curves import PERCENT, accuracy_points, band, difference_row, outside_of_seeds, over_seeds
from report.answers.printed import printed
from report.charts import IntervalChart, LineChart, Panel, Series
from report.experiments.epochs import EpochsResults
from report.statistics import Estimate, count, mean_with_t_interval


def _arm(records: Records, name: str) -> Arm[EpochsResults]:
    return records.arm("epochs", name, EpochsResults)


def _final_accuracy(run: EpochsResults) -> float:
    return run.curve.test_accuracy[-1]


def fall_of_loss(records: Records) -> Estimate:
    """Estimate the change of the training loss, weights held still, from the first epoch to the last."""
    arm = _arm(records, "as_published")
    falls = arm.values(lambda run: run.curve.still_train_loss[-1] - run.curve.still_train_loss[0])
    return mean_with_t_interval(falls, unit="nats", signed=True, records=arm.records)


def rises(records: Records) -> Estimate:
    """Count, per seed, the epochs whose running loss is above the one before."""
    arm = _arm(records, "as_published")
    counts = arm.values(lambda run: float((np.diff(run.curve.running_loss) > 0).sum()))
    return count(
        float(np.mean(counts)),
        low=min(counts),
        high=max(counts),
        unit="epochs",
        n=len(counts),
        n_of="seeds",
        records=arm.records,
    )


def _chosen_epoch(run: EpochsResults) -> int:
    """Return the index of the epoch that the held-out images choose."""
    return int(np.argmin(run.curve.validation_loss))


def cost_of_training_on(records: Records) -> Estimate:
    """Estimate the test loss at the last epoch minus at the epoch that validation would have chosen."""
    arm = _arm(records, "held_out")
    costs = arm.values(lambda run: run.curve.test_loss[-1] - run.curve.test_loss[_chosen_epoch(run)])
    return mean_with_t_interval(costs, unit="nats", signed=True, records=arm.records)


def accuracy_over_that_span(records: Records) -> Estimate:
    """Estimate the change of test accuracy over the same span."""
    arm = _arm(records, "held_out")
    gains = arm.values(
        lambda run: (run.curve.test_accuracy[-1] - run.curve.test_accuracy[_chosen_epoch(run)]) * PERCENT
    )
    return mean_with_t_interval(gains, unit="percentage points", signed=True, records=arm.records)


def chosen_epoch(records: Records) -> Estimate:
    """Estimate which epoch validation chooses."""
    arm = _arm(records, "held_out")
    return mean_with_t_interval(
        arm.values(lambda run: _chosen_epoch(run) + 1.0), unit="epochs", digits=0, records=arm.records
    )


def cost_of_double_softmax(records: Records) -> Estimate:
    """Estimate softmax twice minus from logits at the notebook's learning rate, in test accuracy."""
    return accuracy_points(_arm(records, "as_published"), _arm(records, "from_logits"), _final_accuracy)


def cost_of_double_softmax_tuned(records: Records) -> Estimate:
    """Estimate the same with the learning rate chosen for each."""
    return accuracy_points(_arm(records, "tuned_published"), _arm(records, "tuned_logits"), _final_accuracy)


def not_reproduced(records: Records) -> Estimate:
    """Count the notebook's printed epoch losses that no seed comes near."""
    arm = _arm(records, "as_published")
    shared = [p for p in printed("part1_epoch") if p.epoch <= len(arm.results[0].curve.mean_of_batch_means)]
    seeds = [[run.curve.mean_of_batch_means[p.epoch - 1] for p in shared] for run in arm.results]
    return outside_of_seeds([p.value for p in shared], seeds, arm.records)


def loss_curves(records: Records, findings: Findings) -> FigureContent:
    """Draw both losses over the epochs, with the notebook's printed points on top."""
    published, logits = _arm(records, "as_published"), _arm(records, "from_logits")
    points = [p for p in printed("part1_epoch") if p.epoch <= len(published.results[0].curve.running_loss)]
    title = by_verdict(
        findings["P1.1"],
        supported="The loss falls, whichever loss it is; only one of the two can reach zero",
        refuted="The loss printed by the notebook does not fall over the run",
        undetermined="Whether the printed loss falls cannot be told from so few runs",
        withheld="Training loss by epoch, softmax applied twice and once",
    )
    first = [curve.running_loss[0] for curve in (run.curve for run in published.results)]
    last = [run.curve.running_loss[-1] for run in published.results]
    return FigureContent(
        chart=LineChart(
            panels=[
                Panel(
                    title="Softmax twice, as published",
                    series=[
                        band("seeds", [run.curve for run in published.results], lambda c: c.mean_of_batch_means),
                        Series(
                            label="printed in the notebook",
                            x=[float(p.epoch) for p in points],
                            y=[p.value for p in points],
                            role="printed",
                        ),
                    ],
                    x_label="epoch",
                    y_label="training loss (nats)",
                ),
                Panel(
                    title="From logits",
                    series=[
                        band("training", [run.curve for run in logits.results], lambda c: c.running_loss),
                        band("test", [run.curve for run in logits.results], lambda c: c.test_loss),
                    ],
                    x_label="epoch",
                    y_label="cross-entropy (nats)",
                ),
            ]
        ),
        title=title,
        alt=(
            f"Two panels of loss against epoch. With softmax applied twice the loss goes from {np.mean(first):.2f} to "
            f"{np.mean(last):.2f} nats and the {len(points)} printed points are drawn over it. From logits, training "
            f"loss ends at {np.mean([r.curve.running_loss[-1] for r in logits.results]):.2f} and test loss at "
            f"{np.mean([r.curve.test_loss[-1] for r in logits.results]):.2f} nats."
        ),
        caption=(
            f"784-128-10 network, SGD at learning rate 0.01, batch size 64, {len(published.results)} seeds. Line: mean over "
            "seeds; band: their range. Circles: the losses that the notebook printed."
        ),
        records=published.records + logits.records,
    )


def accuracy_cost(records: Records, findings: Findings) -> FigureContent:
    """Draw what applying softmax twice costs in test accuracy, at both learning rates."""
    rows = [
        difference_row(label, _arm(records, arm), _arm(records, baseline), _final_accuracy)
        for label, arm, baseline in (
            ("at the notebook's rate", "as_published", "from_logits"),
            ("each rate tuned", "tuned_published", "tuned_logits"),
        )
    ]
    return FigureContent(
        chart=IntervalChart(
            rows=rows, x_label="test accuracy, softmax twice minus once (percentage points)", margin=0.3
        ),
        title=by_verdict(
            findings["P1.5a"],
            supported="Applying softmax twice costs no accuracy at the notebook's learning rate",
            refuted="At the notebook's learning rate, applying softmax twice costs accuracy",
            undetermined="What applying softmax twice costs in accuracy is not settled by these runs",
            withheld="Test accuracy, softmax twice minus once",
        ),
        alt="Differences in test accuracy: "
        + "; ".join(f"{row.label}, {row.value:+.2f} points ({row.low:+.2f} to {row.high:+.2f})" for row in rows)
        + ".",
        caption="Dot and bar: mean of the paired differences with its 95 % interval; small dots: single seeds; shaded: ±0.3 points.",
        records=_arm(records, "as_published").records + _arm(records, "from_logits").records,
    )


def over_training(records: Records, findings: Findings) -> FigureContent:
    """Draw validation and test loss against test accuracy, to show the two part ways."""
    arm = _arm(records, "held_out")
    curves = [run.curve for run in arm.results]
    chosen = float(np.mean(arm.values(lambda run: _chosen_epoch(run) + 1.0)))
    return FigureContent(
        chart=LineChart(
            panels=[
                Panel(
                    series=[
                        band("training", curves, lambda c: c.running_loss),
                        band("held out", curves, lambda c: c.validation_loss),
                        band("test", curves, lambda c: c.test_loss),
                    ],
                    x_label="epoch",
                    y_label="cross-entropy (nats)",
                ),
                Panel(
                    series=[band("test", curves, lambda c: c.test_accuracy, PERCENT)],
                    x_label="epoch",
                    y_label="test accuracy (%)",
                ),
            ]
        ),
        title=by_verdict(
            findings["P1.3"],
            supported="The test loss is still falling when training stops",
            refuted="The training loss goes on falling after the test loss has begun to rise",
            undetermined="Training loss falls throughout; the test loss ends about where validation would have stopped",
            withheld="Training, held-out and test loss by epoch",
        ),
        alt=(
            f"Training loss falls to {np.mean([c.running_loss[-1] for c in curves]):.2f} nats; held-out loss is lowest around "
            f"epoch {chosen:.0f}; test loss ends at {np.mean([c.test_loss[-1] for c in curves]):.2f} nats and test accuracy at "
            f"{np.mean([c.test_accuracy[-1] for c in curves]) * PERCENT:.1f} %."
        ),
        caption=f"From logits, 50,000 images to train on, 10,000 held out, {len(curves)} seeds. Line: mean; band: range over seeds.",
        records=arm.records,
    )


def milestones(records: Records, findings: Findings) -> TableContent:
    """List both arms' losses and accuracies at a few epochs."""
    rows: list[list[str | float | int]] = []
    arms = {"softmax twice": _arm(records, "as_published"), "from logits": _arm(records, "from_logits")}
    for label, arm in arms.items():
        curves = [run.curve for run in arm.results]
        last = len(curves[0].running_loss)
        rows += [
            [
                label,
                epoch,
                float(np.mean([c.running_loss[epoch - 1] for c in curves])),
                float(np.mean([c.test_loss[epoch - 1] for c in curves])),
                float(np.mean([c.test_accuracy[epoch - 1] for c in curves])) * PERCENT,
            ]
            for epoch in sorted({1, 10, 26, 50, last})
            if epoch <= last
        ]
    return TableContent(
        caption="Means over seeds. The two losses are on different scales and can't be compared with each other.",
        columns=["loss", "epoch", "training loss (nats)", "test loss (nats)", "test accuracy (%)"],
        rows=rows,
        records=tuple(id for arm in arms.values() for id in arm.records),
    )


def card(records: Records, findings: Findings) -> FigureContent:
    """Draw the published loss alone, small."""
    whole = loss_curves(records, findings)
    assert isinstance(whole.chart, LineChart)  # noqa: S101 - narrows the type
    return FigureContent(
        chart=LineChart(panels=[whole.chart.panels[0]]),
        title=whole.title,
        alt=whole.alt,
        caption="",
        records=whole.records,
    )


ANSWER = Answer(
    name="part1",
    title="Does the loss fall over a hundred epochs, and what does that show?",
    experiments=("epochs",),
    measures={
        "P1.1": fall_of_loss,
        "P1.2": rises,
        "P1.3": cost_of_training_on,
        "P1.5a": cost_of_double_softmax,
        "P1.5b": cost_of_double_softmax_tuned,
        "P1.6": not_reproduced,
        "accuracy-over-that-span": accuracy_over_that_span,
        "chosen-epoch": chosen_epoch,
        "published-first-loss": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: r.curve.still_train_loss[0], unit="nats"
        ),
        "published-last-loss": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: r.curve.still_train_loss[-1], unit="nats"
        ),
        "published-true-loss": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: r.inspection.true_class_log_loss, unit="nats"
        ),
        "published-printed-test-loss": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: r.curve.test_loss[-1], unit="nats"
        ),
        "published-accuracy": over_seeds(
            "epochs", "as_published", EpochsResults, lambda r: _final_accuracy(r) * PERCENT, unit="percent"
        ),
        "logits-accuracy": over_seeds(
            "epochs", "from_logits", EpochsResults, lambda r: _final_accuracy(r) * PERCENT, unit="percent"
        ),
    },
    figures={
        "part1-losses": loss_curves,
        "part1-over-training": over_training,
        "part1-accuracy-cost": accuracy_cost,
        "part1-card": card,
    },
    tables={"part1-milestones": milestones},
    notes={
        "P1.1": "Both losses fall from the first epoch to the last. That is an observation about these runs, not a proof about all.",
        "P1.4": "The number has a floor of 1.4612 nats that no model can pass, so it is not a cross-entropy of the model.",
    },
    headline="P1.5a",
    headline_label="test accuracy, softmax twice minus once",
    card="part1-card",
)
