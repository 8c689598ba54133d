"""The README's code runs, its commands work, and its links lead somewhere."""

import configparser
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

import fmnist_ref
from report.cli.commands import cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = "".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL)).splitlines()
"""The command that installs tox, and those that use it."""


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
    assert (ROOT / target).exists()


@pytest.fixture
def packages(tmp_path):
    """Return a folder with a package called tox that prints its arguments."""
    folder = tmp_path / "packages"
    folder.mkdir()
    files = {
        "tox.py": "import sys\n\ndef main():\n    print('tox', *sys.argv[1:])\n",
        "tox-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: tox\nVersion: 1\n",
        "tox-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "tox-1.dist-info/entry_points.txt": "[console_scripts]\ntox = tox:main\n",
    }
    files["tox-1.dist-info/RECORD"] = "".join(f"{name},,\n" for name in [*files, "tox-1.dist-info/RECORD"])
    with zipfile.ZipFile(folder / "tox-1-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
    return folder


@pytest.mark.skipif(os.name != "posix", reason="the README has another line for Windows")
def test_the_commands_work_with_the_systems_python(packages, tmp_path):
    """Debian has no `python`, and its pip refuses to install outside a virtual environment."""
    first, *others = COMMANDS
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", "\n".join([f"{first} >&2", *others])],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(packages),
            "PIP_CONFIG_FILE": os.devnull,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == others


def test_the_commands_name_what_there_is():
    environments = set(re.findall(r"tox -e (\w+)", README))
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    assert {f"testenv:{name}" for name in environments} <= set(tox.sections())
    for words in re.findall(r"`tox -e report -- ([^`]*)`", README):
        name = "run" if words.startswith("-") else words.split()[0]
        known = {option for parameter in cli.commands[name].params for option in parameter.opts} | {"--help"}
        assert set(re.findall(r"--[\w-]+", words)) <= known, words
