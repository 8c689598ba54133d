"""The role ``{measured}``, which shows a measured number with a panel of its interval and its records."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from fmnist_site.cite import citation_text, work_on_page
from fmnist_site.elements import Inline, inline, link_to_file
from fmnist_site.evidence import page_of, read_page
from report.render.page_data import Number

logger = logging.getLogger(__name__)

MAX_RECORD_LINKS = 12
"""Number of records that a panel links to. With more it would be taller than the screen of a phone."""


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
    button = inline(
        "button",
        number.text,
        classes=["measured-number"],
        attributes={
            "type": "button",
            "popovertarget": panel_id,
            "popovertargetaction": "show",  # a click must not close a panel that hovering opened
            "aria-label": accessible_name(number),
        },
    )
    panel = _panel(number, panel_id)
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


def accessible_name(number: Number) -> str:
    """Return the number, its interval and its n for screen readers."""
    n = f"{number.estimate.n:,} {number.estimate.n_of}"
    return ", ".join(part for part in (number.text, interval_of(number), n) if part)


def _panel(number: Number, panel_id: str) -> Inline:
    estimate = number.estimate
    rows = [_row(number.interval_name, f"{number.interval} {estimate.unit}")] if number.interval else []
    rows += [
        *([] if number.interval else [_row("unit", estimate.unit)]),
        *([_row("interval", "none: the number is exact")] if estimate.kind == "exact" else []),
        _row("n", f"{estimate.n:,} {estimate.n_of}"),
        _row("method", estimate.method),
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
