"""Directives of the home page: summary, audit bar, answer cards, provenance; and the banner of all pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.directives.other import TocTree
from sphinx.util.docutils import SphinxDirective

from fmnist_site.claims import AUDIT, CONTROLS
from fmnist_site.edition import commit_in_words
from fmnist_site.elements import Block, block, inline, link_to_page
from fmnist_site.evidence import load_site, no_results, read_all_pages, read_site
from fmnist_site.number_role import interval_of
from fmnist_site.results import pictures
from fmnist_site.verdicts import FAMILIES, count_families, family_chip
from report.render.page_data import Page, Site


class SiteSummary(SphinxDirective):
    """``{site-summary}``: the numbers of answers, claims and runs, the machine and the date."""

    def run(self) -> list[nodes.Node]:
        """Return the line."""
        site = read_site(self.env)
        if site is None:
            return [no_results()]
        claims = sum(site.verdicts.values())
        made_on = date.fromisoformat(site.made_on)
        parts = [f"{len(site.pages)} answers", f"{claims} claims", _runs(site)]
        machines = filter(None, (site.environment.get(key) for key in ("processor", "timed_elsewhere")))
        where = f", measured on {' and '.join(machines)}" if site.environment.get("processor") else ""
        text = f"{', '.join(parts)}{where}; {made_on.day} {made_on:%B %Y}."
        return [nodes.paragraph(text=text, classes=["site-summary"])]


def _runs(site: Site) -> str:
    if site.runs_done < site.runs_planned:
        return f"{site.runs_done:,} of {site.runs_planned:,} runs so far"
    return f"{site.runs_planned:,} runs"


class AuditBar(SphinxDirective):
    """``{audit-bar}``: a stacked bar of the verdicts. Each segment links to its claims."""

    def run(self) -> list[nodes.Node]:
        """Return the bar, with a legend of the same links below it."""
        site = read_site(self.env)
        if site is None:
            return [no_results()]
        counts = count_families(site.verdicts)
        segments = [
            link_to_page(
                "",
                AUDIT,
                family,
                classes=["audit-segment", f"verdict-{family}"],
                attributes={"style": f"flex-grow: {count}", "tabindex": "-1"},
            )
            for family, count in counts.items()
        ]
        bar = block("div", *segments, classes=["audit-segments"], html_only=True, attributes={"aria-hidden": "true"})
        items = []
        for family, count in counts.items():
            shape, words = FAMILIES[family]
            items.append(block("li", link_to_page(family_chip(family, f"{count} {words}", shape), AUDIT, family)))
        legend = block("ul", *items, classes=["audit-legend"])
        return [block("div", bar, legend, *_controls(site), classes=["audit-bar"])]


def _controls(site: Site) -> list[nodes.Node]:
    """Return a line on our own controls and remarks, which the bar does not count."""
    counts = count_families(site.controls)
    if not counts:
        return []
    words = ", ".join(f"{count} {FAMILIES[family][1]}" for family, count in counts.items())
    link = link_to_page("controls and remarks of our own", AUDIT, CONTROLS)
    return [block("p", "Not counted: ", link, f" ({words}).", classes=["audit-controls"])]


class AnswerCards(SphinxDirective):
    """``{answer-cards}``: one card per answer. ``:heading: 2`` sets the level of the headings; the default is 3."""

    option_spec: ClassVar = {"heading": directives.nonnegative_int}

    def run(self) -> list[nodes.Node]:
        """Return the cards."""
        pages = read_all_pages(self.env)
        if not pages:
            return [no_results()]
        heading = f"h{self.options.get('heading', 3)}"
        return [block("ul", *[_card(page, heading) for page in pages], classes=["answer-cards"])]


def _card(page: Page, heading: str) -> Block:
    parts: list[nodes.Node] = [block(heading, link_to_page(page.title, f"answers/{page.name}"))]
    if page.headline:
        number = inline("span", page.headline.text, classes=["card-number"])
        suffix = inline("span", interval_of(page.headline), classes=["interval"])
        label = inline("span", page.headline_label, classes=["card-label"])
        parts.append(block("p", number, " ", suffix, " ", label, classes=["card-headline"]))
    else:
        parts.append(block("p", "No result yet.", classes=["card-headline"]))
    if page.card:
        parts.append(pictures(page.card, "card-picture"))
    verdicts = [finding.verdict for finding in page.claims.values() if finding.claim.counts]
    counts = count_families({word: verdicts.count(word) for word in verdicts})
    chips = [
        block("li", family_chip(family, f"{count} {FAMILIES[family][1]}", FAMILIES[family][0]))
        for family, count in counts.items()
    ]
    if chips:
        parts.append(block("ul", *chips, classes=["card-verdicts"]))
    return block("li", *parts, classes=["answer-card"])


class ExistingPages(TocTree):
    """
    ``{pages}``: a table of contents of the named pages that exist.

    The report adds pages to this folder. Sphinx's ``toctree`` warns of a missing page; this directive omits it.
    ``answers/*`` means all answers, in the order of the report.
    """

    def run(self) -> list[nodes.Node]:
        """Return the table of contents. The page is read again when pages are added."""
        site = read_site(self.env)
        self.env.glob_toctrees.add(self.env.docname)
        answers = [f"answers/{name}" for name in site.pages] if site else []
        named = [name for line in self.content for name in (answers if line == "answers/*" else [line])]
        existing = [name for name in named if name in self.env.found_docs]
        self.content = StringList([f"/{name}" for name in existing], source=self.get_source_info()[0])
        return super().run() if existing else []


class SiteProvenance(SphinxDirective):
    """``{site-provenance}``: version, commit, profile, data and environment."""

    def run(self) -> list[nodes.Node]:
        """Return the line."""
        site = read_site(self.env)
        if site is None:
            return []
        commit = commit_in_words(site.commit) or "no commit"
        data = f"data: {site.data_source}, SHA-256 {site.data_sha256[:12]}…"
        environment = [
            _environment_entry(name, value)
            for name, value in site.environment.items()
            if name != "device" or value != site.environment.get("processor")
        ]
        parts = [f"fmnist-ref {site.version}", commit, f"{site.profile} profile", data, *environment]
        return [block("ul", *[block("li", part) for part in parts], classes=["site-provenance"])]


def _environment_entry(name: str, value: str) -> str:
    """Return a field of the environment as text, with ``memory_bytes`` in GiB."""
    if name.endswith("_bytes") and value.isdigit():
        return f"{name.removesuffix('_bytes')} {int(value) / 2**30:.0f} GiB"
    return f"{name.replace('_', ' ')} {value}"


def banner(source_folder: Path) -> str:
    """Return the text at the top of every page: empty for a complete full report, else what is missing."""
    site = load_site(source_folder)
    if site is None:
        return ""
    if site.profile == "quick":
        return (
            "Quick profile: few seeds and few epochs, for a first look, without verdicts. "
            "“python -m report” makes the full report."
        )
    if site.runs_done < site.runs_planned:  # not how many: a site made meanwhile would have to write all pages again
        return "This report is not complete yet. The home page says how many of its runs are done."
    return ""


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("site-summary", SiteSummary)
    app.add_directive("audit-bar", AuditBar)
    app.add_directive("answer-cards", AnswerCards)
    app.add_directive("site-provenance", SiteProvenance)
    app.add_directive("pages", ExistingPages)
