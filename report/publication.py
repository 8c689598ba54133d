"""Publish: from the records of one plan to verdicts, pages and site."""

from __future__ import annotations

from pathlib import Path

import msgspec

from report import pages, site
from report.answers.base import Records
from report.conclude import Finding
from report.experiments.base import Profile, Run
from report.files import write_if_changed
from report.memory import Memory
from report.plan import measures_time
from report.records import Record, RecordStore, encode
from report.rendering import Extent


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What came of publishing."""

    findings: dict[str, Finding]
    index: Path | None
    """The site's first page; None if the site could not be built."""
    problem: str = ""
    """Why not."""


class Edition(msgspec.Struct, frozen=True, kw_only=True):
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
        memory = Memory(output / ".memory", records.fingerprint)
        composition = pages.measure(records, self.profile.name, memory)
        write_if_changed(output / "verdicts.json", _verdicts(composition.findings))
        self._publish_records(output / "source" / "published" / "records")
        about = site.about(self.profile.device, self.data_source, self.store.data_sha256)
        pages.write_source(output / "source", records, composition, self.extent(), about, memory)
        return composition.findings

    def extent(self) -> Extent:
        """Say how many of the seeds are complete; what measures time has no seeds, and its pages say if it is missing."""
        trained = [run for run in self.planned if not measures_time(run)]
        open_seeds = {run.seed for run in trained if self.store.standing(run).state != "done"}
        done = sum(seed not in open_seeds for seed in range(self.profile.seeds))
        return Extent(profile=self.profile.name, seeds_done=done, seeds_planned=self.profile.seeds)

    def _publish_records(self, folder: Path) -> None:
        self.store.publish(self.planned, folder)
        for record in self.timings:
            write_if_changed(folder / f"{record.run}.json", encode(record))


def _verdicts(findings: dict[str, Finding]) -> bytes:
    entries = [
        {
            "id": id,
            "kind": finding.claim.kind,
            "verdict": finding.verdict,
            "survives_holm": finding.survives_holm,
            "estimates": [
                {
                    "estimate": estimate.value,
                    "interval": [estimate.low, estimate.high],
                    "n": estimate.n,
                    "n_of": estimate.n_of,
                    "unit": estimate.unit,
                    "p_value": estimate.p_value,
                    "records": estimate.records,
                }
                for estimate in finding.estimates
            ],
        }
        for id, finding in findings.items()
    ]
    return msgspec.json.format(msgspec.json.encode(entries), indent=1)
