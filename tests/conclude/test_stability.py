"""Verdicts of two reports: reversed, decided in some only, the same, or not comparable."""

import msgspec
import numpy as np
import pytest
from examples import ExampleStore, record_of, whole_report

from report.answers import CLAIMS
from report.cli import main
from report.cli.options import Options
from report.conclude import published
from report.conclude.interval_rules import Above
from report.conclude.published import ClaimResult, ConditionResult, result_of
from report.conclude.rank_envelope import rank_envelope
from report.conclude.rules import Conditions, Reproduced
from report.conclude.stability import compare, compare_halves, count, outcome_of
from report.conclude.statistics import mean_with_t_interval
from report.conclude.verdicts import WAITING, conclude
from report.plan import Run
from report.record.files import FolderWriter
from report.record.reader import Records
from report.render import pages, reproduced

ABOVE = Above()
UP = mean_with_t_interval([1.0, 1.1, 0.9, 1.0, 1.2], unit="nats")


def result(verdict, **conditions):
    found = tuple(ConditionResult(name=name, verdict=decision) for name, decision in conditions.items())
    return ClaimResult(id="Q4.1", verdict=verdict, conditions=found)


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        (result("supported"), result("supported"), "same"),
        (result("undetermined"), result("undetermined"), "same"),
        (result("supported"), result("refuted"), "reversed"),
        (result("depends"), result("refuted"), "reversed"),  # without conditions in common
        (result("supported"), result("undetermined"), "decided in some only"),
        (result("depends", a="supported", b="refuted"), result("depends", a="refuted", b="supported"), "reversed"),
        (result("undetermined", a="supported", b="undetermined"), result("depends", a="refuted", b="supported"), "reversed"),
        (result("depends", a="supported", b="refuted"), result("undetermined", a="supported", b="undetermined"), "decided in some only"),
        (result("depends", a="supported", b="refuted"), result("depends", a="supported", b="refuted"), "same"),
        (result("undetermined", a="undetermined", b="refuted"), result("undetermined", a="undetermined", b="undetermined"), "decided in some only"),
        (result("supported"), result("not testable here"), "not comparable"),
        (result("not all runs yet"), result("supported"), "not comparable"),
        (result("supported"), None, "not comparable"),
    ],
)  # fmt: skip
def test_verdicts_are_compared_in_both_orders(one, other, outcome):
    assert outcome_of(one, other) == outcome
    assert outcome_of(other, one) == outcome


def findings(*estimates, rule=ABOVE, ids="ABC", **changes):
    claims = {id: msgspec.structs.replace(CLAIMS["Q4.1"], id=id, rule=rule, **changes) for id in ids[: len(estimates)]}
    return conclude(claims, {id: (estimate,) for id, estimate in zip(claims, estimates, strict=True)}, "full")


def shifted(by, unit="nats"):
    return mean_with_t_interval(np.array([1.0, 1.1, 0.9, 1.0, 1.2]) + by, unit=unit)


def test_what_differs_comes_first_and_definitions_are_left_out():
    here = findings(UP, UP, UP) | conclude({"Q4.3": CLAIMS["Q4.3"]}, {}, "full")
    there = findings(UP, shifted(-1.0), shifted(-9.0)) | conclude({"Q4.3": CLAIMS["Q4.3"]}, {}, "full")
    rows = compare(here, map(result_of, there.values()))
    assert [(row.id, row.outcome) for row in rows] == [("C", "reversed"), ("B", "decided in some only"), ("A", "same")]
    assert count(rows) == {"reversed": 1, "decided in some only": 1, "same": 1, "not comparable": 0}
    assert compare({}, [result_of(here["A"])])[0].outcome == "not comparable"  # a claim that is gone


def test_verdicts_that_are_the_same_overall_and_differ_under_a_condition_say_so():
    claim = msgspec.structs.replace(CLAIMS["Q4.1"], id="A", rule=Conditions({"x": ABOVE, "y": ABOVE}))
    here, there = (conclude({"A": claim}, {"A": (first, shifted(-1.0))}, "full") for first in (UP, shifted(-1.0)))
    (row,) = compare(here, map(result_of, there.values()))
    assert (row.outcome, row.note) == ("decided in some only", "under a condition")
    (row,) = compare(findings(UP), map(result_of, findings(shifted(-1.0)).values()))
    assert (row.outcome, row.note) == ("decided in some only", "")


@pytest.mark.parametrize(
    ("there", "overlap"),
    [
        (UP, True),
        (shifted(0.2), True),
        (shifted(0.4), False),
        (shifted(0, unit="seconds"), None),
        (mean_with_t_interval([1.0], unit="nats"), None),
    ],
)
def test_intervals_overlap_or_not(there, overlap):
    (row,) = compare(findings(UP), map(result_of, findings(there).values()))
    assert row.overlap is overlap
    assert row.identical == (there is UP)


def split(estimate, *halves, rule=ABOVE, names=("e", "o")):
    of_halves = [
        findings(msgspec.structs.replace(half, records=(name,)), rule=rule)
        for half, name in zip(halves, names, strict=True)
    ]
    (row,) = compare_halves(findings(estimate, rule=rule), of_halves)
    return row


def test_halves_are_compared_with_the_whole_and_with_each_other():
    assert split(UP, UP, UP).outcome == "same"
    assert split(UP, UP, shifted(-1.0)).outcome == "decided in some only"
    assert split(shifted(-1.0), UP, shifted(-9.0)).outcome == "reversed"  # by each other
    same = split(UP, UP, UP, names=("e", "e"))
    assert (same.outcome, same.note) == ("not comparable", "the same runs in both halves")


def test_a_rule_that_needs_more_seeds_than_a_half_has_is_noted():
    curves = np.random.default_rng(0).normal(size=(26, 3))
    whole, half = (rank_envelope(curves[0], curves[1:n], unit="nats") for n in (26, 14))
    row = split(whole, half, half, rule=Reproduced())
    assert (row.outcome, row.note) == ("decided in some only", "its rule needs 24 seeds")
    assert reproduced.halves_rows([row])[0][1] == "decided in some only (its rule needs 24 seeds)"


def test_the_memory_of_a_machine_is_written_in_gibibytes():
    here = {"processor": "A", "memory_bytes": str(24 * 2**30)}
    about = {"schema": 3, "version": "1", "made_on": "2026-01-02", "seeds": 5, "first_seed": 0, "claims": ()}
    there = published.PublishedResult(environment={"processor": "B"}, **about)
    table = reproduced.page([], [(there, [])], here).tables["machines"]
    assert table.rows == [["processor", "A", "B"], ["memory", "24 GiB", "–"]]


def test_the_tables_show_how_many_seeds_are_behind_an_interval():
    row = split(UP, UP, mean_with_t_interval([1.0, 1.1], unit="nats"))
    assert [cell.partition("n = ")[2] for cell in reproduced.halves_rows([row])[0][2:]] == ["5)", "5)", "2)"]


def test_halves_share_no_seed_but_trials_timings_and_single_runs():
    runs = [Run(experiment="sum", arm="a", seed=seed) for seed in range(5)]
    single = [Run(experiment="sum", arm="fit", seed=0)]
    trials = [Run(experiment="sum", arm="trial", seed=seed, role="trial") for seed in range(3)]
    timed = [Run(experiment="timed sum", arm="t", seed=seed, exclusive=True) for seed in range(2)]
    everything = [*runs, *single, *trials, *timed]
    even, odd = Records(ExampleStore([record_of(run, {}) for run in everything]), everything).halves()
    shared = {run.id for run in [*single, *trials, *timed]}
    assert even.by_id.keys() == {runs[0].id, runs[2].id, runs[4].id} | shared
    assert odd.by_id.keys() == {runs[1].id, runs[3].id} | shared


@pytest.fixture(scope="module")
def records():
    return whole_report()


@pytest.fixture(scope="module")
def measured(records):
    return pages.measure(records, "full").findings


def write_page(folder, monkeypatch, records, measured, *results):
    monkeypatch.setattr(published, "read_all", lambda: list(results))
    halves = pages.of_halves(records, measured) if records.by_id else None
    pages._write_reproduced(FolderWriter(folder), measured, halves, {"processor": "here", "torch": "2"})
    evidence = msgspec.json.decode((folder / "evidence/reproduced.json").read_bytes())
    return (folder / "reproduced.md").read_text(), evidence["tables"]


def summarise(findings, **changes):
    about = {
        "version": "1",
        "made_on": "2026-03-04",
        "seeds": 5,
        "first_seed": 0,
        "environment": {"processor": "there"},
    }
    older = {id: finding for id, finding in findings.items() if finding.verdict not in WAITING and id != "Q4.3"}
    return published.summarise(older, **(about | changes))  # a definition fewer, or it were the report's own result


def test_the_page_shows_halves_and_every_published_result(tmp_path, monkeypatch, records, measured):
    both = [summarise(measured), summarise(measured, made_on="2026-05-06")]
    page, tables = write_page(tmp_path, monkeypatch, records, measured, *both)
    assert list(tables) == ["halves", "published-1", "published-2", "machines"]
    assert all(f":name: {name}\n" in page for name in tables)
    assert ["processor", "here", "there", "there"] in tables["machines"]["rows"]
    assert {row[1] for row in tables["published-2"]["rows"]} == {"same"}
    decided = sum(
        finding.verdict in {"supported", "refuted", "depends", "undetermined"} for finding in measured.values()
    )
    assert len(tables["published-1"]["rows"]) == len(tables["halves"]["rows"]) == decided


def test_without_published_results_or_verdicts_the_page_says_so(tmp_path, monkeypatch, records, measured):
    page, tables = write_page(tmp_path, monkeypatch, records, measured)
    assert "This checkout has no other published result" in page
    assert list(tables) == ["halves"]
    nothing = Records(ExampleStore([]), [])
    page, tables = write_page(tmp_path, monkeypatch, nothing, pages.measure(nothing, "full").findings)
    assert "This report does not have all its verdicts yet." in page
    assert tables == {}


def test_the_command_compares_with_everything_there_is(tmp_path, monkeypatch, capsys, records, measured):
    monkeypatch.setattr(Options, "records", lambda self: records)
    monkeypatch.setattr(published, "read_all", lambda: [summarise(measured)])
    verdicts = [
        f if f.claim.id != "Q4.1" else msgspec.structs.replace(f, verdict="refuted", conditions=())
        for f in measured.values()
    ]
    (tmp_path / "verdicts.json").write_bytes(msgspec.json.encode(verdicts))
    words = ["stability", "--output", str(tmp_path / "build")]
    assert main(words) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "From half of the seeds" in told
    assert "Against 2026-03-04, there" in told
    assert "0 reversed" in told
    assert main([*words, "--other", str(tmp_path)]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "1 reversed" in told
    assert "runs are in both reports: make the other one with another --first-seed." in told


def test_without_verdicts_the_command_says_what_it_needs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Options, "records", lambda self: Records(ExampleStore([]), []))
    assert main(["stability", "--output", str(tmp_path / "build")]) == 2
    assert "stability needs verdicts" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
