"""The role ``{measured}``, which shows a measured number with a panel of its interval and its records."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from fmnist_site.cite import citation_text, work_on_page
from fmnist_site.elements import Inline, inline
from fmnist_site.evidence import page_of, read_page
from fmnist_site.record_lists import records_link
from report.conclude import formatting
from report.render.page_data import Number

logger = logging.getLogger(__name__)

OPENING = re.compile(r"[(\[“‘]+$")
CLOSING = re.compile(r"^[)\]”’.,;:!?%]+")


class MeasuredRole(SphinxRole):
    """``{measured}`name``` for a number of this page, or ``{measured}`page/name``` for another page's."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number."""
        page_name, _, name = self.text.rpartition("/")
        page = read_page(self.env, page_name or page_of(self.env, self.env.docname))
        number = page.numbers.get(name) if page else None
        if number is None:
            logger.warning("no measured number is called %r", self.text, location=self.get_location(), type="measured")
            return [nodes.Text(self.text)], []
        return [measured_number(self.env, number)], []


def measured_number(env: BuildEnvironment, number: Number) -> Inline:
    """Return the number as a button that opens its panel."""
    panel_id = f"measured-{env.new_serialno('measured') + 1}"
    printed = {"data-interval": f" ({interval_of(number)})"} if number.interval else {}
    button = inline(
        "button",
        number.text,
        classes=["measured-number"],
        attributes={
            "type": "button",
            "popovertarget": panel_id,
            "popovertargetaction": "show",  # a click must not close a panel that hovering opened
            "aria-label": accessible_name(number),
            **printed,
        },
    )
    panel = _panel(env, number, panel_id)
    panel += _row("cite", _citation(env, number))
    return inline("span", button, panel, classes=["measured"])


def _citation(env: BuildEnvironment, number: Number) -> Inline:
    page = read_page(env, page_of(env, env.docname))
    title = f"{accessible_name(number)}, in “{page.title}”" if page else accessible_name(number)
    return citation_text(env, work_on_page(env.docname, title))


def interval_of(number: Number) -> str:
    """Return a number's interval with its name, ``exact`` for an exact number, or nothing for a single run."""
    if number.interval:
        return f"{number.interval_name} {number.interval}"
    return "exact" if number.estimate.kind == "exact" else ""


def interval_with_unit(number: Number) -> str:
    """Return a number's interval with its unit spelt out; that of a count already has it."""
    return number.interval if formatting.is_count(number.estimate) else f"{number.interval} {number.estimate.unit}"


def accessible_name(number: Number) -> str:
    """Return the number, its interval and its n for screen readers."""
    n = formatting.count_of(number.estimate)
    return ", ".join(part for part in (number.text, interval_of(number), n) if part)


def _panel(env: BuildEnvironment, number: Number, panel_id: str) -> Inline:
    estimate = number.estimate
    rows = [_row(number.interval_name, interval_with_unit(number))] if number.interval else []
    rows += [
        *([] if number.interval else [_row("unit", estimate.unit)]),
        *([_row("interval", "none: the number is exact")] if estimate.kind == "exact" else []),
        _row("n", formatting.count_of(estimate)),
        _row("method", estimate.method),
    ]
    if number.provenance.records:
        rows.append(_row("records", records_link(env, number)))
    command = inline("code", number.provenance.rebuild, classes=["copyable"])
    rows.append(_row("rebuild", command))
    heading = inline("span", number.text, classes=["measured-heading"])
    return inline(
        "span",
        heading,
        *rows,
        ids=[panel_id],
        classes=["measured-panel"],
        html_only=True,
        attributes={"popover": "auto", "role": "group", "aria-label": f"About {number.text}"},
    )


def _row(label: str, *content: nodes.Node | str) -> Inline:
    return inline(
        "span",
        inline("span", label, classes=["measured-label"]),
        inline("span", *content, classes=["measured-value"]),
        classes=["measured-row"],
    )


class PunctuationStaysWithItsNumber(SphinxTransform):
    """
    Move punctuation beside a measured number into the number's element, in which no line breaks.

    A browser may break a line before and after a button, even between a number and the full stop that follows.
    """

    default_priority = 760  # after SphinxSmartQuotes, at 750

    def apply(self, **options: Any) -> None:
        """Move it for every measured number of the document."""
        for measured in self.document.findall(lambda node: isinstance(node, Inline) and "measured" in node["classes"]):
            place = measured.parent.index(measured)
            before, after = measured.parent[:place][-1:], measured.parent[place + 1 :][:1]
            if after and isinstance(after[0], nodes.Text) and (closing := CLOSING.search(after[0])):
                measured += nodes.Text(closing[0])
                measured.parent.replace(after[0], nodes.Text(after[0][closing.end() :]))
            if before and isinstance(before[0], nodes.Text) and (opening := OPENING.search(before[0])):
                measured.insert(0, nodes.Text(opening[0]))
                measured.parent.replace(before[0], nodes.Text(before[0][: opening.start()]))


def setup(app: Sphinx) -> None:
    """Register the role and the transform."""
    app.add_role("measured", MeasuredRole())
    app.add_transform(PunctuationStaysWithItsNumber)
