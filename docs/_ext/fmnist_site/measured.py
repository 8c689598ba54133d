"""Measured numbers in the text: the role ``{measured}`` and the panel that says where a number came from."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from fmnist_site.elements import Inline, inline, link_to_file
from fmnist_site.evidence import page_of, read_page
from report.render.page_data import Number

logger = logging.getLogger(__name__)

MAX_RECORD_LINKS = 12
"""Records that a panel links to one by one; more would make it taller than a phone."""


class MeasuredRole(SphinxRole):
    """``{measured}`page/name``` or, for a number of the page itself, ``{measured}`name```."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Replace the name by the number."""
        page_name, _, name = self.text.rpartition("/")
        page = read_page(self.env, page_name or page_of(self.env, self.env.docname))
        number = page.numbers.get(name) if page else None
        if number is None:
            logger.warning("no measured number is called %r", self.text, location=self.get_location(), type="measured")
            return [nodes.Text(self.text)], []
        return [measured_number(self.env, number)], []


def measured_number(env: BuildEnvironment, number: Number) -> Inline:
    """Make the number as a button that opens its panel."""
    panel_id = f"measured-{env.new_serialno('measured') + 1}"
    button = inline(
        "button",
        number.text,
        classes=["measured-number"],
        attributes={
            "type": "button",
            "popovertarget": panel_id,
            "popovertargetaction": "show",  # a click on a panel that hovering has opened keeps it open
            "aria-label": accessible_name(number),
        },
    )
    return inline("span", button, _panel(number, panel_id), classes=["measured"])


def accessible_name(number: Number) -> str:
    """Say the number, its interval and its n, as a screen reader should read it."""
    interval = interval_text(number)
    parts = [number.text, f"95 % interval {interval}" if interval else "", f"{number.n:,} {number.n_of}"]
    return ", ".join(part for part in parts if part)


def interval_text(number: Number) -> str:
    """Return the interval as ``low to high``, to the decimals that the number itself is printed with."""
    if number.low is None or number.high is None:
        return ""
    decimals = _printed_decimals(number)
    return f"{_format(number.low, decimals)} to {_format(number.high, decimals)}"


def _printed_decimals(number: Number) -> int | None:
    """Count the decimals of the printed number; None where it is not printed as a plain decimal in its unit."""
    match = re.search(r"\d[\d,]*(?:\.(\d+))?", number.text)
    if match is None:
        return None
    decimals = len(match[1] or "")
    printed = float(match[0].replace(",", ""))
    return decimals if abs(printed - abs(number.value)) <= 0.51 * 10**-decimals else None


def _format(value: float, decimals: int | None) -> str:
    text = f"{value:,.3g}" if decimals is None else f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")  # no minus zero
    return text.replace("-", "−")


def _panel(number: Number, panel_id: str) -> Inline:
    interval = interval_text(number)
    rows = [
        _row("95 % interval", f"{interval} {number.unit}") if interval else _row("unit", number.unit),
        _row("n", f"{number.n:,} {number.n_of}"),
        _row("method", number.method),
    ]
    if number.provenance.records:
        rows.append(_row("records", *_record_links(number.provenance.records)))
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


def _record_links(records: tuple[str, ...]) -> list[nodes.Node | str]:
    links: list[nodes.Node | str] = []
    for position, record in enumerate(records[:MAX_RECORD_LINKS], start=1):
        name = record.rpartition("/")[2]
        links += [link_to_file(str(position), record, attributes={"aria-label": f"{position}: {name}"}), " "]
    if len(records) > MAX_RECORD_LINKS:
        links.append(f"and {len(records) - MAX_RECORD_LINKS} more")
    return links


def setup(app: Sphinx) -> None:
    """Register the role."""
    app.add_role("measured", MeasuredRole())
