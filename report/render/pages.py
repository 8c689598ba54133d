"""From records to the Sphinx source: conclude, draw, and write it down. Nothing here trains or measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

import fmnist_ref
from report.answers import ANSWERS, CLAIMS, OTHER_PAGES
from report.answers.answer import Answer, Estimator, FigureSpec, Findings, TableSpec
from report.conclude import formatting, published
from report.conclude.claims import FIELD
from report.conclude.claims import fill as fill_fields
from report.conclude.stability import compare, compare_halves, count
from report.conclude.statistics import Estimate
from report.conclude.verdicts import ASSESSED, Finding, VerdictWord, conclude
from report.plan import ProfileName
from report.record.files import FolderWriter, copy_tree, remove_others
from report.record.reader import NoRecords, Records, SeedCount
from report.render import artifacts, notebooks, page_data, reproduced
from report.render.markdown import Completeness, fill, render
from report.render.page_data import Number, Page, Site, number_key

DOCS = Path(__file__).parents[2] / "docs"
Measured = dict[str, tuple[Estimate, ...]]
Halves = tuple[dict[str, Finding], dict[str, Finding]]
Spec = TypeVar("Spec", FigureSpec, TableSpec)


class Measurements(msgspec.Struct, frozen=True, kw_only=True):
    """All that a set of records says, before it is written down."""

    measured: dict[str, Measured]
    """By answer, then by name: estimates."""
    findings: dict[str, Finding]


def measure(records: Records, profile: ProfileName) -> Measurements:
    """Make every answer's estimates and apply the rules of all claims to them."""
    measured: dict[str, Measured] = {}
    seeds: dict[str, SeedCount] = {}
    for page, answer in (ANSWERS | OTHER_PAGES).items():
        found = {}
        for name, make in answer.estimators.items():
            with records.watch() as read:
                found[name] = _estimates(name, make, records)
            seeds[name] = records.seeds_of(read)
            ids = records.ids_of(read)
            found[name] = tuple(msgspec.structs.replace(e, records=e.records or ids) for e in found[name])
        measured[page] = {name: estimates for name, estimates in found.items() if estimates}
    estimates = {name: found for page in measured.values() for name, found in page.items()}
    return Measurements(measured=measured, findings=conclude(CLAIMS, estimates, profile, seeds))


def _estimates(name: str, make: Estimator, records: Records) -> tuple[Estimate, ...]:
    """Return what a function estimates, for a claim with the digits that its rule needs; nothing if it has no records."""
    try:
        found = make(records)
    except NoRecords:
        return ()
    estimates = (found,) if isinstance(found, Estimate) else found
    rule = CLAIMS[name].rule if name in CLAIMS else None
    return formatting.apart_from_thresholds(estimates, rule) if rule else estimates


def write_source(
    source: Path, records: Records, measurements: Measurements, completeness: Completeness, site: Mapping[str, Any]
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
    measurements : Measurements
        What they say.
    completeness : Completeness
        How much of the plan is done.
    site : mapping
        The remaining fields of `Site`: version, commit, address, date, environment, data.
    """
    site = {**site, "environment": environment_of(records, site["environment"])}
    writer = FolderWriter(source, copy_tree(DOCS, source))
    exporter = artifacts.Exporter(writer, records)
    introduction = notebooks.how_to_install(site["version"], site["address"])
    for answer in (ANSWERS | OTHER_PAGES).values():
        page = page_of(answer, records, measurements, exporter)
        _write_answer(writer, answer, page, measurements.findings, completeness, introduction)
    halves = of_halves(records, measurements.findings) if completeness.is_whole else None
    _write_reproduced(writer, measurements.findings, halves, site["environment"])
    writer.write("evidence/site.json", _encode(_site(measurements, completeness, site)))
    made = {path.relative_to(source) for kind in ("records", "packages") for path in source.glob(f"published/{kind}/*")}
    names = (name + suffix for name in fmnist_ref.__all__ for suffix in ("", "_class"))
    reference = {Path(f"api/fmnist_ref.{name}.rst") for name in names}  # autosummary's: kept, not read anew
    remove_others(source, writer.kept | made | reference)


def environment_of(records: Records, environment: Mapping[str, str]) -> dict[str, str]:
    """Add to an environment the threads of the runs, which the process that writes the pages need not have, and other machines' devices."""
    training, timing = (" or ".join(map(str, records.threads(exclusive=alone))) for alone in (False, True))
    both = f"{training} for training, {timing} for timing"
    threads = both if training and timing and training != timing else training or timing
    found = {"threads": threads, "timed_elsewhere": ", ".join(records.accelerators())}
    return {**environment, **{name: value for name, value in found.items() if value}}


def _write_answer(
    writer: FolderWriter,
    answer: Answer,
    page: Page,
    findings: Mapping[str, Finding],
    completeness: Completeness,
    introduction: str,
) -> None:
    """Write an answer's pages, its evidence and, of pages with code that answer the notebook, notebooks to download."""
    is_new = writer.write(f"evidence/{answer.name}.json", _encode(page))
    for name in answer.documents:
        text = render(answer, page, findings, completeness, document=name)
        document = f"answers/{name}.md" if answer.answers_notebook else f"{name}.md"
        writer.write(document, text)
        if is_new:
            (writer.folder / document).touch()  # sphinx_codeautolink links the code of pages whose own file is new
        if answer.answers_notebook and "```{code-cell}" in text:
            text = render(answer, page, findings, completeness, document=name, notebook=True)
            writer.write(f"published/notebooks/{name}.ipynb", notebooks.to_notebook(text, introduction))


def _write_reproduced(
    writer: FolderWriter, findings: Mapping[str, Finding], from_halves: Halves | None, environment: Mapping[str, str]
) -> None:
    """Write the page that compares this report's verdicts with those of half its seeds, if it is whole, and with published ones."""
    halves = compare_halves(findings, from_halves) if from_halves else []
    replications = [(result, compare(findings, result.claims)) for result in published.read_others(findings)]
    content = fill(
        "reproduced.md.j2",
        halves=count(halves) if halves else None,
        replications=[reproduced.summary(rows) for _, rows in replications],
    )
    writer.write("evidence/reproduced.json", _encode(reproduced.page(halves, replications, environment)))
    writer.write("reproduced.md", content)


def of_halves(records: Records, findings: Mapping[str, Finding]) -> Halves:
    """Conclude from the even and from the odd seeds; without measuring again where data decided nothing."""
    if not any(finding.verdict in ASSESSED for finding in findings.values()):
        return dict(findings), dict(findings)
    even, odd = records.halves()
    return measure(even, "full").findings, measure(odd, "full").findings


def page_of(answer: Answer, records: Records, measurements: Measurements, exporter: artifacts.Exporter) -> Page:
    """Gather all that one answer page shows, its figures drawn and its data exported."""
    measured, findings = measurements.measured[answer.name], measurements.findings
    numbers: dict[str, Number] = {
        number_key(name, index): artifacts.number(estimate, answer.estimators[name], records)
        for name, estimates in measured.items()
        for index, estimate in enumerate(estimates)
    }
    claims = {id: finding for id, finding in findings.items() if finding.claim.page == answer.name}
    figures, tables = {}, {}
    for name, draw in answer.figures.items():
        if figure := _specified(draw, records, findings):
            figures[name] = exporter.figure(name, figure, draw, card=name == answer.card)
    for name, tabulate in answer.tables.items():
        if table := _specified(tabulate, records, findings):
            tables[name] = exporter.table(name, table, tabulate)
    return Page(
        name=answer.name,
        title=answer.title,
        headline=numbers.get(answer.headline),
        headline_label=_headline_label(answer, measured),
        card=figures.pop(answer.card, None) if answer.card else None,
        numbers=numbers,
        claims=claims,
        figures=figures,
        tables=tables,
    )


def _specified(specify: Callable[[Records, Findings], Spec], records: Records, findings: Findings) -> Spec | None:
    """Return what a function specifies, with the records behind it; None if it has no records."""
    try:
        with records.watch() as read:
            spec = specify(records, findings)
    except NoRecords:
        return None
    return replace(spec, records=spec.records or records.ids_of(read))


def _headline_label(answer: Answer, measured: Measured) -> str:
    """Return the label of an answer's headline, with the settings of its runs filled in."""
    settings = measured[answer.headline][0].settings if answer.headline in measured else {}
    return FIELD.sub("…", fill_fields(answer.headline_label, settings))


def _site(measurements: Measurements, completeness: Completeness, site: Mapping[str, Any]) -> Site:
    findings = measurements.findings.values()
    return Site(
        profile=completeness.profile,
        runs_done=completeness.runs_done,
        runs_planned=completeness.runs_planned,
        pages=tuple(ANSWERS),
        verdicts=_count(finding.verdict for finding in findings if finding.claim.counts),
        controls=_count(finding.verdict for finding in findings if finding.claim.origin == "ours"),
        **site,
    )


def _count(verdicts: Iterable[VerdictWord]) -> dict[str, int]:
    return dict(sorted(Counter(verdicts).items()))


def _encode(value: page_data.Page | Site) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)  # claims keep the order of the ledger
