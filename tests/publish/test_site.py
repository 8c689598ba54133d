"""The Sphinx build: in every locale and for every account, always whole, and telling what to do when it fails."""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from report.publish import kernels, site

ROOT = Path(__file__).parents[2]
SETTINGS = """
import os
extensions = ["myst_nb"]
nb_execution_mode = "cache"
nb_execution_cache_path = os.environ["FMNIST_REF_NOTEBOOK_CACHE"]
nb_execution_raise_on_error = True
nb_execution_timeout = 600
"""
CELL = """---
file_format: mystnb
kernelspec: {name: python3}
---
# Page

```{code-cell}
print(6 * 7, "ü")
```
"""
BUILD = """
import sys
from pathlib import Path
from report.publish import site
output = Path(sys.argv[1])
site.build(output / "source", output)
"""
NO_ENTRY = """
import pwd
def getpwuid(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")
pwd.getpwuid = getpwuid
"""


@pytest.fixture(autouse=True)
def without_packages(monkeypatch):
    """Build no wheel in this process; those that tests start do, as test_packages.py does."""
    monkeypatch.setattr(site, "build_packages", lambda published: None)


def write_source(output, **pages):
    (output / "source").mkdir(parents=True, exist_ok=True)
    (output / "source/conf.py").write_text(SETTINGS)
    for name, text in {"index": CELL, **pages}.items():
        (output / f"source/{name}.md").write_text(text, encoding="utf-8")
    return output


def build(output, remove=(), **settings):
    """Build a site with a live cell in a process that has these environment variables."""
    environment = {name: value for name, value in os.environ.items() if name not in remove}
    path = os.pathsep.join(filter(None, [str(ROOT), settings.pop("PYTHONPATH", "")]))
    subprocess.run(
        [sys.executable, "-c", BUILD, str(write_source(output))],
        env=environment | {"PYTHONPATH": path} | settings,
        check=True,
    )
    return (output / "site/index.html").read_text(encoding="utf-8")


def test_a_site_is_built_where_the_locale_is_not_installed_and_without_the_settings_of_the_user(tmp_path):
    startup = tmp_path / ".ipython/profile_default/startup"
    kernel = tmp_path / "jupyter/kernels/python3"
    for folder in (startup, kernel):
        folder.mkdir(parents=True)
    (startup / "start.py").write_text("print = lambda *words: None")
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "broken", "language": "python"}')
    locale = {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "de"}
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "jupyter")}
    assert "42 ü" in build(tmp_path / "Ausgabe ü", **locale, **home)
    assert list((tmp_path / "Ausgabe ü/source/published/packages").glob("*.whl"))


@pytest.mark.skipif(os.name != "posix", reason="password entries are POSIX's")
def test_a_site_is_built_in_the_locale_c_and_for_an_account_without_home_and_passwd_entry(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_ENTRY)
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    account = {"remove": ("HOME", "USER", "LOGNAME"), "PYTHONPATH": str(tmp_path)}
    assert "42 ü" in build(tmp_path / "Ausgabe ü", **locale, **account)


def test_pages_of_an_earlier_build_go_and_a_failed_build_leaves_the_site_that_stands(tmp_path):
    plain = "# Page\n\nWords.\n"
    write_source(tmp_path, index=plain, gone="---\norphan: true\n---\n# Gone\n")
    assert site.build(tmp_path / "source", tmp_path) == tmp_path / "site/index.html"
    assert (tmp_path / "site/gone.html").is_file()
    (tmp_path / "source/gone.md").unlink()
    site.build(tmp_path / "source", tmp_path)
    assert not (tmp_path / "site/gone.html").exists()
    standing = {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    write_source(tmp_path, index="# Other\n\n{ref}`nowhere`\n")
    with pytest.raises(site.BuildError, match="nowhere"):
        site.build(tmp_path / "source", tmp_path)
    assert {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()} == standing


def test_an_incremental_build_writes_what_has_changed_and_no_other_page(tmp_path, monkeypatch):
    packed = []
    monkeypatch.setattr(site, "build_packages", packed.append)
    pages = {"other": "---\norphan: true\n---\n# Other\n", "index": "# Page\n\nWords.\n"}
    write_source(tmp_path, **pages)
    site.build(tmp_path / "source", tmp_path)
    made = {name: (tmp_path / f".sphinx/html/{name}.html").stat().st_mtime_ns for name in pages}
    write_source(tmp_path, index="# Page\n\nNew words.\n")
    site.build(tmp_path / "source", tmp_path, incremental=True)
    assert "New words" in (tmp_path / "site/index.html").read_text(encoding="utf-8")
    again = {name: (tmp_path / f".sphinx/html/{name}.html").stat().st_mtime_ns for name in pages}
    assert [name for name in pages if again[name] != made[name]] == ["index"]
    assert packed == [tmp_path / "source/published"]  # by the first build


def test_sphinx_looks_for_no_garbage_which_takes_a_third_of_its_time(tmp_path):
    write_source(tmp_path, index="# Page\n\nWords.\n")
    (tmp_path / "source/conf.py").write_text(SETTINGS + "import gc\nproject = f'garbage {gc.isenabled()}'\n")
    site.build(tmp_path / "source", tmp_path)
    assert "garbage False" in (tmp_path / "site/index.html").read_text(encoding="utf-8")


WAITING = """
import sys
from report.publish import sphinx_build
sphinx_build.IMPORTED = sys.argv[1:]
print(sphinx_build.wait_for_arguments())
"""


def in_hex(argument):
    return os.fsencode(argument).hex()


def waiting(tmp_path, *imported, **how):
    """Start a process that imports these modules of `tmp_path` until it has Sphinx's arguments, and prints them."""
    path = os.pathsep.join(filter(None, [str(tmp_path), str(ROOT), os.environ.get("PYTHONPATH")]))
    command, environment = [sys.executable, "-uc", WAITING, *imported], os.environ | {"PYTHONPATH": path}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, **how)


def test_the_process_of_sphinx_imports_while_it_waits_and_no_longer(tmp_path):
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(3)\n")
    (tmp_path / "said.py").write_text("print('imported')\n")
    with waiting(tmp_path, "said", stdin=subprocess.PIPE) as process:
        assert process.stdout.readline() == "imported\n"  # it has been told nothing so far
        assert process.communicate(" ".join(map(in_hex, ["-b", "ü"])))[0] == "['-b', 'ü']\n"
    (tmp_path / "arguments").write_text(in_hex("-b"))
    with (tmp_path / "arguments").open() as told, waiting(tmp_path, "slow", "said", stdin=told) as process:
        assert process.communicate()[0] == "['-b']\n"


def test_a_process_of_sphinx_that_is_told_nothing_ends(tmp_path):
    with waiting(tmp_path, stdin=subprocess.DEVNULL) as process:
        assert process.communicate()[0] == ""
    assert process.returncode == 0
    before = set(psutil.Process().children(recursive=True))
    with suppress(OSError), site.sphinx_process(tmp_path):
        started = set(psutil.Process().children(recursive=True)) - before
        raise OSError("no space left")
    assert started
    assert not started & set(psutil.Process().children(recursive=True))


def test_a_process_of_sphinx_that_was_there_before_the_pages_builds_them(tmp_path):
    with site.sphinx_process(tmp_path) as run_sphinx:
        write_source(tmp_path)
        (tmp_path / "source/conf.py").write_text(SETTINGS + "import os\nproject = f'process {os.getpid()}'\n")
        waited = {child.pid for child in psutil.Process().children()}
        site.build(tmp_path / "source", tmp_path, run_sphinx=run_sphinx)
    page = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert "42 ü" in page
    assert int(re.search(r"process (\d+)", page)[1]) in waited


def test_a_crash_of_sphinx_says_what_to_do_and_not_to_write_to_its_developers(tmp_path):
    write_source(tmp_path)
    (tmp_path / "source/conf.py").write_text("def setup(app):\n    app.connect('builder-inited', lambda app: 1 / 0)\n")
    with pytest.raises(site.BuildError) as told:
        site.build(tmp_path / "source", tmp_path)
    message = str(told.value)
    assert "division by zero" in message
    assert "same command" in message
    assert f"delete {tmp_path / '.sphinx'}" in message
    assert "github.com/sphinx-doc" not in message
    assert "Please also report" not in message
    assert "Loaded Extensions" not in message


def test_what_a_kernel_says_at_its_end_is_not_called_a_fault_of_the_pages(tmp_path):
    write_source(tmp_path, index="# Page\n\n{ref}`nowhere`\n")
    said = (
        "Exception ignored in atexit callback: <bound method IPKernelApp.close of <IPKernelApp object at 0x7f>>\n"
        "Traceback (most recent call last):\n"
        '  File "kernelapp.py", line 478, in close\n'
        "    self.context.term()\n"
        "KeyboardInterrupt: \n"
        "[IPKernelApp] WARNING | Parent appears to have exited\n"
    )
    (tmp_path / "source/conf.py").write_text(SETTINGS + f"import sys\nsys.stderr.write({said!r})\n")
    with pytest.raises(site.BuildError, match="nowhere") as told:
        site.build(tmp_path / "source", tmp_path)
    for word in ("IPKernelApp", "Traceback", "KeyboardInterrupt", "kernelapp"):
        assert word not in str(told.value)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every kernel is a new process")
def test_each_page_has_a_kernel_of_its_own_that_has_pytorch_already(tmp_path):
    cell = CELL.partition("```")[0] + (
        "```{code-cell}\n"
        "import os, sys\n"
        "print('torch' in sys.modules, '{name}' in dir(), 'JPY_PARENT_PID' in os.environ, os.getpid())\n"
        "{name} = 1\n```\n"
    )
    pages = {name: cell.replace("{name}", "left_over") for name in ("first", "second")}
    index = "# All\n\n```{toctree}\nfirst\nsecond\n```\n"
    write_source(tmp_path, index=index, **pages)
    (tmp_path / "source/conf.py").write_text(
        'extensions = ["myst_nb"]\nnb_execution_mode = "force"\nnb_execution_timeout = 600\n'
    )
    site.build(tmp_path / "source", tmp_path)
    printed = [re.findall(r"True False False (\d+)", (tmp_path / f"site/{name}.html").read_text()) for name in pages]
    assert [len(pids) for pids in printed] == [1, 1]
    assert printed[0] != printed[1]
    for (pid,) in printed:
        with suppress(psutil.NoSuchProcess):
            psutil.Process(int(pid)).wait(timeout=60)


ASKING = """
import subprocess, sys
subprocess.Popen([sys.executable, "-m", "report.publish.kernels", "ask", sys.argv[1]]).wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every kernel is a new process")
def test_a_kernel_ends_with_a_jupyter_that_is_killed(tmp_path):
    file = tmp_path / "connection.json"
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with kernels.forked_kernels(os.environ | {"PYTHONPATH": path}) as environment:
        (server,) = (child for child in psutil.Process().children() if "serve" in child.cmdline())
        with subprocess.Popen([sys.executable, "-c", ASKING, str(file)], env=environment) as jupyter:
            deadline = time.monotonic() + 300
            while not file.exists() and time.monotonic() < deadline:
                time.sleep(0.1)
            ended = [*psutil.Process(jupyter.pid).children(), *server.children()]
            jupyter.kill()
        assert len(ended) == 2
        _, left = psutil.wait_procs(ended, timeout=120)
        assert left == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every kernel is a new process")
def test_a_cell_that_ends_its_kernel_fails_the_build(tmp_path):
    write_source(tmp_path, index=CELL.replace('print(6 * 7, "ü")', "import os\nos._exit(3)"))
    with pytest.raises(site.BuildError, match=r"index\.md|[Kk]ernel died"):
        site.build(tmp_path / "source", tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every kernel is a new process")
def test_without_the_process_to_fork_from_a_kernel_is_a_new_process(tmp_path, monkeypatch):
    monkeypatch.setattr(kernels, "ADDRESS", "FMNIST_REF_NOBODY")  # the server's address is told under another name
    write_source(tmp_path)
    site.build(tmp_path / "source", tmp_path)
    assert "42 ü" in (tmp_path / "site/index.html").read_text()


def test_a_kernel_whose_port_was_taken_is_started_again(tmp_path):
    write_source(tmp_path)
    failing = f"""
from pathlib import Path
def setup(app):
    tried = Path({str(tmp_path / "tried")!r})
    if not tried.exists():
        tried.touch()
        raise RuntimeError({site.PORT_TAKEN!r})
"""
    (tmp_path / "source/conf.py").write_text(SETTINGS + failing)
    site.build(tmp_path / "source", tmp_path)
    assert "42 ü" in (tmp_path / "site/index.html").read_text(encoding="utf-8")
