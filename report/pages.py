"""From records to the Sphinx source: conclude, draw, and render the templates. Nothing here trains or measures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from report import evidence, exhibits, notebooks, reference, reproduced
from report.answers import ANSWERS, OTHER_PAGES
from report.answers.base import Answer, NoRecords, Records, by_verdict
from report.conclude import Finding, conclude
from report.evidence import Number, Page, Site
from report.experiments.base import ProfileName
from report.files import copy_tree, remove_others, write_if_changed
from report.memory import Memory
from report.statistics import Estimate

TEMPLATES = Path(__file__).with_name("templates")
DOCS = Path(__file__).parents[1] / "docs"
NOT_YET = "*(not measured yet)*"
FORGETFUL = Memory(None, "")
CITATION = re.compile(r"\{cite:[pt]\}`([^`]+)`")
Measured = dict[str, tuple[Estimate, ...]]


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """How much of its plan a report has done."""

    profile: ProfileName
    seeds_done: int
    seeds_planned: int


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
    taken = {
        name: memory.recall(f"measures of {name}", Taken, partial(_take, answer, records))
        for name, answer in (ANSWERS | OTHER_PAGES).items()
    }
    estimates = {name: found for page in taken.values() for name, found in page.measured.items()}
    return Composition(
        measured={name: page.measured for name, page in taken.items()},
        missing={name: page.missing for name, page in taken.items()},
        findings=conclude(estimates, profile),
    )


def _take(answer: Answer, records: Records) -> Taken:
    found: Measured = {}
    missing = []
    for name, function in answer.measures.items():
        try:
            estimates = function(records)
        except NoRecords:
            missing.append(name)
        else:
            found[name] = (estimates,) if isinstance(estimates, Estimate) else estimates
    return Taken(measured=found, missing=tuple(missing))


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
    exporter = exhibits.Exporter(source, published)
    kept = copy_tree(DOCS, source)
    for name, answer in (ANSWERS | OTHER_PAGES).items():
        page = memory.recall(
            f"page {name} {extent.profile}",
            Page,
            partial(page_of, answer, records, composition, exporter),
            still_good=lambda known: all((source / path).is_file() for path in exhibits.files_of(known)),
        )
        kept |= exhibits.files_of(page)
        place = f"answers/{name}.md" if name in ANSWERS else f"{name}.md"
        kept.add(_write(source, f"evidence/{name}.json", _encode(page)))
        kept.add(_write(source, place, render(answer, page, composition.findings, extent)))
        if name in ANSWERS:
            text = render(answer, page, composition.findings, extent, notebook=True)
            kept.add(_write(source, f"published/notebooks/{name}.ipynb", notebooks.to_notebook(text)))
    kept |= _write_reproduced(source, composition.findings, site["environment"])
    kept.add(_write(source, "evidence/site.json", _encode(_site(composition, extent, site))))
    kept |= {path.relative_to(source) for path in (published / "records").glob("*.json")}
    remove_others(source, kept)
    memory.forget_others()


def _write_reproduced(source: Path, findings: Mapping[str, Finding], environment: Mapping[str, str]) -> set[Path]:
    """Write the page that sets this report beside the published one."""
    published = reference.read()
    rows = reference.compare(published, findings) if published else []
    template = _environment().get_template("reproduced.md.j2")
    content = template.render(
        counts=reproduced.counts(rows) if published else None, seeds=published.seeds if published else None
    )
    return {
        _write(source, "evidence/reproduced.json", _encode(reproduced.page(published, rows, environment))),
        _write(source, "reproduced.md", content),
    }


def render(
    answer: Answer, page: Page, findings: Mapping[str, Finding], extent: Extent, *, notebook: bool = False
) -> str:
    """Render one answer's template to MyST Markdown: for the site, or with its evidence written out for a notebook."""
    vocabulary = notebooks.vocabulary if notebook else _vocabulary
    template = _environment().get_template(f"{answer.name}.md.j2")
    text = template.render(
        page=page,
        profile=extent.profile,
        seeds=extent.seeds_done,
        seeds_planned=extent.seeds_planned,
        notebook=notebook,
        **vocabulary(answer, page, findings),
    )
    return text if notebook else text + literature(answer.name, text)


def literature(name: str, text: str) -> str:
    """List what a page cites at its end; empty if it cites nothing."""
    keys = sorted({key.strip() for cited in CITATION.findall(text) for key in cited.split(",")})
    if not keys:
        return ""
    options = f":filter: False\n:list: bullet\n:keyprefix: {name}-"
    return f"\n## Literature\n\n```{{bibliography}}\n{options}\n\n" + "\n".join(keys) + "\n```\n"


def _vocabulary(answer: Answer, page: Page, findings: Mapping[str, Finding]) -> dict[str, Any]:
    """Return the functions that a template speaks with."""

    def number(name: str, index: int = 0) -> str:
        if name not in answer.measures:
            raise KeyError(f"{answer.name} has no measure {name!r}")
        key = _key(name, index)
        return f"{{measured}}`{key}`" if key in page.numbers else NOT_YET

    def exhibit(kind: str, name: str, known: Mapping[str, Any], made: Mapping[str, Any]) -> str:
        if name not in known:
            raise KeyError(f"{answer.name} has no {kind} {name!r}")
        if name in made:
            return f"```{{result-{kind}}}\n:name: {name}\n```"
        only = " ".join(f"--only {experiment}" for experiment in answer.experiments)
        return (
            f":::{{note}}\nA {kind} belongs here whose records have not been made yet. "
            f"`tox -e report -- {only}` makes them.\n:::"
        )

    def say(id: str, *, supported: str, refuted: str, undetermined: str, withheld: str = "") -> str:
        return by_verdict(
            findings[id], supported=supported, refuted=refuted, undetermined=undetermined, withheld=withheld
        )

    return {
        "number": number,
        "verdict": lambda id: f"{{verdict}}`{findings[id].claim.id}`",
        "figure": lambda name: exhibit("figure", name, answer.figures, page.figures),
        "table": lambda name: exhibit("table", name, answer.tables, page.tables),
        "claims": lambda: "```{claims}\n```",
        "say": say,
    }


def page_of(answer: Answer, records: Records, composition: Composition, exporter: exhibits.Exporter) -> Page:
    """Gather all that one answer page shows, its figures drawn and its data exported."""
    measured, findings = composition.measured[answer.name], composition.findings
    numbers: dict[str, Number] = {
        _key(name, index): exhibits.number(estimate, answer.measures[name])
        for name, estimates in measured.items()
        for index, estimate in enumerate(estimates)
    }
    claims = {
        id: exhibits.claim_row(
            finding,
            tuple(numbers[_key(id, index)] for index in range(len(finding.estimates))),
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


def _key(name: str, index: int) -> str:
    return name if index == 0 else f"{name}-{index + 1}"


def _encode(value: evidence.Page | Site) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)  # claims keep the order of the ledger


def _write(source: Path, relative: str, content: str | bytes) -> Path:
    write_if_changed(source / relative, content)
    return Path(relative)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown, not HTML; text from outside reaches pages as JSON, escaped there
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
