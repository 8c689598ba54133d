"""Question 5: a drawing of the training step."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import CycleDrawing, CycleStep
from report.answers.q5 import answer
from report.record.reader import Records

STEPS = {
    "Take the next batch": "for data, target in train_loader",
    "Clear the old gradient": "optimizer.zero_grad()",
    "Forward pass: predict": "output = model(data)",
    "Measure the loss": "loss = criterion(output, target)",
    "Backward pass: find the gradient": "loss.backward()",
    "Update the weights": "optimizer.step()",
}
"""What is done, with the line of code that does it."""


@answer.figure("q5-step")
def training_step(records: Records, findings: Findings) -> FigureSpec:
    """Draw one training step as a cycle."""
    return FigureSpec(
        chart=CycleDrawing(steps=[CycleStep(label=label, code=code) for label, code in STEPS.items()]),
        title="A training step is a cycle of six lines, and an epoch goes through it 938 times",
        alt=(
            "Six boxes in a ring, with an arrow from each to the next: "
            + "; ".join(f"{number}. {label}, {code}" for number, (label, code) in enumerate(STEPS.items(), start=1))
            + ". The last arrow leads back to the first box."
        ),
        caption=(
            "A drawing of the notebook's loop. Only the last line changes the weights. Clearing the gradient may also come after the update, "
            "but not between the backward pass and the update. 60,000 images in batches of 64 make 938 steps."
        ),
        records=(),
    )
