"""What a table of claims shows as evidence: estimates with their intervals, rules, tests, and how to cite the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes
from sphinx.environment import BuildEnvironment

from fmnist_site.cite import cite_button, work_on_page
from fmnist_site.elements import Inline, inline, link_to_page
from fmnist_site.number_role import interval_of, measured_number
from fmnist_site.source_pages import source_place
from fmnist_site.verdicts import condition_chip
from report.conclude import formatting
from report.conclude.claims import Claim
from report.conclude.rules import conditions_of
from report.conclude.verdicts import ConditionFinding, Finding
from report.render.page_data import Number, Page, numbers_of

KINDS = {"E": "empirical", "D": "by definition", "G": "needs an accelerator"}


def evidence_of(env: BuildEnvironment, page: Page, finding: Finding, *, in_detail: bool) -> list[nodes.Node]:
    """Return the evidence for a verdict: estimates first, then details in words."""
    claim, found = finding.claim, numbers_of(page, finding.claim.id)
    content: list[nodes.Node] = []
    if finding.illustration:
        content.append(_detail(f"An illustration, without a verdict of its own: {finding.illustration}."))
    content += _conditions(env, finding, found, in_detail=in_detail)
    details: list[str | Inline] = [claim.note]
    if in_detail and not claim.see:
        details += [f"{finding.measured}.", *_rules(claim, found)]
    if finding.verdict == "undetermined":
        details += [
            f"With {formatting.count_of(n.estimate)}, a true value {n.detectable} beyond the threshold would probably have been noticed."
            for n in found
            if n.detectable
        ][:1]
    content += [_detail(text) if isinstance(text, str) else text for text in details if text]
    if claim.tests:
        content.append(_tests(claim.page, claim.tests))
    if in_detail:
        content.append(_citation(env, page, claim))
    return content


def _rules(claim: Claim, found: list[Number]) -> list[Inline]:
    """Return what kind of claim it is with its rule, or the rule of each condition; *Rule* links to the code that has it."""
    kind = f"{KINDS[claim.kind].capitalize()}."
    place = source_place(found[0].provenance.made_by) if found else None

    def line(before: str, after: str) -> Inline:
        name = link_to_page("Rule", *place, attributes={"title": found[0].provenance.made_by}) if place else "Rule"
        return inline("span", before, name, after, classes=["claim-detail"])

    if claim.rule is None:
        return [line(f"{kind} ", ": settled by definition.")]
    rules = {name: rule.describe() for name, rule in conditions_of(claim.rule).items()}
    if len(set(rules.values())) == 1:
        return [line(f"{kind} ", f"{' under each condition' if len(rules) > 1 else ''}: {rules.popitem()[1]}.")]
    return [_detail(kind), *[line("", f" for {name}: {rule}.") for name, rule in rules.items()]]


def _tests(page: str, names: Sequence[str]) -> Inline:
    """Return links to the source code of the tests that check a definition."""
    links: list[nodes.Node] = []
    for name in names:
        place = source_place(f"tests.definitions.test_{page}.{name}")
        words = "a test" if not links else "another"
        title = {"title": f"tests/definitions/test_{page}.py::{name}"}
        links += [nodes.Text(", "), link_to_page(words, *place, attributes=title)] if place else []
    return inline("span", "Checked by ", *(links[1:] or ["a test"]), ".", classes=["claim-detail"])


def _citation(env: BuildEnvironment, page: Page, claim: Claim) -> Inline:
    """Return a button that shows how to cite the verdict on a claim."""
    title = f"Claim {claim.id}: {claim.says} Its verdict, in “{page.title}”"
    work = work_on_page(f"answers/{page.name}", title, claim.id)
    return cite_button(env, f"claim {claim.id}", work)


def _conditions(env: BuildEnvironment, finding: Finding, found: list[Number], *, in_detail: bool) -> list[nodes.Node]:
    """Return the estimates of each condition, with its own verdict and, in detail, its test."""
    if not finding.conditions:
        return [_estimates(env, found, in_detail=in_detail)] if found else []
    content: list[nodes.Node] = []
    for condition in finding.conditions:
        taken, found = found[: len(condition.estimates)], found[len(condition.estimates) :]
        if condition.name:
            name = inline("span", f"{condition.name[0].upper()}{condition.name[1:]} ", classes=["condition-name"])
            content.append(inline("span", name, condition_chip(condition), classes=["condition"]))
        content.append(_estimates(env, taken, in_detail=in_detail))
        if in_detail and (test := _test(condition)):
            content.append(_detail(test))
    return content


def _estimates(env: BuildEnvironment, found: list[Number], *, in_detail: bool) -> Inline:
    return inline("span", *[_estimate(env, number, in_detail=in_detail) for number in found], classes=["claim-numbers"])


def _estimate(env: BuildEnvironment, number: Number, *, in_detail: bool) -> Inline:
    parts = [interval_of(number), f"n = {formatting.count_of(number.estimate)}" if in_detail else ""]
    about = ", ".join(part for part in parts if part)
    suffix = [inline("span", f" ({about})", classes=["interval"])] if about else []
    return inline("span", measured_number(env, number), *suffix, classes=["estimate"])


def _test(condition: ConditionFinding) -> str:
    """Write the p-value of a condition, and whether its decision stands after the correction; empty without a test."""
    if condition.p_value is None:
        return ""
    p_value = formatting.p_value(condition.p_value)
    if condition.leaning:
        return f"{p_value}: {condition.leaning} by its interval alone, but this does not stand after Holm’s correction."
    stands = condition.rejects and condition.verdict != "undetermined"
    return f"{p_value}{', which stands after Holm’s correction' if stands else ''}."


def _detail(text: str) -> Inline:
    sentence = text if text.startswith("p ") else text[0].upper() + text[1:]
    return inline("span", sentence.replace("..", "."), classes=["claim-detail"])
