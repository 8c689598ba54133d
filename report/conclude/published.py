"""
Published results in brief: for every claim of a full report its verdict and estimates, with the machine behind them.

The folder `report/published` holds one file for each such report. Every report sets its own verdicts beside theirs, on the
page *Reproducibility*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from fmnist_ref import ConfigurationError
from report.conclude.statistics import Estimate
from report.conclude.verdicts import WAITING, ConditionResult, Decided, Finding, VerdictWord, in_words

SCHEMA = 3
MAX_BYTES = 2**20
MAX_FINDINGS_BYTES = 2**24
PUBLISHED = Path(__file__).parents[1] / "published"


class ClaimResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict of a claim, and what it rests on."""

    id: str
    verdict: VerdictWord
    leaning: Decided | None = None
    conditions: tuple[ConditionResult, ...] = ()
    estimates: tuple[Estimate, ...] = ()

    @property
    def words(self) -> str:
        """The verdict as text."""
        return in_words(self.verdict, self.leaning, self.conditions)


class PublishedResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A full report in brief."""

    schema: int
    version: str
    """Of the package."""
    made_on: str
    """ISO date, UTC."""
    seeds: int
    first_seed: int
    environment: dict[str, str]
    """As on its home page: machine and versions, no host name and no path."""
    claims: tuple[ClaimResult, ...]

    @property
    def name(self) -> str:
        """Date and processor, and where its seeds start if not at 0."""
        start = f", seeds from {self.first_seed}" if self.first_seed else ""
        return f"{self.made_on}, {self.environment.get('processor', 'unknown processor')}{start}"

    @property
    def file_name(self) -> str:
        """The name as that of a file."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") + ".json"


def result_of(finding: Finding) -> ClaimResult:
    """Return a finding in brief: without the claim's text, and without the ids of its records."""
    return ClaimResult(
        id=finding.claim.id,
        verdict=finding.verdict,
        leaning=finding.leaning,
        conditions=tuple(
            ConditionResult(name=c.name, verdict=c.verdict, leaning=c.leaning, p_value=c.p_value)
            for c in finding.conditions
        ),
        estimates=tuple(msgspec.structs.replace(estimate, records=()) for estimate in finding.estimates),
    )


def summarise(findings: Mapping[str, Finding], **about: Any) -> PublishedResult:
    """
    Return a full report in brief.

    Parameters
    ----------
    findings : mapping of str to Finding
        By claim id.
    **about
        The other fields of `PublishedResult`: version, date, seeds and environment.

    Raises
    ------
    ConfigurationError
        If a claim has no verdict yet.
    """
    waiting = [id for id, finding in findings.items() if finding.verdict in WAITING]
    if waiting:
        raise ConfigurationError(
            "a published result must have every verdict",
            f"none yet for {', '.join(waiting[:5])}{' and more' if len(waiting) > 5 else ''}",
            "Finish the full report first.",
        )
    return PublishedResult(schema=SCHEMA, claims=tuple(map(result_of, findings.values())), **about)


def encode(result: PublishedResult) -> bytes:
    """Return the content of the file."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"


def read_all(folder: Path = PUBLISHED) -> list[PublishedResult]:
    """
    Read all published results, in the order of their file names.

    Raises
    ------
    ConfigurationError
        If a file is too large, or not of this schema.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def read_others(findings: Mapping[str, Finding]) -> list[PublishedResult]:
    """Read the published results but for that of the very report that has these findings: it would agree with itself."""
    own = tuple(map(result_of, findings.values()))
    return [result for result in read_all() if result.claims != own]


def _read(path: Path) -> PublishedResult:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise msgspec.ValidationError(f"more than {MAX_BYTES} bytes")
        result = msgspec.json.decode(path.read_bytes(), type=PublishedResult)
        if result.schema != SCHEMA:
            raise msgspec.ValidationError(f"schema {result.schema}, not {SCHEMA}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ConfigurationError(
            f"{path.name} must be what publish-reference writes", str(problem), "Correct it, or remove it."
        ) from problem
    return result


def read_findings(output: Path) -> dict[str, Finding]:
    """
    Read the findings of another report from its output folder.

    Raises
    ------
    ConfigurationError
        If it has none, or those of another version of this project.
    """
    path = output / "verdicts.json"
    try:
        if path.stat().st_size > MAX_FINDINGS_BYTES:
            raise msgspec.ValidationError(f"more than {MAX_FINDINGS_BYTES} bytes")
        findings = msgspec.json.decode(path.read_bytes(), type=list[Finding])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise ConfigurationError(
            f"{path} must be what a report writes", str(why), "Make that report with this version first."
        ) from problem
    return {finding.claim.id: finding for finding in findings}
