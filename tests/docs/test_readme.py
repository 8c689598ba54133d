"""The README's code does what it says, on the images that come with the package."""

import re
from pathlib import Path

import pytest

import fmnist_ref

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_ten_lines_run(monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    monkeypatch.setattr(fmnist_ref, "load", fmnist_ref.load_sample)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own lines
    loss, accuracy = capsys.readouterr().out.split()
    assert float(loss) < 2.3
    assert float(accuracy.rstrip("%")) > 30


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?://)([^)#]+)\)", README))
def test_links_lead_somewhere(target):
    assert (Path(__file__).parents[2] / target).exists()
