"""Link names of Python, PyTorch, NumPy and others to their documentation, without downloading their inventories."""

from __future__ import annotations

import builtins
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import fmnist_ref

RENAMED = (
    (r"^Tensor\b", "torch.Tensor"),
    (r"^torch\.nn\.modules\.\w+\.", "torch.nn."),
    (r"^torch\.optim\.[a-z]\w*\.(?=[A-Z])", "torch.optim."),
    (r"^torch\._C\.", "torch."),
)
"""Where PyTorch defines its classes, and where it documents them."""
PYTHON = "https://docs.python.org/3/library"
TORCH = "https://docs.pytorch.org/docs/stable"
PAGES = (
    (r"(int|float|bool|object)", rf"{PYTHON}/functions.html#\1"),
    (r"(str|bytes|list|tuple|dict|set)", rf"{PYTHON}/stdtypes.html#\1"),
    (r"(None|True|False|Ellipsis)", rf"{PYTHON}/constants.html#\1"),
    (r"(collections\.abc|typing|os|pathlib)\.(.+)", rf"{PYTHON}/\1.html#\1.\2"),
    (r"torch\.Tensor(?:\..+)?", f"{TORCH}/tensors.html"),
    (r"(torch\.(?:device|dtype))", rf"{TORCH}/tensor_attributes.html#\1"),
    (r"(torch\.optim\.Optimizer)", rf"{TORCH}/optim.html#\1"),
    (r"torch\.(accelerator|cuda|mps)", rf"{TORCH}/\1.html"),
    (r"(torch\..+)", rf"{TORCH}/generated/\1.html"),
    (r"(torchvision\..+)", r"https://docs.pytorch.org/vision/stable/generated/\1.html"),
    (r"jaxtyping\..+", r"https://docs.kidger.site/jaxtyping/api/array/"),
    (r"(numpy\..+)", r"https://numpy.org/doc/stable/reference/generated/\1.html"),
    (r"(sklearn\..+)", r"https://scikit-learn.org/stable/modules/generated/\1.html"),
)
"""Address of the documentation of each name, by pattern."""


LINKED_TYPES = (
    *("int", "float", "bool", "str", "bytes", "list", "tuple", "None", "True", "False", "os.PathLike"),
    *("torch.Tensor", "torch.device", "torch.Generator", "torch.nn.Module", "torch.nn.ReLU", "torch.optim.Optimizer"),
    "numpy.ndarray",
)
SHORT_TYPES = {
    "Path": "pathlib.Path",
    "Any": "typing.Any",
    "callable": "collections.abc.Callable",
    "sequence": "collections.abc.Sequence",
    "iterable": "collections.abc.Iterable",
    "Tensor": "torch.Tensor",
    **{name: f"jaxtyping.{name}" for name in ("Float", "Float64", "Int64", "UInt8")},
}


def type_links() -> dict[str, str]:
    """Return the role for each word that docstrings use as a type: a type of our own, or of another project."""
    words = {name: name for name in (*LINKED_TYPES, *fmnist_ref.__all__)} | SHORT_TYPES
    return {word: f":py:obj:`{word} <{name}>`" for word, name in words.items()}


def address_of(name: str) -> str | None:
    """Return the address of a name's documentation, or None for a name that is not another project's."""
    for place, documented in RENAMED:
        name = re.sub(place, documented, name)
    exception = getattr(builtins, name, None)
    if isinstance(exception, type) and issubclass(exception, BaseException):
        return f"{PYTHON}/exceptions.html#{name}"
    matches = ((re.fullmatch(pattern, name), address) for pattern, address in PAGES)
    return next((match.expand(address) for match, address in matches if match), None)


def _link(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.reference | None:
    """Link a name that the site does not define. A name that no other project defines either remains a warning."""
    address = address_of(node["reftarget"]) if node.get("refdomain") == "py" else None
    return nodes.reference("", "", content, refuri=address, internal=False) if address else None


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    app.connect("missing-reference", _link)
