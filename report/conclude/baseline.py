"""
The published result in brief, and how another report compares with it.

`published.json` lies beside this module: for every claim the verdict and the estimates of the full report that was
published last, with the machine behind them. Every report sets its own beside them, on the page *Reproduced?*.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from fmnist_ref import ConfigurationError
from report.conclude.statistics import Estimate
from report.conclude.verdicts import Finding, VerdictWord
from report.plan import ProfileName

SCHEMA = 2
MAX_BYTES = 2**20
PUBLISHED = Path(__file__).parents[1] / "published.json"
OPEN = ("not measured yet", "not assessed in the quick profile")
"""Verdicts that wait for records; they can neither agree nor differ."""

Agreement = Literal["agree", "differ", "not comparable"]


class PublishedClaim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim's verdict and what it rests on."""

    id: str
    verdict: VerdictWord
    estimates: tuple[Estimate, ...] = ()


class Reference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The published report in brief."""

    schema: int
    version: str
    """Of the package."""
    profile: ProfileName
    seeds: int
    environment: dict[str, str]
    """As on its home page: machine and versions, no name and no place."""
    claims: tuple[PublishedClaim, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One claim in both reports."""

    id: str
    agreement: Agreement
    published: PublishedClaim
    here: Finding | None
    overlap: bool | None
    """Whether all intervals overlap; None where there is nothing to compare."""


def summarise(
    findings: Mapping[str, Finding], *, version: str, profile: ProfileName, seeds: int, environment: Mapping[str, str]
) -> Reference:
    """
    Put a full report in brief.

    Raises
    ------
    ConfigurationError
        If a claim has no verdict yet: what is published must be whole.
    """
    waiting = [id for id, finding in findings.items() if finding.verdict in OPEN]
    if waiting:
        raise ConfigurationError(
            "a published result must have every verdict",
            f"none yet for {', '.join(waiting[:5])}{' and more' if len(waiting) > 5 else ''}",
            "Finish the full report first.",
        )
    return Reference(
        schema=SCHEMA,
        version=version,
        profile=profile,
        seeds=seeds,
        environment=dict(environment),
        claims=tuple(
            PublishedClaim(id=id, verdict=finding.verdict, estimates=tuple(map(_without_records, finding.estimates)))
            for id, finding in findings.items()
        ),
    )


def encode(reference: Reference) -> bytes:
    """Return the file's content."""
    return msgspec.json.format(msgspec.json.encode(reference), indent=1) + b"\n"


def read(path: Path = PUBLISHED) -> Reference | None:
    """
    Read the published result; None where the checkout has none.

    Raises
    ------
    ConfigurationError
        If the file is too large, or not of this schema.
    """
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MAX_BYTES:
            raise msgspec.ValidationError(f"more than {MAX_BYTES} bytes")
        reference = msgspec.json.decode(path.read_bytes(), type=Reference)
        if reference.schema != SCHEMA:
            raise msgspec.ValidationError(f"schema {reference.schema}, not {SCHEMA}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ConfigurationError(
            f"{path.name} must be what publish-reference writes", str(problem), "Take it from the repository again."
        ) from problem
    return reference


def compare(reference: Reference, findings: Mapping[str, Finding]) -> list[Row]:
    """Set this report's findings beside the published ones, claim by claim."""
    return [_row(published, findings.get(published.id)) for published in reference.claims]


def _without_records(estimate: Estimate) -> Estimate:
    return msgspec.structs.replace(estimate, records=())


def _row(published: PublishedClaim, here: Finding | None) -> Row:
    agreement: Agreement = "differ"
    if here is None or here.verdict in OPEN or "not testable here" in {here.verdict, published.verdict}:
        agreement = "not comparable"
    elif here.verdict == published.verdict:
        agreement = "agree"
    return Row(
        id=published.id,
        agreement=agreement,
        published=published,
        here=here,
        overlap=_overlap(published.estimates, here.estimates if here else ()),
    )


def _overlap(published: tuple[Estimate, ...], here: tuple[Estimate, ...]) -> bool | None:
    """Say whether each published interval shares a value with its counterpart."""
    if not published or len(published) != len(here):
        return None
    shared = []
    for one, other in zip(published, here, strict=True):
        if one.low is None or one.high is None or other.low is None or other.high is None or one.unit != other.unit:
            return None
        shared.append(one.low <= other.high and other.low <= one.high)
    return all(shared)
