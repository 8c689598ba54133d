"""Publish a report: verdicts, pages and site from the records of its plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec

from report.conclude.verdicts import Finding
from report.plan import Profile, Run
from report.publish import site
from report.record.files import write_if_changed
from report.record.reader import Records
from report.record.store import Record, RecordStore, encode
from report.render import pages
from report.render.markdown import Completeness


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report: its plan, its records, and the folder that it is published in."""

    output: Path
    profile: Profile
    planned: list[Run]
    store: RecordStore
    data_source: str
    """Kind of source of the images."""
    timings: tuple[Record, ...] = ()
    """Records of an accelerator, made on another machine."""

    def write(self) -> dict[str, Finding]:
        """Write verdicts and the source of all pages from the records that exist; return the findings."""
        output = self.output.resolve()
        records = Records(self.store, self.planned, self.timings)
        measurements = pages.measure(records, self.profile.name)
        verdicts = msgspec.json.encode(list(measurements.findings.values()))
        write_if_changed(output / "verdicts.json", msgspec.json.format(verdicts, indent=1))
        self._publish_records(output / "source" / "published" / "records")
        about = site.about(self.profile.device, self.data_source, self.store.data_sha256)
        pages.write_source(output / "source", records, measurements, self.completeness(), about)
        return measurements.findings

    def build(self, run_sphinx: site.RunSphinx, *, incremental: bool = False) -> Path:
        """Build the site from the source that `write` has written, as `site.build` does; return the path of its first page."""
        output = self.output.resolve()
        return site.build(output / "source", output, incremental=incremental, run_sphinx=run_sphinx)

    def completeness(self) -> Completeness:
        """Count the runs that have a record, and the planned seeds of every experiment."""
        several: dict[str, list[int]] = {}
        arms = Counter((run.experiment, run.arm) for run in self.planned if run.role == "main")
        for (experiment, _), num_seeds in arms.items():
            if num_seeds > 1:
                several.setdefault(experiment, []).append(num_seeds)
        return Completeness(
            profile=self.profile.name,
            runs_done=sum(self.store.status(run).state == "done" for run in self.planned),
            runs_planned=len(self.planned),
            seeds={experiment: (min(counts), max(counts)) for experiment, counts in several.items()},
        )

    def _publish_records(self, folder: Path) -> None:
        self.store.publish(self.planned, folder)
        for record in self.timings:
            write_if_changed(folder / f"{record.run}.json", encode(record))
