"""Tables of claims, for one page or for all pages, and the role that shows a verdict."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from fmnist_site.claim_evidence import evidence_of
from fmnist_site.elements import Block, Inline, block, inline, link_to_page
from fmnist_site.evidence import no_results, page_of, read_all_pages, read_page
from fmnist_site.labels import claim_label, note_label
from fmnist_site.tables import Cell, row, table
from fmnist_site.verdicts import FAMILIES, STYLES, chip, count_families, family_chip
from report.conclude.verdicts import Finding
from report.render.page_data import Page

logger = logging.getLogger(__name__)

AUDIT = "audit"
"""The document with the table of all claims."""
CONTROLS = "controls"
"""The anchor of its second table: our own controls and remarks."""
COLUMNS = ["Claim", "What it says", "Verdict", "What we measured"]
ORIGINS = {"said": "Said by the notebook", "implied": "Implied by the notebook", "ours": "Ours"}


class VerdictRole(SphinxRole):
    """``{verdict}`Q4.1```: the verdict of that claim as a chip, linked to the row of the audit that decides it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the chip of the claim."""
        for page in read_all_pages(self.env):
            if self.text in page.claims:
                return [_linked_chip(page.claims[self.text])], []
        logger.warning("no claim is called %r", self.text, location=self.get_location(), type="verdict")
        return [nodes.Text(self.text)], []


class ClaimsDirective(SphinxDirective):
    """``{claims}``: the claims of the page, with verdicts and measurements."""

    def run(self) -> list[nodes.Node]:
        """Return the table, with index entries that rank each claim first in the search."""
        page = read_page(self.env, page_of(self.env, self.env.docname))
        if page is None:
            return [no_results()]
        entries = [("single", claim_id, claim_id, "main", None) for claim_id in page.claims]
        for claim_id in page.claims:
            for label in (claim_id.lower(), claim_label(claim_id)):
                note_label(self.env, label, claim_id, claim_id)
        rows = [_claim_row(self.env, page, finding) for finding in page.claims.values()]
        return [
            addnodes.index(entries=entries),
            table("Claims and verdicts", COLUMNS, rows, "claims"),
        ]


class AuditDirective(SphinxDirective):
    """``{audit}``: the claims of all pages by question, our own apart, with links that filter them by verdict."""

    def run(self) -> list[nodes.Node]:
        """Return the filter and the tables."""
        pages = read_all_pages(self.env)
        if not pages:
            return [no_results()]
        found = [(page, finding) for page in pages for finding in page.claims.values()]
        ours = [one for one in found if one[1].claim.origin == "ours"]
        content: list[nodes.Node] = [_filter(pages)]
        for page in pages:
            said = [one for one in found if one[0] is page and one not in ours]
            if said:
                content.append(self._group(page.title, f"claims-{page.name}", said))
        if ours:
            content.append(self._group("Our own controls and remarks, which no count includes", CONTROLS, ours))
        return [block("div", *content, classes=["audit"])]

    def _group(self, title: str, anchor: str, found: list[tuple[Page, Finding]]) -> nodes.section:
        rows = [_audit_row(self.env, page, finding) for page, finding in found]
        node = table(_shown([finding for _, finding in found]), COLUMNS, rows, "claims")
        return nodes.section("", nodes.title(text=title), node, ids=[anchor], classes=["claims-group"])


def _filter(pages: list[Page]) -> Block:
    """
    Return a list of links, one for each kind of verdict.

    The style sheet hides the other rows while such a link is the ``:target`` of the URL. Filters need no JavaScript,
    and each has a URL.
    """
    verdicts = [finding.verdict for page in pages for finding in page.claims.values() if finding.claim.counts]
    counts = count_families({word: verdicts.count(word) for word in STYLES})
    total = block("li", inline("a", f"all {len(verdicts)}", attributes={"href": "#all"}), ids=["all"])
    items = [total]
    for family, count in counts.items():
        shape, words = FAMILIES[family]
        link = inline("a", family_chip(family, f"{count} {words}", shape), attributes={"href": f"#{family}"})
        items.append(block("li", link, ids=[family]))
    label = {"aria-label": "Show claims by verdict"}
    return block("nav", block("ul", *items), classes=["audit-filter"], html_only=True, attributes=label)


def _shown(findings: list[Finding]) -> list[nodes.Node]:
    """
    Return a caption for each filter, of which the style sheet shows the one that is chosen.

    As everywhere, claims that another row decides don't count.
    """
    families = [STYLES[finding.verdict].family for finding in findings if not finding.claim.see]
    total = f"{len(families)} claim{'' if len(families) == 1 else 's'}"
    elsewhere = len(findings) - len(families)
    more = f", and {elsewhere} decided by {'another row' if elsewhere == 1 else 'other rows'}" if elsewhere else ""
    captions: list[nodes.Node] = [inline("span", total + more, classes=["shown", "shown-all"])]
    for family, (_, words) in FAMILIES.items():
        if family in families:
            text = f"{families.count(family)} of {total}: {words}"
            captions.append(inline("span", text, classes=["shown", f"shown-{family}"], html_only=True))
    return captions


def _claim_row(env: BuildEnvironment, page: Page, finding: Finding) -> nodes.row:
    name = link_to_page(finding.claim.id, AUDIT, finding.claim.id)
    return _row(name, finding, evidence_of(env, page, finding, in_detail=False))


def _audit_row(env: BuildEnvironment, page: Page, finding: Finding) -> nodes.row:
    name = link_to_page(finding.claim.id, f"answers/{page.name}", finding.claim.id)
    return _row(name, finding, evidence_of(env, page, finding, in_detail=True))


def _row(name: Inline, finding: Finding, measured: list[nodes.Node]) -> nodes.row:
    claim = finding.claim
    origin = f"{ORIGINS[claim.origin]}: {claim.place}" if claim.place else ORIGINS[claim.origin]
    says = [nodes.Text(claim.says), inline("span", origin, classes=["claim-origin"])]
    verdict = _linked_chip(finding) if claim.see else chip(finding)
    classes = [f"claim-{STYLES[finding.verdict].family}"]
    cells: list[Cell] = [[name], says, [verdict], measured]
    return row(cells, ids=[claim.id], classes=classes, cell_classes=["claim-id", "claim-says", "", ""])


def _linked_chip(finding: Finding) -> Inline:
    """Return the chip of a finding, linked to the row that decides it."""
    row_id = finding.claim.see or finding.claim.id
    return link_to_page(chip(finding), AUDIT, row_id, classes=["verdict-link"])


def setup(app: Sphinx) -> None:
    """Register the role and the directives."""
    app.add_role("verdict", VerdictRole())
    app.add_directive("claims", ClaimsDirective)
    app.add_directive("audit", AuditDirective)
