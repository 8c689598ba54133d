"""The data page: what the images are, and where they came from."""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="data",
    title="Data",
    experiments=("images",),
    headline="shared",
    headline_label="test images among the training images",
    answers_notebook=False,
)
