"""Names of classes as they stand in a sentence."""

from __future__ import annotations

from fmnist_ref import CLASS_NAMES


def in_a_sentence(label: int) -> str:
    """Return a class's name without a capital, except for the letter that a T-shirt is named after."""
    name = CLASS_NAMES[label]
    return name if name.startswith("T-") else name.lower()
