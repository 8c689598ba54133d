"""The data page: what the images are, and where they came from."""

from __future__ import annotations

from fmnist_ref import CLASS_NAMES, DATA_SHA256
from report.answers.answer import Estimator, FigureSpec, Findings, TableSpec
from report.answers.charts import ImageGrid, Tile
from report.answers.data import answer
from report.conclude.statistics import Estimate
from report.experiments.images import ImagesResults
from report.record.reader import Arm, Records

PIXELS = 28 * 28


def _census(records: Records) -> Arm[ImagesResults]:
    return records.arm("images", "census", ImagesResults)


def _exact(field: str, unit: str, scale: float = 1.0, digits: int = 0) -> Estimator:
    """Make a measure of a figure that has no uncertainty: a count over the whole data set."""

    def measure(records: Records) -> Estimate:
        arm = _census(records)
        return Estimate(
            value=getattr(arm.results[0], field) * scale,
            unit=unit,
            n=sum(arm.results[0].train_per_class) + sum(arm.results[0].test_per_class),
            n_of="images",
            method="counted over all images",
            digits=digits,
            records=arm.records,
        )

    return measure


@answer.figure("data-samples")
def samples(records: Records, findings: Findings) -> FigureSpec:
    """Show the first training images of every class."""
    arm = _census(records)
    tiles = [
        Tile(pixels=[float(v) for v in pixels[i * PIXELS : (i + 1) * PIXELS]], caption=name if i == 0 else "")
        for name, pixels in zip(CLASS_NAMES, arm.results[0].samples, strict=True)
        for i in range(2)
    ]
    return FigureSpec(
        chart=ImageGrid(tiles=tiles, columns=4),
        title="Ten classes of clothing, in 28 × 28 grey pixels",
        alt="Two training images of each class: " + ", ".join(CLASS_NAMES) + ".",
        caption="The first two training images of each class, in the order of the files. 0 is drawn black.",
        records=arm.records,
    )


@answer.table("data-classes")
def classes(records: Records, findings: Findings) -> TableSpec:
    """List the classes with their images."""
    census = _census(records).results[0]
    return TableSpec(
        title="Images per class",
        caption="Every class has as many images as any other.",
        columns=["class", "label", "training images", "test images"],
        rows=[
            [name, label, census.train_per_class[label], census.test_per_class[label]]
            for label, name in enumerate(CLASS_NAMES)
        ],
        records=_census(records).records,
    )


@answer.table("data-checksums")
def checksums(records: Records, findings: Findings) -> TableSpec:
    """List the checksums that every source has to match."""
    return TableSpec(
        title="Checksums of the files",
        caption="SHA-256 of the uncompressed files. Loading fails unless they match.",
        columns=["file", "SHA-256"],
        rows=[[name, checksum] for name, checksum in DATA_SHA256.items()],
        records=_census(records).records,
    )


for name, field, unit, scale, digits in (
    ("train-duplicates", "train_duplicates", "duplicates", 1.0, 0),
    ("test-duplicates", "test_duplicates", "duplicates", 1.0, 0),
    ("shared", "shared", "images", 1.0, 0),
    ("mean-grey", "mean_grey", "grey levels", 1.0, 1),
    ("deviation-grey", "deviation_grey", "grey levels", 1.0, 1),
    ("zeros", "share_of_zeros", "percent", 100.0, 1),
):
    answer.number(name)(_exact(field, unit, scale, digits))
