"""The home page: what was asked and what was found, at a glance."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import ClassVar

import msgspec
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.directives.other import TocTree
from sphinx.util.docutils import SphinxDirective

from fmnist_site.claims import AUDIT
from fmnist_site.elements import Block, block, inline, link_to_page
from fmnist_site.evidence import no_results, read_all_pages, read_site
from fmnist_site.measured import interval_of
from fmnist_site.results import pictures
from fmnist_site.verdicts import FAMILIES, count_families, family_chip
from report.render.page_data import Page, Site


class SiteSummary(SphinxDirective):
    """``{site-summary}``: how many answers, claims and seeds, on what machine, when."""

    def run(self) -> list[nodes.Node]:
        """Make the line."""
        site = read_site(self.env)
        if site is None:
            return [no_results()]
        claims = sum(site.verdicts.values())
        made_on = date.fromisoformat(site.made_on)
        parts = [f"{len(site.pages)} answers", f"{claims} claims", _seeds(site)]
        machine = site.environment.get("processor", "")
        where = f", measured on {machine}" if machine else ""
        text = f"{', '.join(parts)}{where}; {made_on.day} {made_on:%B %Y}."
        return [nodes.paragraph(text=text, classes=["site-summary"])]


def _seeds(site: Site) -> str:
    if site.seeds_done < site.seeds_planned:
        return f"{site.seeds_done} of {site.seeds_planned} seeds so far"
    return f"{site.seeds_done} seeds"


class AuditBar(SphinxDirective):
    """``{audit-bar}``: the verdicts as one stacked bar, each part a link to those claims."""

    def run(self) -> list[nodes.Node]:
        """Make the bar, and below it the same links in words."""
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
        return [block("div", bar, block("ul", *items, classes=["audit-legend"]), classes=["audit-bar"])]


class AnswerCards(SphinxDirective):
    """``{answer-cards}``: one card per answer, each of them one link; ``:heading: 2`` sets its level, 3 by default."""

    option_spec: ClassVar = {"heading": directives.nonnegative_int}

    def run(self) -> list[nodes.Node]:
        """Make the cards."""
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
        parts.append(block("p", "Not measured yet.", classes=["card-headline"]))
    if page.card:
        parts.append(pictures(page.card, "card-picture"))
    verdicts = [claim.verdict for claim in page.claims.values()]
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
    ``{pages}``: a table of contents of those of the pages named that there are.

    The report adds pages to this folder. Sphinx's own directive warns of each that isn't there yet; this one leaves it
    out. ``answers/*`` stands for all answers, in the report's order.
    """

    def run(self) -> list[nodes.Node]:
        """Leave out what is missing, and look again once a page is added."""
        site = read_site(self.env)
        self.env.glob_toctrees.add(self.env.docname)
        answers = [f"answers/{name}" for name in site.pages] if site else []
        named = [name for line in self.content for name in (answers if line == "answers/*" else [line])]
        existing = [name for name in named if name in self.env.found_docs]
        self.content = StringList([f"/{name}" for name in existing], source=self.get_source_info()[0])
        return super().run() if existing else []


class SiteProvenance(SphinxDirective):
    """``{site-provenance}``: version, commit, data and environment in one quiet line."""

    def run(self) -> list[nodes.Node]:
        """Make the line."""
        site = read_site(self.env)
        if site is None:
            return []
        commit = f"commit {site.commit[:10]}" if site.commit else "no commit"
        data = f"data: {site.data_source}, SHA-256 {site.data_sha256[:12]}…"
        environment = [_environment_entry(name, value) for name, value in site.environment.items()]
        parts = [f"fmnist-ref {site.version}", commit, f"{site.profile} profile", data, *environment]
        return [block("ul", *[block("li", part) for part in parts], classes=["site-provenance"])]


def _environment_entry(name: str, value: str) -> str:
    """Return a field of the environment in words: ``memory_bytes`` in gibibytes, the others as they are."""
    if name.endswith("_bytes") and value.isdigit():
        return f"{name.removesuffix('_bytes')} {int(value) / 2**30:.0f} GiB"
    return f"{name.replace('_', ' ')} {value}"


def banner(source_folder: Path) -> str:
    """Return what every page says at its top as long as the results are not the full ones; empty once they are."""
    path = source_folder / "evidence" / "site.json"
    if not path.is_file():
        return ""
    site = msgspec.json.decode(path.read_bytes(), type=Site)
    if site.profile == "quick":
        return (
            "Quick profile: few seeds and few epochs, for a first look. Verdicts are withheld; "
            "“python -m report” makes the full report."
        )
    return f"This report is still being made: {_seeds(site)}." if site.seeds_done < site.seeds_planned else ""


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("site-summary", SiteSummary)
    app.add_directive("audit-bar", AuditBar)
    app.add_directive("answer-cards", AnswerCards)
    app.add_directive("site-provenance", SiteProvenance)
    app.add_directive("pages", ExistingPages)
