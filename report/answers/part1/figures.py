"""What Part 1 shows: the losses over the epochs, where validation would have stopped, and the cost in accuracy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, by_verdict
from report.answers.charts import IntervalChart, LineChart, Panel, Series
from report.answers.curves import PERCENT, band, difference_row, mean_over
from report.answers.part1 import answer
from report.answers.part1.measures import arm_of, final_accuracy, index_of_chosen_epoch
from report.answers.printed import Printed, printed
from report.experiments.training import Curve
from report.record.reader import Records


@answer.figure("part1-losses")
def loss_curves(records: Records, findings: Findings) -> FigureSpec:
    """Draw both losses over the epochs, with the notebook's printed points on top."""
    arms = arm_of(records, "as_published"), arm_of(records, "from_logits")
    published, logits = ([run.curve for run in arm.results] for arm in arms)
    points = [p for p in printed("part1_epoch") if p.epoch <= len(published[0].running_loss)]
    return FigureSpec(
        chart=LineChart(panels=[_softmax_twice(published, points), _from_logits(logits)]),
        title=by_verdict(
            findings["P1.1"],
            supported="The loss falls, whichever loss it is; only one of the two can reach zero",
            refuted="The loss printed by the notebook does not fall over the run",
            undetermined="Whether the printed loss falls cannot be told from so few runs",
            withheld="Training loss by epoch, softmax applied twice and once",
        ),
        alt=(
            "Two panels of loss against epoch. With softmax applied twice the loss goes from "
            f"{mean_over(published, lambda c: c.running_loss[0]):.2f} to "
            f"{mean_over(published, lambda c: c.running_loss[-1]):.2f} nats and the {len(points)} printed points are drawn "
            f"over it. From logits, training loss ends at {mean_over(logits, lambda c: c.running_loss[-1]):.2f} and test "
            f"loss at {mean_over(logits, lambda c: c.test_loss[-1]):.2f} nats."
        ),
        caption=(
            f"784-128-10 network, SGD at learning rate 0.01, batch size 64, {len(published)} seeds. Line: mean over "
            "seeds; band: their range. Circles: the losses that the notebook printed."
        ),
        records=tuple(id for arm in arms for id in arm.records),
    )


def _softmax_twice(curves: Sequence[Curve], points: Sequence[Printed]) -> Panel:
    """Set the notebook's printed losses beside those of the same training over several seeds."""
    return Panel(
        title="Softmax twice, as published",
        series=[
            band("seeds", curves, lambda c: c.mean_of_batch_means),
            Series(
                label="printed in the notebook",
                x=[float(p.epoch) for p in points],
                y=[p.value for p in points],
                role="printed",
            ),
        ],
        x_label="epoch",
        y_label="training loss (nats)",
    )


def _from_logits(curves: Sequence[Curve]) -> Panel:
    """Set training and test loss side by side, softmax applied once."""
    return Panel(
        title="From logits",
        series=[band("training", curves, lambda c: c.running_loss), band("test", curves, lambda c: c.test_loss)],
        x_label="epoch",
        y_label="cross-entropy (nats)",
    )


@answer.figure("part1-over-training")
def over_training(records: Records, findings: Findings) -> FigureSpec:
    """Draw validation and test loss against test accuracy, to show the two part ways."""
    arm = arm_of(records, "held_out")
    curves = [run.curve for run in arm.results]
    chosen = float(np.mean(arm.values(lambda run: index_of_chosen_epoch(run) + 1.0)))
    return FigureSpec(
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
            f"Training loss falls to {mean_over(curves, lambda c: c.running_loss[-1]):.2f} nats; held-out loss is lowest around "
            f"epoch {chosen:.0f}; test loss ends at {mean_over(curves, lambda c: c.test_loss[-1]):.2f} nats and test accuracy at "
            f"{mean_over(curves, lambda c: c.test_accuracy[-1]) * PERCENT:.1f} %."
        ),
        caption=f"From logits, 50,000 images to train on, 10,000 held out, {len(curves)} seeds. Line: mean; band: range over seeds.",
        records=arm.records,
    )


@answer.figure("part1-accuracy-cost")
def accuracy_cost(records: Records, findings: Findings) -> FigureSpec:
    """Draw what applying softmax twice costs in test accuracy, at both learning rates."""
    rows = [
        difference_row(label, arm_of(records, arm), arm_of(records, baseline), final_accuracy)
        for label, arm, baseline in (
            ("at the notebook's rate", "as_published", "from_logits"),
            ("each rate tuned", "tuned_published", "tuned_logits"),
        )
    ]
    return FigureSpec(
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
        records=arm_of(records, "as_published").records + arm_of(records, "from_logits").records,
    )


@answer.table("part1-milestones")
def milestones(records: Records, findings: Findings) -> TableSpec:
    """List both arms' losses and accuracies at a few epochs."""
    rows: list[list[str | float | int]] = []
    arms = {"softmax twice": arm_of(records, "as_published"), "from logits": arm_of(records, "from_logits")}
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
    return TableSpec(
        caption="Means over seeds. The two losses are on different scales and can't be compared with each other.",
        columns=["loss", "epoch", "training loss (nats)", "test loss (nats)", "test accuracy (%)"],
        rows=rows,
        records=tuple(id for arm in arms.values() for id in arm.records),
    )


@answer.figure("part1-card")
def card(records: Records, findings: Findings) -> FigureSpec:
    """Draw the published loss alone, small."""
    whole = loss_curves(records, findings)
    assert isinstance(whole.chart, LineChart)  # noqa: S101 - narrows the type
    return FigureSpec(
        chart=LineChart(panels=[whole.chart.panels[0]]),
        title=whole.title,
        alt=whole.alt,
        caption="",
        records=whole.records,
    )
