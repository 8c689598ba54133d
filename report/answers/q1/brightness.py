"""Question 1, the regression task: the brightness of an image's lower half from its upper half."""

from __future__ import annotations

from typing import Any

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, table_of
from report.answers.charts import Series, line_chart
from report.answers.curves import PERCENT, middle_and_range
from report.answers.intervals import by_sign
from report.answers.q1 import answer
from report.answers.q1.classifiers import Floats
from report.conclude.bootstrap import bootstrap
from report.conclude.statistics import Estimate
from report.experiments.linear_fits import BrightnessResults
from report.experiments.predictions import unpacked
from report.record.reader import Records

NUM_GROUPS = 20


def _task(records: Records) -> BrightnessResults:
    return records.arm("regression", "brightness", BrightnessResults).results[0]


def _squared_errors(records: Records) -> tuple[Floats, Floats]:
    """Return each test image's squared error, of least squares and of the training mean, in grey levels squared."""
    task = _task(records)
    truth = unpacked(task.truth)
    return (truth - unpacked(task.predicted)) ** 2, (truth - task.training_mean) ** 2


def variance_explained(records: Records) -> Estimate:
    """Estimate R² on the test images, against predicting the training mean."""
    return bootstrap(_squared_errors(records), _share_explained, unit="percent", n_of="test images", paired=True)


def _share_explained(fitted: Floats, mean: Floats) -> Any:
    return PERCENT * (1 - fitted.sum(-1) / mean.sum(-1))


def _root_mean(squared: Floats) -> Any:
    return np.sqrt(squared.mean(-1))


@answer.number("brightness-error", 0)
@answer.number("brightness-error-of-mean", 1)
def brightness_error(records: Records, prediction: int) -> Estimate:
    """Estimate the root mean squared error of least squares or of predicting the training mean."""
    squared = _squared_errors(records)[prediction]
    return bootstrap([squared], _root_mean, unit="grey levels", n_of="test images", paired=False)


@answer.figure("q1-brightness")
def brightness(records: Records, findings: Findings) -> FigureSpec:
    """Draw true against predicted brightness."""
    task = _task(records)
    truth, predicted = unpacked(task.truth), unpacked(task.predicted)
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(NUM_GROUPS, len(truth)))
    grouped = {predicted[group].mean(): truth[group] for group in groups}
    ends = [float(predicted.min()), float(predicted.max())]
    r_squared = variance_explained(records)
    return FigureSpec(
        chart=line_chart(
            Series(label="perfect prediction", x=ends, y=ends, role="reference"),
            middle_and_range("mean of the truth", grouped, ends=(0.1, 0.9)),
            x_label="predicted brightness of the lower half (grey levels)",
            y_label="true brightness (grey levels)",
        ),
        title=by_sign(
            findings["Q1.3"],
            r_squared,
            above="From the upper half of an image, least squares predicts the brightness of the lower",
            below="Least squares predicts the brightness of the lower half worse than its mean does",
            neither="Least squares is not clearly better or worse than predicting the mean",
            withheld="Predicted and true brightness of the lower half",
        ),
        alt=(
            f"True against predicted mean brightness of the lower half, in {len(groups)} groups of test images. Least squares explains "
            f"{r_squared.value:.1f} % of the variance about the training mean of {task.training_mean:.0f} grey levels."
        ),
        caption=(
            f"{len(truth):,} test images in {len(groups)} groups of equal size by predicted brightness, 0 black to 255 white. "
            "Line: mean of the truth; band: from its 10th to its 90th percentile; thin line: perfect prediction."
        ),
    )


@answer.table("q1-brightness-errors")
def brightness_table(records: Records, findings: Findings) -> TableSpec:
    """List the errors of least squares and of the training mean on the brightness task."""
    errors = dict(zip(("least squares", "training mean"), _squared_errors(records), strict=True))
    variance = errors["training mean"].sum()
    return table_of(
        errors,
        {
            "prediction": str,
            "root mean squared error (grey levels)": lambda name: float(np.sqrt(errors[name].mean())),
            "mean absolute error (grey levels)": lambda name: float(np.sqrt(errors[name]).mean()),
            "R² (%)": lambda name: PERCENT * float(1 - errors[name].sum() / variance),
        },
        title="Errors in predicting brightness",
        caption="Mean brightness of the lower half of a test image, predicted from the upper half. Grey levels run from 0 to 255.",
    )
