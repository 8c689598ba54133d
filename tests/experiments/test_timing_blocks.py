"""Short calls that are timed in blocks."""

import pytest
import torch

from report.experiments.timing_blocks import MOST_CALLS, WARM_UP_SHARE, Block, tf32, time_blocks

CPU = torch.device("cpu")


def test_blocks_take_turns_and_one_that_does_not_fit_is_left_out():
    calls = []

    def does_not_fit():
        raise torch.OutOfMemoryError("too large")

    blocks = [
        Block(device=CPU, threads=1, prepare=lambda: lambda: calls.append("a")),
        Block(device=CPU, threads=1, prepare=lambda: does_not_fit),
        Block(device=CPU, threads=1, prepare=lambda: lambda: calls.append("b")),
    ]
    first, none, last = time_blocks(blocks, rounds=3)
    assert (len(first), none, len(last)) == (3, [], 3)
    assert min(first + last) > 0
    warm = ["a", "a", "b", "b"]
    in_a_round = MOST_CALLS + MOST_CALLS // WARM_UP_SHARE
    assert calls == warm + (["a"] * in_a_round + ["b"] * in_a_round) * 3


def test_products_are_rounded_where_that_is_wanted_and_only_there():
    seen = []

    def look():
        seen.append((torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32))

    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    blocks = [Block(device=CPU, threads=1, prepare=lambda: look, allow_tf32=allowed) for allowed in (False, True)]
    time_blocks(blocks, rounds=1)
    assert set(seen[:2]) == {("highest", False)}
    assert set(seen[2:4]) == {("high", True)}
    assert set(seen[-MOST_CALLS:]) == {("high", True)}
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == before
    with pytest.raises(ZeroDivisionError), tf32(allowed=True):
        raise ZeroDivisionError
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == before


def test_a_block_that_no_longer_fits_is_left_out_and_the_others_are_kept():
    left = 5  # two calls to prepare it, and three of its warm-up

    def grows():
        nonlocal left
        left -= 1
        if left < 0:
            raise torch.OutOfMemoryError("too large")

    blocks = [
        Block(device=CPU, threads=1, prepare=lambda: grows),
        Block(device=CPU, threads=1, prepare=lambda: lambda: None),
    ]
    none, kept = time_blocks(blocks, rounds=2)
    assert (none, len(kept)) == ([], 2)


def test_each_block_has_its_threads_and_those_of_before_come_back():
    seen, before = [], torch.get_num_threads()
    blocks = [
        Block(device=CPU, threads=threads, prepare=lambda: lambda: seen.append(torch.get_num_threads()))
        for threads in (before + 1, before + 2)
    ]
    time_blocks(blocks, rounds=1)
    assert seen[:4] == [before + 1, before + 1, before + 2, before + 2]
    assert set(seen[4:]) == {before + 1, before + 2}
    assert torch.get_num_threads() == before
