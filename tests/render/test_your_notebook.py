"""What a student is told to change and to try: on every answer page, in lines that fit, and in code that runs."""

import contextlib
import io
import re

import pytest
import torch
from examples import whole_report
from stand_ins.pages import spoken

from report.answers import ANSWERS

CELL = re.compile(r"^```\{code-cell\} ipython3\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WIDTH = 76


@pytest.fixture(scope="module")
def records():
    return whole_report()


def section(text, heading):
    """Return what stands under a heading."""
    _, found, rest = text.partition(f"\n## {heading}\n")
    assert found, heading
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("name", ANSWERS)
def test_code_of_a_page_runs_and_what_the_student_is_given_fits_the_page(name, records):
    _, text = spoken(ANSWERS[name], records)
    yours = CELL.findall(section(text, "In your notebook"))
    assert yours
    assert [line for cell in yours for line in cell.splitlines() if len(line) > WIDTH] == []
    names, printed = {}, io.StringIO()
    with torch.random.fork_rng(), contextlib.redirect_stdout(printed):
        for cell in CELL.findall(text):
            before = printed.tell()
            exec(compile(cell, f"{name}, {cell[:30]!r}", "exec"), names)  # noqa: S102 - our own page
    assert printed.tell() > before  # the last cell shows what it does


@pytest.mark.parametrize("name", ANSWERS)
def test_every_exercise_says_what_number_to_expect(name, records):
    _, text = spoken(ANSWERS[name], records)
    exercises = re.findall(r"^- \*\*.*$", section(text, "Next steps"), re.MULTILINE)
    assert 2 <= len(exercises) <= 3
    assert all("{measured}`" in exercise for exercise in exercises)
    assert "**Read on:**" in section(text, "Next steps")


@pytest.mark.parametrize("name", ANSWERS)
def test_a_page_offers_the_corrected_notebook_to_download(name, records):
    _, text = spoken(ANSWERS[name], records)
    assert 'href="../notebooks/fashion_mnist_corrected.ipynb" download' in section(text, "In your notebook")
