"""Tables of claims, for one page or for all pages, and the role that shows a verdict."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from fmnist_site.elements import Block, Inline, block, inline, link_to_page
from fmnist_site.evidence import no_results, page_of, read_all_pages, read_page
from fmnist_site.number_role import measured_number
from fmnist_site.tables import Cell, row, table
from fmnist_site.verdicts import FAMILIES, STYLES, chip, count_families, family_chip
from report.conclude.verdicts import Finding
from report.render.page_data import Number, Page, numbers_of

logger = logging.getLogger(__name__)

AUDIT = "audit"
"""The document with the table of all claims."""
KINDS = {"E": "empirical", "D": "by definition", "G": "needs an accelerator"}


class VerdictRole(SphinxRole):
    """``{verdict}`Q4.1```: the verdict of that claim as a chip, linked to its row of the audit."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the chip of the claim."""
        for page in read_all_pages(self.env):
            if self.text in page.claims:
                verdict = chip(page.claims[self.text].verdict)
                return [link_to_page(verdict, AUDIT, self.text, classes=["verdict-link"])], []
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
            self._name(claim_id)
        rows = [_claim_row(self.env, page, finding) for finding in page.claims.values()]
        columns = ["Claim", "What the notebook says", "Verdict", "What we measured"]
        return [
            addnodes.index(entries=entries),
            table("Claims and verdicts", columns, rows, "claims"),
        ]

    def _name(self, claim_id: str) -> None:
        """Make ``{ref}`Q4.1``` link to the row."""
        standard = self.env.domains.standard_domain
        standard.labels[claim_id.lower()] = (self.env.docname, claim_id, claim_id)
        standard.anonlabels[claim_id.lower()] = (self.env.docname, claim_id)


class AuditDirective(SphinxDirective):
    """``{audit}``: the claims of all pages, with links that filter them by verdict."""

    def run(self) -> list[nodes.Node]:
        """Return the filter and the table."""
        pages = read_all_pages(self.env)
        if not pages:
            return [no_results()]
        rows = [_audit_row(self.env, page, finding) for page in pages for finding in page.claims.values()]
        columns = ["Claim", "What the notebook says", "Verdict", "What we measured"]
        return [block("div", _filter(pages), table("All claims", columns, rows, "claims"), classes=["audit"])]


def _filter(pages: list[Page]) -> Block:
    """
    Return a list of links, one for each kind of verdict.

    The style sheet hides the other rows while such a link is the ``:target`` of the URL. Filters need no JavaScript,
    and each has a URL.
    """
    verdicts = [claim.verdict for page in pages for claim in page.claims.values()]
    counts = count_families({word: verdicts.count(word) for word in STYLES})
    total = block("li", inline("a", f"all {len(verdicts)}", attributes={"href": "#all"}), ids=["all"])
    items = [total]
    for family, count in counts.items():
        shape, words = FAMILIES[family]
        link = inline("a", family_chip(family, f"{count} {words}", shape), attributes={"href": f"#{family}"})
        items.append(block("li", link, ids=[family]))
    label = {"aria-label": "Show claims by verdict"}
    return block("nav", block("ul", *items), classes=["audit-filter"], html_only=True, attributes=label)


def _claim_row(env: BuildEnvironment, page: Page, finding: Finding) -> nodes.row:
    claim = finding.claim
    name = [link_to_page(claim.id, AUDIT, claim.id)]
    return _row(finding, [name, claim.says, [chip(finding.verdict)], _measured(env, page, finding, with_rule=False)])


def _audit_row(env: BuildEnvironment, page: Page, finding: Finding) -> nodes.row:
    claim = finding.claim
    name = [link_to_page(claim.id, f"answers/{page.name}", claim.id)]
    verdict: list[nodes.Node] = [chip(finding.verdict)]
    if finding.leaning:
        verdict.append(inline("span", f"leaning to {finding.leaning}", classes=["claim-detail"]))
    return _row(finding, [name, claim.says, verdict, _measured(env, page, finding, with_rule=True)])


def _row(finding: Finding, cells: list[Cell]) -> nodes.row:
    classes = [f"claim-{STYLES[finding.verdict].family}"]
    return row(cells, ids=[finding.claim.id], classes=classes, cell_classes=["claim-id", "claim-says", "", ""])


def _measured(env: BuildEnvironment, page: Page, finding: Finding, *, with_rule: bool) -> list[nodes.Node]:
    """Return the evidence for a verdict: estimates first, then details in words."""
    content: list[nodes.Node] = []
    claim, found = finding.claim, numbers_of(page, finding.claim.id)
    if found:
        content.append(inline("span", *[_estimate(env, number) for number in found], classes=["claim-numbers"]))
    details = [claim.note]
    if with_rule:
        rule = claim.rule.describe() if claim.rule else "settled by definition"
        details += [f"{finding.measured}.", f"{KINDS[claim.kind].capitalize()}. Rule: {rule}."]
    if finding.verdict == "undetermined":
        details += [
            f"{n.estimate.n} {n.estimate.n_of} could have detected {n.detectable}." for n in found if n.detectable
        ][:1]
    content += [_detail(text) for text in details if text]
    if claim.tests:
        tests = [inline("code", f"tests/definitions/test_{claim.page}.py::{test}") for test in claim.tests]
        content.append(inline("span", "Checked by ", *tests, classes=["claim-detail"]))
    return content


def _estimate(env: BuildEnvironment, number: Number) -> Inline:
    suffix = [inline("span", f" ({number.interval})", classes=["interval"])] if number.interval else []
    return inline("span", measured_number(env, number), *suffix, classes=["estimate"])


def _detail(text: str) -> Inline:
    sentence = text[0].upper() + text[1:]
    return inline("span", sentence.replace("..", "."), classes=["claim-detail"])


def setup(app: Sphinx) -> None:
    """Register the role and the directives."""
    app.add_role("verdict", VerdictRole())
    app.add_directive("claims", ClaimsDirective)
    app.add_directive("audit", AuditDirective)
