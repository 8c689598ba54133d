"""A run that can't be measured is named, the rest goes on, and the exit status says that something is missing."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

import msgspec
import psutil
import pytest
from stand_ins import small_report

from report.cli import main
from report.experiments import EXPERIMENTS
from report.plan import Run
from report.publish import background, site
from report.run.progress import RunProgress

EXTENSIONS = Path(__file__).parents[2] / "docs/_ext"
SETTINGS = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_nb", "fmnist_site.parallel_readers"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
"""


@pytest.mark.parametrize("wrong", ["{ref}`nowhere`", "```{code-cell}\n1 / 0\n```"])
def test_a_fault_in_one_page_fails_the_build_though_others_are_built_beside_it(tmp_path, monkeypatch, wrong):
    monkeypatch.setattr(site, "build_packages", lambda published: None)  # takes a second
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(SETTINGS)
    (source / "index.md").write_text("# All\n\n```{toctree}\n:glob:\npage*\n```\n")
    kernel = "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n"
    for page in range(4):
        (source / f"page{page}.md").write_text(kernel + f"# Page {page}\n\n{wrong if page == 3 else 'All is well.'}\n")
    with pytest.raises(site.BuildError, match=r"page3\.md") as told:
        site.build(source, tmp_path)
    assert "IPKernelApp" not in str(told.value)  # each page's kernel says something of itself


def test_a_site_that_cannot_be_built_is_told_at_once_and_not_called_standing(monkeypatch, tmp_path, capsys):
    small_report.install(monkeypatch, lambda workers, threads: ThreadPoolExecutor(workers))

    monkeypatch.setattr(background, "INTERVAL", 0.0)
    incremental_ones = []

    def fails(source, output, *, incremental, run_sphinx):
        incremental_ones.append(incremental)
        raise site.BuildError("a page is wrong")

    monkeypatch.setattr(site, "build", fails)
    assert main(["run", "--profile", "quick", "--seeds", "3", "--output", str(tmp_path)]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert told.count("The site could not be built: a page is wrong") == 3  # twice beside the runs, and at the end
    assert incremental_ones == [False] * 3  # or Sphinx would not read that page again, and see nothing wrong
    assert "is ready" not in told
    assert "All runs are measured after" in told


def test_a_lasting_failure_is_told_by_name_and_ends_with_1(monkeypatch, tmp_path, capsys):
    small_report.install(monkeypatch, lambda workers, threads: ThreadPoolExecutor(workers))

    def plan(profile):
        yield Run(experiment="sum", arm="unsound", seed=0, parameters={"order": "raise"})
        yield from small_report.plan(profile)

    monkeypatch.setitem(EXPERIMENTS, "sum", msgspec.structs.replace(EXPERIMENTS["sum"], plan=plan))
    words = ["run", "--profile", "quick", "--seeds", "1", "--output", str(tmp_path)]
    assert main(words) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "FAILED sum unsound seed 0: a parameter must be sound; found this one. Choose another." in told
    assert "Not measured" in told
    assert "The site:" in told
    assert len(list((tmp_path / "records").glob("*.json"))) == small_report.PARTS + 1
    told_of = msgspec.json.decode((tmp_path / "source" / "evidence" / "site.json").read_bytes())
    assert (told_of["runs_done"], told_of["runs_planned"]) == (8, 9)  # which is what the home page says

    assert main(words) == 1  # it is tried again by the next report, and nothing else is
    assert "8 of 9 runs are recorded; 1 to measure." in " ".join(capsys.readouterr().out.split())


def test_an_interrupted_report_ends_the_site_that_is_being_made(monkeypatch, tmp_path, capsys):
    small_report.install(monkeypatch, lambda workers, threads: ThreadPoolExecutor(workers))
    started = Queue()

    def build(source, output, **how):
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
            started.put(psutil.Process(child.pid))
        raise site.BuildError("it was ended")

    on_end = RunProgress.on_end

    def interrupted(self, run, outcome):
        on_end(self, run, outcome)
        if run.seed == 1:
            children.append(started.get(timeout=60))
            raise KeyboardInterrupt

    children = []
    monkeypatch.setattr(site, "build", build)
    monkeypatch.setattr(RunProgress, "on_end", interrupted)
    # One worker: with two, a run of the second seed can end before the last of the first, and no site has begun.
    assert main(["run", "--profile", "quick", "--seeds", "2", "--workers", "1", "--output", str(tmp_path)]) == 130
    children[0].wait(timeout=60)
    assert "Interrupted. Finished runs are kept" in capsys.readouterr().out
