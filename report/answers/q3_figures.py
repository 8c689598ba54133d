"""What question 3 shows: the majority rule, loss against error, calibration, and the mistakes."""

from __future__ import annotations

import numpy as np

from fmnist_ref import CLASS_NAMES
from report.answers.base import Arm, FigureContent, Findings, Records, TableContent, by_verdict
from report.answers.classes import in_a_sentence
from report.answers.curves import PERCENT, band
from report.answers.intervals import by_sign, row
from report.answers.q3_measures import (
    confidence_minus_accuracy,
    on_imbalance,
    split,
    trained,
)
from report.charts import (
    ImageGrid,
    IntervalChart,
    IntervalRow,
    LineChart,
    MatrixChart,
    Panel,
    Series,
    Tile,
)
from report.experiments.epochs import EpochsResults
from report.experiments.imbalance import ImbalanceResults

RULES = {
    "majority rule": "majority",
    "trained network": "trained",
    "trained, classes weighted": "weighted",
}


def imbalance(records: Records, findings: Findings) -> FigureContent:
    """Draw accuracy and balanced accuracy of the majority rule and of two networks."""
    rows: list[IntervalRow] = []
    ids: tuple[str, ...] = ()
    for measure_name, value in (
        ("accuracy", lambda run: run.accuracy),
        ("balanced accuracy", lambda run: run.balanced_accuracy),
    ):
        for label, name in RULES.items():
            arm = records.arm("imbalance", name, ImbalanceResults)
            estimate = on_imbalance(name, value)(records)
            drawn = row(f"{measure_name}: {label}", estimate)
            points = arm.values(lambda run, value=value: PERCENT * value(run))  # type: ignore[misc]
            rows.append(
                IntervalRow(label=drawn.label, value=drawn.value, low=drawn.low, high=drawn.high, points=points)
            )
            ids = tuple(dict.fromkeys(ids + arm.records))
    return FigureContent(
        chart=IntervalChart(rows=rows, x_label="test images at 99 to 1 (%)", zero=None),
        title=by_verdict(
            findings["Q3.3"],
            supported="A rule that looks at no image is almost always right; balanced accuracy sees through it",
            refuted="Accuracy alone shows that the majority rule is worthless here",
            undetermined="Whether accuracy hides that the majority rule is worthless is not settled",
            withheld="Accuracy and balanced accuracy at 99 to 1",
        ),
        alt="At 99 to 1: " + "; ".join(f"{r.label}, {r.value:.1f} %" for r in rows) + ".",
        caption=(
            "Shirts (1 %) against all other kinds, test images drawn in the same proportion. Dot and bar: mean over seeds with "
            "its 95 % interval; small dots: single seeds. Balanced accuracy is the mean of the two classes' own accuracies."
        ),
        records=ids,
    )


def loss_and_error(records: Records, findings: Findings) -> FigureContent:
    """Draw test loss and test error over the epochs, in two panels."""
    arm = trained(records)
    curves = [run.curve for run in arm.results]
    lowest = float(np.mean([np.argmin(curve.test_loss) + 1 for curve in curves]))
    panels = []
    for series, label in (
        (band("test", curves, lambda c: c.test_loss), "test cross-entropy (nats)"),
        (band("test", curves, lambda c: [1 - a for a in c.test_accuracy], PERCENT), "test images not recognised (%)"),
    ):
        ends = [min(series.low or series.y), max(series.high or series.y)]
        mark = Series(label="lowest loss", x=[lowest, lowest], y=ends, role="reference")
        panels.append(Panel(series=[series, mark], x_label="epoch", y_label=label))
    return FigureContent(
        chart=LineChart(panels=panels),
        title=by_verdict(
            findings["Q3.5"],
            supported="Test loss and test error fall and rise together",
            refuted="Beyond its minimum the test loss no longer says how many images are recognised",
            undetermined="Up to its minimum the test loss goes with the error; beyond it, that is not settled",
            withheld="Test loss and test error by epoch",
        ),
        alt=(
            f"Two panels over {len(curves[0].test_loss)} epochs. The test loss is lowest at epoch {lowest:.0f} on average and ends at "
            f"{np.mean([c.test_loss[-1] for c in curves]):.3f} nats; the test error is "
            f"{np.mean([PERCENT * (1 - c.test_accuracy[int(np.argmin(c.test_loss))]) for c in curves]):.1f} % there and "
            f"{np.mean([PERCENT * (1 - c.test_accuracy[-1]) for c in curves]):.1f} % at the end."
        ),
        caption=(
            f"784-128-10 network from logits, SGD at 0.01, batch size 64, {len(curves)} seeds. Line: mean; band: range over seeds; "
            "thin line: mean epoch of the lowest test loss."
        ),
        records=arm.records,
    )


def calibration(records: Records, findings: Findings) -> FigureContent:
    """Draw the reliability diagram of the trained network and of the notebook's."""
    arms = {
        "from logits": trained(records),
        "as published": records.arm("epochs", "as_published", EpochsResults),
    }
    gap = confidence_minus_accuracy("from_logits")(records)
    series = [Series(label="as sure as right", x=[0.0, 100.0], y=[0.0, 100.0], role="reference")]
    series += [_reliability(label, arm) for label, arm in arms.items()]
    errors = {
        label: PERCENT * float(np.mean(arm.values(lambda run: run.inspection.calibration_error)))
        for label, arm in arms.items()
    }
    return FigureContent(
        chart=LineChart(
            panels=[Panel(series=series, x_label="confidence (%)", y_label="share of these images recognised (%)")]
        ),
        title=by_sign(
            findings["Q3.5"],
            gap,
            above="At the end of training the network is surer than it is right",
            below="At the end of training the network is right more often than it is sure",
            neither="At the end of training the network is as sure as it is right",
            withheld="Confidence and accuracy at the end of training",
        ),
        alt="Accuracy against confidence in bins of confidence. Expected calibration error, mean over seeds: "
        + ", ".join(f"{label} {error:.1f} points" for label, error in errors.items())
        + f". Mean confidence minus accuracy from logits: {gap.value:+.1f} points.",
        caption=(
            f"Test images of all {len(arms['from logits'].results)} seeds, in bins of the largest probability, empty ones left out. "
            "As published: the softmax outputs that the notebook's network gives. Thin line: as sure as right."
        ),
        records=tuple(id for arm in arms.values() for id in arm.records),
    )


def _reliability(label: str, arm: Arm[EpochsResults], num_bins: int = 15) -> Series:
    """Pool the seeds' bins, weighted by their images."""
    sums = np.zeros((3, num_bins))  # confidence, accuracy, images
    for run in arm.results:
        inspection = run.inspection
        for confidence, accuracy, number in zip(
            inspection.bin_confidence, inspection.bin_accuracy, inspection.bin_count, strict=True
        ):
            place = min(num_bins - 1, max(0, int(np.ceil(confidence * num_bins)) - 1))
            sums[:, place] += (confidence * number, accuracy * number, number)
    filled = sums[2] > 0
    confidence, accuracy = PERCENT * sums[:2, filled] / sums[2, filled]
    return Series(label=label, x=confidence.tolist(), y=accuracy.tolist())


def confusion(records: Records, findings: Findings) -> FigureContent:
    """Draw which classes the trained network takes for which."""
    arm = trained(records)
    mean = np.mean([run.inspection.confusion for run in arm.results], axis=0)
    wrong = mean - np.diag(np.diag(mean))
    true, taken = divmod(int(wrong.argmax()), len(mean))
    return FigureContent(
        chart=MatrixChart(
            rows=list(CLASS_NAMES),
            columns=list(CLASS_NAMES),
            values=mean.round().tolist(),
            x_label="predicted class",
            y_label="true class",
        ),
        title=f"The commonest mistake: {in_a_sentence(true)} taken for {in_a_sentence(taken)}",
        alt=(
            f"Confusion matrix, {mean.sum():,.0f} test images. Of {mean[true].sum():,.0f} images of the class "
            f"{in_a_sentence(true)}, {wrong[true, taken]:.0f} are taken for {in_a_sentence(taken)}; "
            f"{PERCENT * np.trace(mean) / mean.sum():.1f} % of all images lie on the diagonal."
        ),
        caption=(
            f"Test images by true and predicted class after the last epoch, from logits; mean over {len(arm.results)} seeds, rounded."
        ),
        records=arm.records,
    )


def mistakes(records: Records, findings: Findings) -> FigureContent:
    """Show the test images on which the trained network is most confidently wrong."""
    arm = trained(records)
    shown = arm.results[0].inspection.mistakes
    surest = [PERCENT * mistake.probability for mistake in shown]
    return FigureContent(
        chart=ImageGrid(
            tiles=[
                Tile(
                    pixels=[float(grey) for grey in mistake.pixels],
                    caption=f"{in_a_sentence(mistake.label)} → {in_a_sentence(mistake.predicted)}, "
                    f"{_percent(PERCENT * mistake.probability)}",
                )
                for mistake in shown
            ],
            columns=4,
        ),
        title=f"The {len(shown)} surest mistakes, made at {_percent(min(surest))} and more",
        alt="Test images with label and, after the arrow, what the network took them for: "
        + "; ".join(f"{in_a_sentence(m.label)} taken for {in_a_sentence(m.predicted)}" for m in shown)
        + ".",
        caption=(
            "Label → prediction, and the probability that the network gives its prediction; first seed, last epoch. A label, too, "
            "can be wrong."
        ),
        records=arm.records[:1],
    )


def _percent(value: float) -> str:
    """Write a probability so that only certainty is 100 %."""
    return next(
        (f"{value:.{d}f} %" for d in range(7) if value == 100 or float(f"{value:.{d}f}") < 100), "> 99.999999 %"
    )


def rules(records: Records, findings: Findings) -> TableContent:
    """List every score of the three rules at 99 to 1."""
    rows: list[list[str | float | int]] = []
    ids: tuple[str, ...] = ()
    for label, name in RULES.items():
        arm = records.arm("imbalance", name, ImbalanceResults)
        ids += arm.records
        found = [sum(run.confusion[1][1] for run in arm.results), sum(sum(run.confusion[1]) for run in arm.results)]
        rows.append(
            [
                label,
                PERCENT * float(np.mean(arm.values(lambda run: run.accuracy))),
                PERCENT * float(np.mean(arm.values(lambda run: run.balanced_accuracy))),
                f"{found[0]} of {found[1]}",
                float(np.mean(arm.values(lambda run: run.cross_entropy))),
                float(np.mean(arm.values(lambda run: run.roc_auc))),
                PERCENT * float(np.mean(arm.values(lambda run: run.average_precision))),
            ]
        )
    return TableContent(
        caption=(
            "Means over seeds; rare images found are summed over them. The majority rule gives every image the training share of the rare "
            "class, so its cross-entropy is the entropy of the shares: low, and yet without any knowledge of the image."
        ),
        columns=[
            "rule",
            "accuracy (%)",
            "balanced accuracy (%)",
            "rare images found",
            "cross-entropy (nats)",
            "area under ROC",
            "average precision (%)",
        ],
        rows=rows,
        records=ids,
    )


def spans(records: Records, findings: Findings) -> TableContent:
    """List, per seed, the epoch of lowest test loss and what happens after it."""
    arm = trained(records)
    rows: list[list[str | float | int]] = []
    for seed, run in sorted(arm.by_seed.items()):
        (before, _), (after, error) = split(run.curve)
        rows.append(
            [
                f"seed {seed}",
                len(before),
                len(after),
                min(run.curve.test_loss),
                run.curve.test_loss[-1],
                PERCENT * (1 - run.curve.test_accuracy[len(before) - 1]),
                PERCENT * (error[-1] if after else 1 - run.curve.test_accuracy[-1]),
            ]
        )
    return TableContent(
        caption="Test images, 784-128-10 network from logits: where the loss is lowest, and the last epoch.",
        columns=[
            "run",
            "epoch of lowest loss",
            "epochs after it",
            "lowest test loss (nats)",
            "last test loss (nats)",
            "error at the lowest loss (%)",
            "last error (%)",
        ],
        rows=rows,
        records=arm.records,
    )


def card(records: Records, findings: Findings) -> FigureContent:
    """Draw the majority rule alone, small."""
    whole = imbalance(records, findings)
    chart = whole.chart
    assert isinstance(chart, IntervalChart)  # noqa: S101 - narrows the type
    small = [
        IntervalRow(label=r.label, value=r.value, low=r.low, high=r.high) for r in chart.rows if "majority" in r.label
    ]
    return FigureContent(
        chart=IntervalChart(rows=small, x_label="%", zero=None),
        title=whole.title,
        alt=whole.alt,
        caption="",
        records=whole.records,
    )
