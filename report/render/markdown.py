"""Answer pages as text: their templates, filled with what the page shows and what the verdicts say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from report.answers.answer import Answer, by_verdict
from report.conclude import formatting
from report.conclude.verdicts import Finding
from report.plan import ProfileName
from report.render import notebooks
from report.render.literature import cited_in
from report.render.page_data import Page, number_key
from report.render.result_numbers import ResultNumbers

TEMPLATES = Path(__file__).with_name("templates")
NOT_YET: dict[ProfileName, str] = {"full": "(not measured yet)", "quick": "(not in a quick report)"}
CITE_PAGE = "\n## Cite this page\n\n```{cite-page}\n```\n"


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """How much of its plan a report has done."""

    profile: ProfileName
    runs_done: int
    runs_planned: int
    seeds: dict[str, tuple[int, int]] = {}
    """By experiment: fewest and most planned seeds of its arms that are trained with several."""

    @property
    def is_whole(self) -> bool:
        """Whether all runs are done."""
        return self.runs_done == self.runs_planned

    def seeds_of(self, experiments: Iterable[str]) -> tuple[int, int]:
        """Return the fewest and the most seeds of some experiments; one where all have a single run."""
        found = [self.seeds[name] for name in experiments if name in self.seeds] or [(1, 1)]
        return min(low for low, _ in found), max(high for _, high in found)


def render(
    answer: Answer,
    page: Page,
    findings: Mapping[str, Finding],
    completeness: Completeness,
    *,
    document: str = "",
    notebook: bool = False,
) -> str:
    """
    Render a page of an answer to MyST Markdown.

    Parameters
    ----------
    answer : Answer
        The answer, with its functions.
    page : Page
        What it shows.
    findings : mapping
        Verdicts, by claim.
    completeness : Completeness
        How much of the plan is done.
    document : str
        Which of its pages; the first by default.
    notebook : bool
        Whether to write the evidence out for a notebook, where the site has directives and roles.
    """
    numbers = ResultNumbers(answer.prefix)
    vocabulary = (notebooks.vocabulary if notebook else _vocabulary)(
        answer, page, findings, NOT_YET[completeness.profile], numbers
    )

    def say(id: str, **phrases: str) -> str:
        return by_verdict(findings[id], **phrases)

    def value(name: str) -> float | None:
        """Return a number's value, for a sentence that depends on it; None if it was not measured."""
        return page.numbers[name].estimate.value if name in page.numbers else None

    def interval(name: str) -> str:
        """Write a number's interval for a sentence that speaks of it; empty if it was not measured."""
        return formatting.interval_of(page.numbers[name].estimate) if name in page.numbers else ""

    def text_of(name: str) -> str:
        return fill(
            f"{name}.md.j2",
            answer=answer,
            document=name,
            page=page,
            completeness=completeness,
            profile=completeness.profile,
            seeds_planned=span(*completeness.seeds_of(answer.experiments)),
            notebook=notebook,
            say=say,
            value=value,
            interval=interval,
            **vocabulary,
        )

    for name in answer.documents:
        text_of(name)  # numbers all figures and tables, so that any page can refer to any of them
    text = text_of(document or answer.name)
    return text if notebook else text + literature(document or answer.name, text) + CITE_PAGE


def span(fewest: int, most: int) -> str:
    """Write a number that differs: ``5 to 25``."""
    return f"{fewest} to {most}" if fewest < most else str(most)


def literature(name: str, text: str) -> str:
    """List what a page cites at its end; empty if it cites nothing."""
    keys = cited_in(text)
    if not keys:
        return ""
    options = f":filter: False\n:list: bullet\n:keyprefix: {name}-"
    return f"\n## Literature\n\n```{{bibliography}}\n{options}\n\n" + "\n".join(keys) + "\n```\n"


def _vocabulary(
    answer: Answer, page: Page, findings: Mapping[str, Finding], not_yet: str, numbers: ResultNumbers
) -> dict[str, Any]:
    """Return the functions that a template speaks with; `not_yet` stands for a number that isn't there."""

    def number(name: str, index: int = 0) -> str:
        if name not in answer.estimators:
            raise KeyError(f"{answer.name} has no number {name!r}")
        known = number_key(name, index)
        return f"{{measured}}`{known}`" if known in page.numbers else f"*{not_yet}*"

    def exhibit(kind: str, name: str, known: Mapping[str, Any], made: Mapping[str, Any]) -> str:
        if name not in known:
            raise KeyError(f"{answer.name} has no {kind} {name!r}")
        number = numbers.name(kind, name)
        if name in made:
            return f"```{{result-{kind}}}\n:name: {name}\n:number: {number}\n```"
        if not_yet == NOT_YET["quick"]:
            return f":::{{note}}\nA {kind} belongs here that takes a full report: `tox -e report`.\n:::"
        only = " ".join(f"--only {experiment}" for experiment in answer.experiments)
        return (
            f":::{{note}}\nA {kind} belongs here whose records have not been made yet. "
            f"`tox -e report -- {only}` makes them.\n:::"
        )

    def reference(kind: str, name: str, known: Mapping[str, Any], made: Mapping[str, Any]) -> str:
        if name not in known:
            raise KeyError(f"{answer.name} has no {kind} {name!r}")
        number = numbers.reference(kind, name)
        return f"{{ref}}`{number} <{kind}-{name}>`" if name in made else number

    return {
        "number": number,
        "verdict": lambda id: f"{{verdict}}`{findings[id].claim.id}`",
        "figure": lambda name: exhibit("figure", name, answer.figures, page.figures),
        "table": lambda name: exhibit("table", name, answer.tables, page.tables),
        "see_figure": lambda name: reference("figure", name, answer.figures, page.figures),
        "see_table": lambda name: reference("table", name, answer.tables, page.tables),
        "claims": lambda: "```{claims}\n```",
    }


def fill(template: str, **content: Any) -> str:
    """Render a template; a name that it uses and is not given is an error."""
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown, not HTML; text from outside reaches pages as JSON, escaped there
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
