"""From records to the Sphinx source: conclude, draw, and write it down. Nothing here trains or measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

import fmnist_ref
from report import evidence, exhibits, notebooks, reference, reproduced
from report.answers import ANSWERS, OTHER_PAGES
from report.answers.base import Answer, NoRecords, Records
from report.conclude import Finding, conclude
from report.environment import usable_cores
from report.evidence import Number, Page, Site, number_key
from report.experiments.base import ProfileName
from report.files import copy_tree, remove_others, write_if_changed
from report.memory import Memory
from report.rendering import Extent, fill, render
from report.statistics import Estimate
from report.studio import studio

DOCS = Path(__file__).parents[1] / "docs"
FORGETFUL = Memory(None, "")
Measured = dict[str, tuple[Estimate, ...]]


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    """All that a set of records says, before it is written down."""

    measured: dict[str, Measured]
    """By answer, then by name: estimates."""
    missing: dict[str, tuple[str, ...]]
    """By answer: names that could not be measured for want of records."""
    findings: dict[str, Finding]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One answer's measures."""

    measured: Measured
    missing: tuple[str, ...]


def measure(records: Records, profile: ProfileName, memory: Memory = FORGETFUL) -> Composition:
    """Take every answer's measures and put the whole ledger to its rules."""
    with ThreadPoolExecutor(usable_cores()) as threads:
        taken = {
            name: memory.recall(f"measures of {name}", Taken, partial(_take, answer, records, threads))
            for name, answer in (ANSWERS | OTHER_PAGES).items()
        }
    estimates = {name: found for page in taken.values() for name, found in page.measured.items()}
    return Composition(
        measured={name: page.measured for name, page in taken.items()},
        missing={name: page.missing for name, page in taken.items()},
        findings=conclude(estimates, profile),
    )


def _take(answer: Answer, records: Records, threads: Executor) -> Taken:
    """Take an answer's measures side by side: most of their time goes into bootstraps, which leave Python's lock alone."""

    def estimates(name: str) -> tuple[Estimate, ...] | None:
        try:
            found = answer.measures[name](records)
        except NoRecords:
            return None
        return (found,) if isinstance(found, Estimate) else found

    taken = dict(zip(answer.measures, threads.map(estimates, answer.measures), strict=True))
    return Taken(
        measured={name: found for name, found in taken.items() if found is not None},
        missing=tuple(name for name, found in taken.items() if found is None),
    )


def write_source(
    source: Path,
    records: Records,
    composition: Composition,
    extent: Extent,
    site: Mapping[str, Any],
    memory: Memory = FORGETFUL,
) -> None:
    """
    Write the whole Sphinx source: the hand-written pages, the answers, and the evidence they show.

    Parameters
    ----------
    source : Path
        Sphinx source folder; what no longer belongs there is removed. Its ``published/`` is copied into the site as it
        is: records, and the data of every figure and table.
    records : Records
        The records that the figures are drawn from.
    composition : Composition
        What they say.
    extent : Extent
        How much of the plan is done.
    site : mapping
        The remaining fields of `Site`: version, commit, date, environment, data.
    memory : Memory
        Where figures drawn earlier are remembered.
    """
    published = source / "published"
    kept = copy_tree(DOCS, source)
    answers = ANSWERS | OTHER_PAGES
    with studio() as draw, ThreadPoolExecutor(len(answers)) as threads:
        exporter = exhibits.Exporter(source, published, draw)

        def write_page(answer: Answer) -> set[Path]:
            page = memory.recall(
                f"page {answer.name} {extent.profile}",
                Page,
                partial(page_of, answer, records, composition, exporter),
                still_good=lambda known: all((source / path).is_file() for path in exhibits.files_of(known)),
            )
            return exhibits.files_of(page) | _write_answer(source, answer, page, composition.findings, extent)

        kept |= set().union(*threads.map(write_page, answers.values()))
    kept |= _write_reproduced(source, composition.findings, site["environment"])
    kept.add(_write(source, "evidence/site.json", _encode(_site(composition, extent, site))))
    kept |= {path.relative_to(source) for path in (published / "records").glob("*.json")}
    kept |= {Path(f"api/fmnist_ref.{name}.rst") for name in fmnist_ref.__all__}  # autosummary's: kept, not read anew
    remove_others(source, kept)
    memory.forget_others()


def _write_answer(
    source: Path, answer: Answer, page: Page, findings: Mapping[str, Finding], extent: Extent
) -> set[Path]:
    """Write a page, its evidence and, where it answers a question of the notebook, a notebook to download."""
    name = answer.name
    written = {_write(source, f"evidence/{name}.json", _encode(page))}
    text = render(answer, page, findings, extent)
    if name not in ANSWERS:
        return written | {_write(source, f"{name}.md", text)}
    notebook = notebooks.to_notebook(render(answer, page, findings, extent, notebook=True))
    return written | {
        _write(source, f"answers/{name}.md", text),
        _write(source, f"published/notebooks/{name}.ipynb", notebook),
    }


def _write_reproduced(source: Path, findings: Mapping[str, Finding], environment: Mapping[str, str]) -> set[Path]:
    """Write the page that sets this report beside the published one."""
    published = reference.read()
    rows = reference.compare(published, findings) if published else []
    content = fill(
        "reproduced.md.j2",
        counts=reproduced.counts(rows) if published else None,
        seeds=published.seeds if published else None,
    )
    return {
        _write(source, "evidence/reproduced.json", _encode(reproduced.page(published, rows, environment))),
        _write(source, "reproduced.md", content),
    }


def page_of(answer: Answer, records: Records, composition: Composition, exporter: exhibits.Exporter) -> Page:
    """Gather all that one answer page shows, its figures drawn and its data exported."""
    measured, findings = composition.measured[answer.name], composition.findings
    numbers: dict[str, Number] = {
        number_key(name, index): exhibits.number(estimate, answer.measures[name])
        for name, estimates in measured.items()
        for index, estimate in enumerate(estimates)
    }
    claims = {
        id: exhibits.claim_row(
            finding,
            tuple(numbers[number_key(id, index)] for index in range(len(finding.estimates))),
            answer.notes.get(id, ""),
        )
        for id, finding in findings.items()
        if finding.claim.page == answer.name
    }
    figures, tables = {}, {}
    for name, draw in answer.figures.items():
        try:
            figures[name] = exporter.figure(name, draw(records, findings), draw, card=name == answer.card)
        except NoRecords:
            continue
    for name, tabulate in answer.tables.items():
        try:
            tables[name] = exporter.table(name, tabulate(records, findings), tabulate)
        except NoRecords:
            continue
    return Page(
        name=answer.name,
        title=answer.title,
        headline=numbers.get(answer.headline),
        headline_label=answer.headline_label,
        card=figures.pop(answer.card, None) if answer.card else None,
        numbers=numbers,
        claims=claims,
        figures=figures,
        tables=tables,
        missing=composition.missing[answer.name],
    )


def _site(composition: Composition, extent: Extent, site: Mapping[str, Any]) -> Site:
    verdicts = Counter(finding.verdict for finding in composition.findings.values())
    return Site(
        profile=extent.profile,
        seeds_done=extent.seeds_done,
        seeds_planned=extent.seeds_planned,
        pages=tuple(ANSWERS),
        verdicts=dict(sorted(verdicts.items())),
        **site,
    )


def _encode(value: evidence.Page | Site) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)  # claims keep the order of the ledger


def _write(source: Path, relative: str, content: str | bytes) -> Path:
    write_if_changed(source / relative, content)
    return Path(relative)
