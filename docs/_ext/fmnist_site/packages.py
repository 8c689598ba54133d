"""The directive that links to the wheel and the source archive of the site."""

from __future__ import annotations

import hashlib
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from fmnist_site.cite import permanent_address
from fmnist_site.elements import Block, block, inline, link_to_file

KINDS = {".whl": "wheel", ".gz": "source archive", ".cff": "for reference managers"}
"""Files by suffix, in the order of the list."""


class Packages(SphinxDirective):
    """``{packages}``: links to the files with their SHA-256, and the command that installs the wheel."""

    def run(self) -> list[nodes.Node]:
        """Return the list and the command."""
        found = Path(self.env.srcdir, "published", "packages").glob("*")
        files = sorted(found, key=lambda path: list(KINDS).index(path.suffix))
        if not files:
            self.env.note_reread()
            return [nodes.paragraph(text="A site that the report makes has the wheel and the source archive here.")]
        wheel = files[0].name
        target = permanent_address(self.config, f"packages/{wheel}") or wheel
        command = f"python -m pip install {target}"
        items = [_item(self.env, path) for path in files]
        return [block("ul", *items, classes=["packages"]), nodes.literal_block(command, command, language="shell")]


def _item(env: BuildEnvironment, path: Path) -> Block:
    env.note_dependency(str(path))
    content = path.read_bytes()
    about = f", {KINDS[path.suffix]}, {len(content) / 1000:.0f} kB, SHA-256 "
    digest = inline("code", hashlib.sha256(content).hexdigest())
    return block("li", link_to_file(path.name, f"packages/{path.name}"), about, digest)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("packages", Packages)
