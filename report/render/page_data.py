"""
What a page shows and where each piece of it came from: the one contract between the report and the site.

`report.render.pages` writes one JSON file per page (and `site.json` for the whole) into ``evidence/`` of the Sphinx source
folder; the directives and roles in ``docs/_ext`` read them. Paths in here are relative to the root of the site.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from report.conclude.statistics import Estimate
from report.conclude.verdicts import Finding


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a number, a table or a figure came from."""

    records: tuple[str, ...]
    """Published record files, as ``records/NAME.json``."""
    rebuild: str
    """The command that rebuilds just this."""
    made_by: str
    """The function that made it, as ``module.path.function``."""
    num_seeds: int | None = None
    """Seeds behind it; None where a single run or no run is, or timings are."""
    fewest_seeds: int | None = None
    """Seeds behind the rows of a table with the fewest; None where all have `num_seeds`."""


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A measured number as it stands in the text, with what its panel shows."""

    text: str
    """As printed: rounded, with sign and unit, for instance ``+3.9 pp``."""
    interval: str
    """As printed, ``+3.5 to +4.3``; empty for an exact number and for a single run."""
    interval_name: str
    """What `interval` is: ``95 % interval`` or ``range``; ``exact`` for an exact number."""
    detectable: str
    """The smallest difference that as many runs could have detected, as printed; empty where there is none."""
    estimate: Estimate
    provenance: Provenance


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A figure drawn in one size, for light pages and for dark ones."""

    light: str
    """SVG file, relative to the Sphinx source folder."""
    dark: str
    width: int
    """Natural width in CSS pixels."""
    height: int


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its pictures."""

    wide: Picture
    narrow: Picture | None = None
    """The same, drawn for phones; None where there is only one size."""
    title: str
    """The finding."""
    alt: str
    """What a reader who can't see it needs to know; made from the data."""
    caption: str
    """Setting, n, what the band is."""
    data: str
    """Published CSV file, as ``data/NAME.csv``."""
    provenance: Provenance


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table of text cells; the first column heads its rows."""

    title: str
    """What it shows, in a few words."""
    caption: str
    columns: list[str]
    rows: list[list[str]]
    numeric: list[bool]
    """Per column: whether it is set right-aligned with tabular figures."""
    data: str
    provenance: Provenance


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """All that one answer page shows."""

    name: str
    """``part1``, ``q1`` … ``q6``, ``speed``."""
    title: str
    """The question, with its number."""
    headline: Number | None = None
    """The number on the home page's card; None where its records are missing."""
    headline_label: str = ""
    """What the headline number is, in a few words."""
    card: Figure | None = None
    """The small figure on the card, drawn for that size."""
    numbers: dict[str, Number] = {}
    claims: dict[str, Finding] = {}
    """By id. The numbers of a finding's estimates are in `numbers`, by `number_key`."""
    figures: dict[str, Figure] = {}
    tables: dict[str, Table] = {}


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What the home page and the footer say about the whole."""

    version: str
    commit: str | None
    address: str = ""
    """Where the site is published; empty if that is not known."""
    made_on: str
    """ISO date, UTC."""
    profile: Literal["quick", "full"]
    runs_done: int
    """Planned runs that have a record."""
    runs_planned: int
    data_source: str
    """Kind of source the images came from, never a path."""
    data_sha256: str
    environment: dict[str, str]
    """Processor, cores, threads, memory, device, operating system, versions."""
    pages: tuple[str, ...]
    """Names of the answer pages, in order."""
    verdicts: dict[str, int]
    """How many claims that count got each verdict: those of the notebook, each once."""
    controls: dict[str, int]
    """The same of our own controls and remarks, which don't count."""


def number_key(name: str, index: int = 0) -> str:
    """Return the name under which a page's `numbers` hold the first, second, ... estimate of a claim or number."""
    return name if index == 0 else f"{name}-{index + 1}"


def numbers_of(page: Page, id: str) -> list[Number]:
    """Return the numbers that decided a claim."""
    return [page.numbers[number_key(id, index)] for index in range(len(page.claims[id].estimates))]
