"""API reference: each page's contents, the fields of classes as targets of links, and the values of constants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer

from fmnist_site.source_pages import source_place


def _list_parts(app: Sphinx, doctree: nodes.document) -> None:
    """Add the parts of an object's docstring and its methods to the page's contents; make its fields targets of links."""
    for description in doctree.findall(addnodes.desc):
        if not isinstance(description.parent, nodes.section):
            continue  # a method
        signature, content = description.children
        entries = []
        for part, title in _parts(content):
            part["ids"] = part["ids"] or [nodes.make_id(title)]
            entries.append(_entry(app.env.docname, title, part["ids"][0]))
            if title == "Attributes":
                _note_fields(app.env, f"{signature['module']}.{signature['fullname']}", part.parent)
            if title == "Raises":
                _link_errors(app.env.docname, signature["module"], part.parent)
        (page,) = app.env.tocs[app.env.docname]
        page[1].children[:0] = entries


def _parts(content: nodes.Element) -> Iterator[tuple[nodes.Element, str]]:
    """Yield the parts of a docstring and the methods below it, with their titles."""
    for child in content:
        match child:
            case nodes.field_list():
                yield from ((field[0], field[0].astext()) for field in child)
            case nodes.rubric():
                yield child, child.astext()
            case addnodes.desc():
                yield child[0], f"{child[0]['fullname'].rpartition('.')[2]}()"


def _entry(docname: str, title: str, anchor: str) -> nodes.list_item:
    reference = nodes.reference("", title, internal=True, refuri=docname, anchorname=f"#{anchor}")
    return nodes.list_item("", addnodes.compact_paragraph("", "", reference))


def _note_fields(env: BuildEnvironment, owner: str, fields: nodes.Element) -> None:
    """Add the fields that a class's docstring lists to the inventory, as ``fmnist_ref.History.running_loss``."""
    for term in fields.findall(nodes.term):
        for name in term.astext().split(", "):
            term["ids"].append(f"{owner}.{name}")
            env.domains.python_domain.note_object(f"{owner}.{name}", "attribute", f"{owner}.{name}", location=term)


def _link_errors(docname: str, module: str, errors: nodes.Element) -> None:
    """Link the errors that a function raises, which numpydoc leaves as plain text."""
    for term in errors.findall(nodes.term):
        attributes = {"refdomain": "py", "reftype": "exc", "refdoc": docname, "py:module": module}
        text = nodes.literal(text=term.astext(), classes=["xref"])
        term[:] = [addnodes.pending_xref("", text, reftarget=term.astext(), refwarn=True, **attributes)]


def _omit_object(app: Sphinx, name: str, cls: type, options: object, bases: list[type]) -> None:
    """Omit the base class that every class has."""
    bases[:] = [base for base in bases if base is not object]


def _omit_empty_bases(app: Sphinx, doctree: nodes.document) -> None:
    """Remove the line of base classes where there are none left."""
    for content in doctree.findall(addnodes.desc_content):
        if content.children and content[0].astext() == "Bases:":
            content.remove(content[0])


def _remove_module_index(app: Sphinx) -> None:
    """Remove the module index from the inventory, as its page does not exist."""
    standard = app.env.domains.standard_domain
    for name in ("modindex", "py-modindex"):
        standard.labels.pop(name, None)
        standard.anonlabels.pop(name, None)


def _skip_fields(app: Sphinx, what: str, name: str, member: object, skip: bool, options: object) -> bool | None:
    """Skip the fields of a class: its docstring lists them under Attributes."""
    return None if callable(member) or isinstance(member, property) else True


def _document_constant(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """
    Replace a constant's docstring, and list its items.

    Autodoc reads docstrings of constants only in the module that it imports them from. For a re-exported constant it
    shows the docstring of the constant's type.
    """
    place = source_place(name) if what == "data" else None
    if place is None:
        return
    module = place[0].removeprefix("source/").replace("/", ".")
    docstring = ModuleAnalyzer.for_module(module).find_attr_docs()["", name.rpartition(".")[2]]
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, tuple) else ()
    lines[:] = [*docstring, "", *(line for key, item in items for line in (f"``{key}``", f"   ``{item}``"))]


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    app.setup_extension("sphinx.ext.autodoc")  # it defines the events `autodoc-...`
    app.connect("doctree-read", _list_parts, priority=600)  # after Sphinx has listed the sections
    app.connect("doctree-read", _omit_empty_bases)
    app.connect("builder-inited", _remove_module_index)
    app.connect("autodoc-process-bases", _omit_object)
    app.connect("autodoc-skip-member", _skip_fields)
    app.connect("autodoc-process-docstring", _document_constant, priority=400)  # before numpydoc
