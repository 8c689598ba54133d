"""How the time and size of the pages grow with the records that they are made of."""

from __future__ import annotations

from report.answers.base import FigureContent, Findings, Records
from report.charts import LineChart, Panel, Series
from report.experiments.rendering import RenderingResults


def _rendering(records: Records) -> tuple[RenderingResults, tuple[str, ...]]:
    arm = records.arm("rendering", "pages", RenderingResults)
    return arm.results[0], arm.records


def rendering(records: Records, findings: Findings) -> FigureContent:
    """Draw the seconds of writing all pages, and the bytes on disk, against the number of records."""
    del findings
    results, ids = _rendering(records)
    x = [float(size) for size in results.num_records]
    megabytes = {content: [size / 1e6 for size in sizes] for content, sizes in results.written_bytes.items()}
    more, longer = x[-1] / x[0], results.seconds[-1] / results.seconds[0]
    return FigureContent(
        chart=LineChart(
            panels=[
                Panel(
                    series=[Series(label="writing all pages", x=x, y=results.seconds)],
                    x_label="records",
                    y_label="seconds",
                ),
                Panel(
                    series=[Series(label=content, x=x, y=sizes) for content, sizes in megabytes.items()],
                    x_label="records",
                    y_label="megabytes",
                ),
            ]
        ),
        title=f"With {more:.0f} times the records, the pages take {longer:.1f} times as long to write",
        alt="By records: "
        + "; ".join(
            f"{size:,.0f}, {seconds:.0f} s, " + " and ".join(f"{megabytes[c][i]:.1f} MB of {c}" for c in megabytes)
            for i, (size, seconds) in enumerate(zip(x, results.seconds, strict=True))
        )
        + ".",
        caption=(
            "The first seed's records copied under other seeds, up to "
            f"{results.num_seeds[-1]:,} of them, and everything written anew: figures, tables, text. Once for each size; Sphinx "
            "comes after and has as many pages to read at any size."
        ),
        records=ids,
    )
