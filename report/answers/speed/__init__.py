"""Speed: the reference loop against the notebook's, scikit-learn's and the floor, and where its time goes."""

from __future__ import annotations

from report.answers.answer import Answer

answer = Answer(
    name="speed",
    title="Speed",
    experiments=("speed",),
    headline="notebook-over-fit",
    headline_label="the notebook's epoch over fit's",
    answers_notebook=False,
)
