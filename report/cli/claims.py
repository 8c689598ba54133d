"""``claims``: print the ledger of all claims."""

from __future__ import annotations

import click

from report.answers import CLAIMS
from report.cli import DONE
from report.run import progress


@click.command()
def claims() -> int:
    """Print every claim with what is measured and the rule that decides it, in the order of the notebook."""
    console = progress.console()
    for claim in CLAIMS.values():
        rule = claim.rule.describe() if claim.rule else f"{str(claim.holds).lower()} by definition"
        checked = f" Checked by {', '.join(claim.tests)}." if claim.tests else ""
        console.print(f"{claim.id} ({claim.kind}) {claim.says}", markup=False, soft_wrap=True)
        console.print(f"    {claim.measured}: {rule}.{checked}", markup=False, soft_wrap=True)
    return DONE
