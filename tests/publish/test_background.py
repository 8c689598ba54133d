"""Sites that are published while runs go on."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from stand_ins import small_report

from report.cli import main
from report.cli import run as run_command
from report.plan import Run
from report.publish import background, site
from report.publish.background import INTERVAL, BackgroundPublisher
from report.publish.report import Report

PHASES = [[Run(experiment="sum", arm=arm, seed=seed) for arm in "ab"] for seed in range(3)]


def end(sites, *runs):
    for run in runs:
        sites.on_end(run)


def test_a_site_is_published_when_all_runs_of_a_phase_have_ended_whatever_their_order():
    published, now = [], iter(range(0, 10_000, int(INTERVAL)))
    sites = BackgroundPublisher(lambda: published.append("site"), PHASES, clock=lambda: next(now))
    end(sites, PHASES[0][1], PHASES[1][0])
    sites.wait()
    assert published == []
    end(sites, PHASES[0][0])
    sites.wait()
    assert published == ["site"]
    end(sites, PHASES[1][1])
    sites.wait()
    assert published == ["site"] * 2


def test_runs_go_on_while_a_site_is_made():
    may_end = threading.Event()
    sites = BackgroundPublisher(may_end.wait, PHASES)
    end(sites, *PHASES[0], *PHASES[1])  # returns at once
    may_end.set()
    sites.wait()


def test_a_site_is_left_out_soon_after_another():
    now, published = 0.0, []
    sites = BackgroundPublisher(lambda: published.append(now), PHASES, clock=lambda: now)
    for now, phase in zip((10.0, 9.0 + INTERVAL, 10.0 + INTERVAL), PHASES, strict=True):  # noqa: B007 - the clock reads it
        end(sites, *phase)
        sites.wait()
    assert published == [10.0, 10.0 + INTERVAL]


def test_the_first_and_the_last_site_of_a_report_are_built_whole_and_those_between_incrementally(monkeypatch, tmp_path):
    small_report.install(monkeypatch, lambda workers, threads: ThreadPoolExecutor(workers))
    monkeypatch.setattr(background, "INTERVAL", 0.0)
    built = []

    def build(source, output, *, incremental, run_sphinx):
        built.append(incremental)
        return output / "site/index.html"

    monkeypatch.setattr(site, "build", build)
    assert main(["run", "--profile", "quick", "--seeds", "4", "--output", str(tmp_path)]) == 0
    assert built == [False, True, True, False]


def test_the_process_of_sphinx_starts_before_the_pages_are_written_and_builds_the_site(monkeypatch, tmp_path):
    small_report.install(monkeypatch, lambda workers, threads: ThreadPoolExecutor(workers))
    monkeypatch.setattr(background, "INTERVAL", 0.0)
    done = []

    @contextmanager
    def sphinx_process(output):
        done.append("started")
        yield "the process"
        done.append("ended")

    def build(source, output, *, incremental, run_sphinx):
        done.append(f"built by {run_sphinx}")
        return output / "site/index.html"

    write = Report.write
    monkeypatch.setattr(run_command, "sphinx_process", sphinx_process)
    monkeypatch.setattr(Report, "write", lambda self: done.append("written") or write(self))
    monkeypatch.setattr(site, "build", build)
    assert main(["run", "--profile", "quick", "--seeds", "3", "--output", str(tmp_path)]) == 0
    assert done == ["started", "written", "built by the process", "ended"] * 3


def test_what_goes_wrong_is_raised_where_it_is_waited_for():
    def fails():
        raise OSError("no space left")

    sites = BackgroundPublisher(fails, PHASES)
    end(sites, *PHASES[0])
    with pytest.raises(OSError, match="no space left"):
        sites.wait()
