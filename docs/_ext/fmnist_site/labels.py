"""Labels in the inventory, so that other Sphinx projects can refer to claims, figures and tables."""

from __future__ import annotations

import re

from sphinx.environment import BuildEnvironment


def claim_label(claim_id: str) -> str:
    """Return the label of a claim: ``claim-q4-1`` for ``Q4.1``."""
    return "claim-" + re.sub(r"\W", "-", claim_id.lower())


def note_label(env: BuildEnvironment, label: str, anchor: str, title: str) -> None:
    """Make ``{ref}`label``` link to an anchor on the current page, here and through intersphinx."""
    standard = env.domains.standard_domain
    standard.labels[label] = (env.docname, anchor, title)
    standard.anonlabels[label] = (env.docname, anchor)
