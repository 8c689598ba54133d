"""Where direct labels go: next to what they name, and never on each other."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float) -> list[float] | None:
    """
    Move labels apart: the centres nearest to those wanted (in squares) at which none overlaps and all are inside.

    Returns None if they don't fit between top and bottom at all.

    Neighbours that overlap are merged into a block which moves as one, until no blocks overlap (pool adjacent
    violators, the algorithm of isotonic regression).
    """
    if sum(heights) > bottom - top:
        return None
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[tuple[float, float, list[int]]] = []  # centre, height, members from the top down
    for index in order:
        block = (_within(wanted[index], heights[index], top, bottom), heights[index], [index])
        while blocks and blocks[-1][0] + blocks[-1][1] / 2 > block[0] - block[1] / 2:
            block = _merged(blocks.pop(), block, wanted, heights, (top, bottom))
        blocks.append(block)
    centres = [0.0] * len(wanted)
    for centre, height, members in blocks:
        edge = centre - height / 2
        for index in members:
            centres[index] = edge + heights[index] / 2
            edge += heights[index]
    return centres


def _within(centre: float, height: float, top: float, bottom: float) -> float:
    return min(max(centre, top + height / 2), bottom - height / 2)


def _merged(
    upper: tuple[float, float, list[int]],
    lower: tuple[float, float, list[int]],
    wanted: Sequence[float],
    heights: Sequence[float],
    bounds: tuple[float, float],
) -> tuple[float, float, list[int]]:
    """Join two blocks, and put the new one where its members would on average have it."""
    members = upper[2] + lower[2]
    height = upper[1] + lower[1]
    offset, offsets = -height / 2, []
    for index in members:
        offsets.append(wanted[index] - (offset + heights[index] / 2))
        offset += heights[index]
    return _within(sum(offsets) / len(offsets), height, *bounds), height, members
