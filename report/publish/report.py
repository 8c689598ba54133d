"""Publish: from the records of one plan to verdicts, pages and site."""

from __future__ import annotations

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


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What came of publishing."""

    findings: dict[str, Finding]
    index: Path | None
    """The site's first page; None if the site could not be built."""
    problem: str = ""
    """Why not."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report: its plan, its records, and where they are published."""

    output: Path
    profile: Profile
    planned: list[Run]
    store: RecordStore
    data_source: str
    """Kind of source that the images came from."""
    timings: tuple[Record, ...] = ()
    """Records of an accelerator, made on another machine."""

    def publish(self) -> Published:
        """Write verdicts, pages and site from the records there are."""
        findings = self.write()
        output = self.output.resolve()
        try:
            index = site.build(output / "source", output)
        except site.BuildError as problem:
            return Published(findings=findings, index=None, problem=str(problem))
        return Published(findings=findings, index=index)

    def write(self) -> dict[str, Finding]:
        """Write verdicts and pages, of which Sphinx then makes the site."""
        output = self.output.resolve()
        records = Records(self.store, self.planned, self.timings)
        measurements = pages.measure(records, self.profile.name)
        verdicts = msgspec.json.encode(list(measurements.findings.values()))
        write_if_changed(output / "verdicts.json", msgspec.json.format(verdicts, indent=1))
        self._publish_records(output / "source" / "published" / "records")
        about = site.about(self.profile.device, self.data_source, self.store.data_sha256)
        pages.write_source(output / "source", records, measurements, self.completeness(), about)
        return measurements.findings

    def completeness(self) -> Completeness:
        """Say how many of the seeds are complete; what measures time has no seeds, and its pages say if it is missing."""
        trained = [run for run in self.planned if not run.exclusive]
        open_seeds = {run.seed for run in trained if self.store.status(run).state != "done"}
        done = sum(seed not in open_seeds for seed in range(self.profile.seeds))
        return Completeness(profile=self.profile.name, seeds_done=done, seeds_planned=self.profile.seeds)

    def _publish_records(self, folder: Path) -> None:
        self.store.publish(self.planned, folder)
        for record in self.timings:
            write_if_changed(folder / f"{record.run}.json", encode(record))
