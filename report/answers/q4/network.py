"""Question 4: a drawing of the network."""

from __future__ import annotations

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import Layer, NetworkDrawing
from report.answers.q4 import answer
from report.record.reader import Records


@answer.figure("q4-network")
def network(records: Records, findings: Findings) -> FigureSpec:
    """Draw the network 784-128-10 with its softmax and its loss."""
    return FigureSpec(
        chart=NetworkDrawing(
            layers=[
                Layer(units=784, label="784 pixels of an image"),
                Layer(
                    units=128,
                    label="128 hidden units",
                    computed_by=f"weighted sum of all pixels, then ReLU: {784 * 128 + 128:,} parameters",
                    is_dense=True,
                ),
                Layer(
                    units=10,
                    label="10 logits, one for each class",
                    computed_by=f"weighted sum of all units: {128 * 10 + 10:,} parameters",
                    is_dense=True,
                ),
                Layer(units=10, label="10 probabilities", computed_by="softmax"),
                Layer(units=1, label="the loss of this image", computed_by="cross-entropy, with the true class"),
            ]
        ),
        title="The network 784-128-10 turns an image into ten logits; softmax turns them into probabilities",
        alt=(
            "Five rows from top to bottom. 784 pixels; every one is linked to each of 128 hidden units, and every unit to each of "
            "10 logits. One arrow, softmax, leads from the logits to 10 probabilities, and one, cross-entropy with the true class, "
            "from these to the loss, a single number."
        ),
        caption=(
            "A drawing: each circle is a number, each line a weight, and most circles of the two upper rows are left out. PyTorch's CrossEntropyLoss "
            "computes the last two steps, so the network itself ends with the logits. Without the row of hidden units it is softmax regression."
        ),
    )
