"""The data page: what the images are, and where they came from."""

from __future__ import annotations

from fmnist_ref import CLASS_NAMES, DATA_SHA256
from report.answers.answer import FigureSpec, Findings, TableSpec, table_of
from report.answers.charts import ImageGrid, Tile
from report.answers.data import answer
from report.conclude.statistics import Estimate, exact
from report.experiments.images import ImagesResults
from report.record.reader import Records

PIXELS = 28 * 28


def _census(records: Records) -> ImagesResults:
    return records.arm("images", "census", ImagesResults).results[0]


@answer.number("train-duplicates", "train_duplicates", "duplicates")
@answer.number("test-duplicates", "test_duplicates", "duplicates")
@answer.number("shared", "shared", "images")
@answer.number("mean-grey", "mean_grey", "grey levels", 1.0, 1)
@answer.number("deviation-grey", "deviation_grey", "grey levels", 1.0, 1)
@answer.number("zeros", "share_of_zeros", "percent", 100.0, 1)
def counted(records: Records, field: str, unit: str, scale: float = 1.0, digits: int = 0) -> Estimate:
    """Return a figure that has no uncertainty: a count over the whole data set."""
    census = _census(records)
    n = sum(census.train_per_class) + sum(census.test_per_class)
    value = getattr(census, field) * scale
    return exact(value, unit=unit, n=n, n_of="images", method="counted over all images", digits=digits)


@answer.figure("data-samples")
def samples(records: Records, findings: Findings) -> FigureSpec:
    """Show the first training images of every class."""
    tiles = [
        Tile(pixels=[float(v) for v in pixels[i * PIXELS : (i + 1) * PIXELS]], caption=name if i == 0 else "")
        for name, pixels in zip(CLASS_NAMES, _census(records).samples, strict=True)
        for i in range(2)
    ]
    return FigureSpec(
        chart=ImageGrid(tiles=tiles, columns=4),
        title="Ten classes of clothing, in 28 × 28 grey pixels",
        alt="Two training images of each class: " + ", ".join(CLASS_NAMES) + ".",
        caption="The first two training images of each class, in the order of the files. 0 is drawn black.",
    )


@answer.table("data-classes")
def classes(records: Records, findings: Findings) -> TableSpec:
    """List the classes with their images."""
    census = _census(records)
    return table_of(
        range(len(CLASS_NAMES)),
        {
            "class": lambda label: CLASS_NAMES[label],
            "label": int,
            "training images": lambda label: census.train_per_class[label],
            "test images": lambda label: census.test_per_class[label],
        },
        title="Images per class",
        caption="Every class has as many images as any other.",
    )


@answer.table("data-checksums")
def checksums(records: Records, findings: Findings) -> TableSpec:
    """List the checksums that every source has to match."""
    return TableSpec(
        title="Checksums of the files",
        caption="SHA-256 of the uncompressed files. Loading fails unless they match.",
        columns=["file", "SHA-256"],
        rows=[[name, checksum] for name, checksum in DATA_SHA256.items()],
        records=records.arm("images", "census", ImagesResults).records,
    )
