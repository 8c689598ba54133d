"""A run that can't be measured is named, the rest goes on, and the exit status says that something is missing."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
from stand_ins import small_report

from report.__main__ import main
from report.experiments import EXPERIMENTS
from report.experiments.base import Run


def test_a_lasting_failure_is_told_by_name_and_ends_with_1(monkeypatch, tmp_path, capsys):
    small_report.install(monkeypatch, lambda *, workers, threads: ThreadPoolExecutor(workers))

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
    site = msgspec.json.decode((tmp_path / "source" / "evidence" / "site.json").read_bytes())
    assert (site["seeds_done"], site["seeds_planned"]) == (0, 1)  # which is what the banner on every page says

    assert main(words) == 1  # it is tried again by the next report, and nothing else is
    assert "8 of 9 runs are recorded; 1 to measure." in " ".join(capsys.readouterr().out.split())
