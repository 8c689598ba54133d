"""``claims``: print the ledger of all claims."""

from __future__ import annotations

from collections.abc import Iterator

import click

from report.answers import CLAIMS
from report.cli import DONE
from report.conclude.claims import Claim
from report.conclude.rules import conditions_of
from report.run import progress


@click.command()
def claims() -> int:
    """Print every claim: who says it and where, what is measured, and by which rule it is decided, in the notebook's order."""
    console = progress.console()
    for claim in CLAIMS.values():
        for line in describe(claim):
            console.print(line, markup=False, soft_wrap=True)
    return DONE


def describe(claim: Claim) -> Iterator[str]:
    """Describe one claim in lines of text, the first with its id, its kind and its origin."""
    yield f"{claim.id} ({claim.kind}, {claim.origin}{f': {claim.place}' if claim.place else ''}) {claim.says}"
    if claim.see:
        yield f"    Decided by {claim.see}, and not counted again."
        return
    if claim.origin == "ours":
        yield "    Not counted: the notebook does not say it."
    yield f"    {'Settled by' if claim.kind == 'D' else 'Measured'}: {claim.measured}."
    if claim.rule is None:
        yield f"    {str(claim.holds).capitalize()} by definition. Checked by {', '.join(claim.tests)}."
    else:
        for condition, rule in conditions_of(claim.rule).items():
            yield f"    Rule{f' for {condition}' if condition else ''}: {rule.describe()}."
    if claim.illustration:
        yield f"    Illustration, without a verdict: {claim.illustration}."
    if claim.note:
        yield f"    Note: {claim.note}"
