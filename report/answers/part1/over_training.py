"""Part 1, the test loss: whether it falls with the training loss, early and late."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings, by_verdict, names_of
from report.answers.charts import LineChart, Panel
from report.answers.curves import PERCENT, at_the_end, band
from report.answers.part1 import answer
from report.answers.part1.loss import training_and_test
from report.answers.trained import FALL, curves_from_logits, slopes
from report.conclude.interval_rules import Below
from report.conclude.rules import Conditions
from report.conclude.statistics import Estimate
from report.record.reader import Records

SPANS = ((11, 40), (61, 100))
"""First and last epochs between which slopes are taken: chosen when seeds 0 to 4 and some thirty other runs had been seen."""


@answer.claim(
    "P1.3",
    "A lower training loss means a better model.",
    Conditions({f"epochs {first} to {last}": Below(FALL) for first, last in SPANS}),
    origin="implied",
    place="Part 1, task",
    note="“Better” here means a lower test loss; a fall of less than 0.003 nats per ten epochs counts as none. From logits the training loss falls in both spans. Q3.5 tests the accuracy.",
)
def slopes_of_test_loss(records: Records) -> tuple[Estimate, ...]:
    """Slope of the test loss over epochs {span1} and {span2}, trained from logits."""
    return slopes(records, lambda curve: curve.test_loss, SPANS, unit="nats per ten epochs")


@answer.number("slopes-of-training-loss")
def slopes_of_training_loss(records: Records) -> tuple[Estimate, ...]:
    """Estimate the slope of the training loss over the same spans."""
    return slopes(records, lambda curve: curve.running_loss, SPANS, unit="nats per ten epochs")


@answer.number("slopes-of-accuracy")
def slopes_of_accuracy(records: Records) -> tuple[Estimate, ...]:
    """Estimate the slope of test accuracy over the same spans."""
    return slopes(
        records, lambda curve: curve.test_accuracy, SPANS, unit="percentage points per ten epochs", scale=PERCENT
    )


@answer.figure("part1-over-training")
def over_training(records: Records, findings: Findings) -> FigureSpec:
    """Draw training and test loss from logits, and the test loss after epoch 40 on a scale of its own."""
    arm, claim = curves_from_logits(records), findings["P1.3"]
    num_epochs = len(arm.results[0].test_loss)
    both = training_and_test(arm.results)
    after = band("test", arm.results, lambda c: c.test_loss, after=SPANS[0][1])
    enlarged = Panel(series=[after], x_label="epoch", y_label="test cross-entropy, enlarged (nats)")
    return FigureSpec(
        chart=LineChart(panels=[both, enlarged] if after.x else [both]),
        title=by_verdict(
            claim,
            supported="The test loss is still falling when training stops",
            refuted="The test loss does not fall with the training loss",
            depends=f"The test loss falls with the training loss over {names_of(claim, 'supported')}, not over {names_of(claim, 'refuted')}",
            withheld="Training and test loss by epoch, from logits",
        ),
        alt=(
            f"Training loss falls to {arm.mean(lambda c: c.running_loss[-1]):.2f} nats over {num_epochs} epochs. Test loss "
            f"is {arm.mean(lambda c: c.test_loss[min(SPANS[0][1], num_epochs) - 1]):.3f} nats at epoch "
            f"{min(SPANS[0][1], num_epochs)} and {arm.mean(lambda c: at_the_end(c.test_loss)):.3f} on average over "
            "the last epochs."
        ),
        caption=f"From logits, SGD at 0.01, batch size 64. The line is the mean of {len(arm.results)} seeds, the band their range.",
    )
