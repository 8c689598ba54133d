"""Writing a site's source: where one has been written before, and from the first seed alone."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from examples import ExampleStore, planned, whole_report

from report.answers import ANSWERS, OTHER_PAGES
from report.publish import site
from report.record import accelerator
from report.record.files import FolderWriter
from report.record.reader import Records
from report.record.store import RecordStore
from report.render import pages
from report.render.artifacts import Exporter
from report.render.markdown import TEMPLATES, Completeness, render


def write(source, runs_done=0):
    records = Records(RecordStore(source / "none", "0" * 64), [])
    measurements = pages.measure(records, "quick")
    completeness = Completeness(profile="quick", runs_done=runs_done, runs_planned=2)
    pages.write_source(source, records, measurements, completeness, site.about("cpu", "given", "0" * 64))


def test_what_sphinx_generates_for_the_reference_and_packages_are_kept_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # or the pages have another date after midnight
    stubs = {name: tmp_path / "api" / f"fmnist_ref.{name}.rst" for name in ("fit", "Reliability_class", "gone")}
    write(tmp_path)
    package = tmp_path / "published/packages/fmnist_ref.whl"
    package.parent.mkdir(parents=True)
    for generated in (*stubs.values(), package):
        generated.write_text("generated", encoding="utf-8")
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write(tmp_path)
    assert [name for name, stub in stubs.items() if stub.is_file()] == ["fit", "Reliability_class"]
    left = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {path: when for path, when in written.items() if path != stubs["gone"]}  # or Sphinx reads it again


def test_a_page_is_new_where_only_what_it_shows_has_changed_so_that_its_code_is_linked_again(tmp_path):
    write(tmp_path)
    evidence, page = tmp_path / "evidence/q4.json", tmp_path / "answers/q4.md"
    evidence.write_text("{}", encoding="utf-8")
    os.utime(page, (0, 0))
    unchanged = (tmp_path / "answers/q5.md").stat().st_mtime_ns
    write(tmp_path)
    assert page.stat().st_mtime > 0
    assert (tmp_path / "answers/q5.md").stat().st_mtime_ns == unchanged


def test_halves_are_compared_only_once_all_runs_are_done(tmp_path, monkeypatch):
    compared = []
    monkeypatch.setattr(pages, "of_halves", lambda records, findings: compared.append(True))
    write(tmp_path, runs_done=1)
    assert not compared
    write(tmp_path, runs_done=2)
    assert compared


@pytest.mark.parametrize("name", ANSWERS | OTHER_PAGES)
def test_whatever_a_page_registers_is_shown_on_it(name):
    answer = (ANSWERS | OTHER_PAGES)[name]
    text = "".join((TEMPLATES / f"{document}.md.j2").read_text(encoding="utf-8") for document in answer.documents)
    text += "".join((TEMPLATES / part).read_text(encoding="utf-8") for part in re.findall(r'include "([^"]+)"', text))
    text = re.sub(r"see_(figure|table)\([^)]*\)", "", text)  # a reference shows nothing
    registered = {*answer.figures, *answer.tables, *answer.estimators} - {*answer.claims, answer.headline, answer.card}
    assert {name for name in registered if f'"{name}"' not in text} == set()


def documents(name, notebook=False):
    answer = (ANSWERS | OTHER_PAGES)[name]
    page = SimpleNamespace(
        name=name, title=answer.title, numbers={}, figures=answer.figures, tables=answer.tables, claims={}
    )
    if notebook:
        made = SimpleNamespace(title="title", alt="alt", caption="caption", columns=["a"], rows=[["1"]])
        page.figures, page.tables = dict.fromkeys(answer.figures, made), dict.fromkeys(answer.tables, made)
    findings = pages.measure(Records(NoStore(), []), "full").findings
    completeness = Completeness(profile="full", runs_done=1, runs_planned=1)
    return [render(answer, page, findings, completeness, document=d, notebook=notebook) for d in answer.documents]


class NoStore(RecordStore):
    def __init__(self):
        super().__init__(Path("none"), "0" * 64)


@pytest.mark.parametrize("name", ANSWERS | OTHER_PAGES)
def test_figures_and_tables_are_numbered_in_the_order_in_which_the_pages_show_them(name):
    prefix = {"part1": "P1.", **{f"q{i}": f"Q{i}." for i in range(1, 7)}}.get(name, "")
    text = "\n".join(documents(name))
    for kind in ("figure", "table"):
        shown = re.findall(rf"```{{result-{kind}}}\n:name: (\S+)\n:number: (.+)\n", text)
        assert [number for _, number in shown] == [f"{kind.capitalize()} {prefix}{i + 1}" for i in range(len(shown))]
        assert shown
        for number, referred in re.findall(rf"{{ref}}`([^`<]+) <{kind}-(\S+)>`", text):
            assert (referred, number) in shown


def test_a_notebook_has_the_numbers_of_the_site():
    site, notebook = "\n".join(documents("q2")), "\n".join(documents("q2", notebook=True))
    given = re.findall(r":number: (.+)\n", site)
    assert re.findall(r"^\*((?:Figure|Table) \S+)\. title", notebook, flags=re.MULTILINE) == given
    assert set(re.findall(r"(?:Figure|Table) Q2\.\d+", notebook)) == set(given)
    assert "–)" not in notebook


@pytest.fixture(scope="module")
def whole():
    return whole_report()


def test_no_verdict_comes_from_fewer_seeds_than_planned(whole):
    runs = [run for seeds in planned().values() for run in seeds.values()]
    first = Records(ExampleStore([record for record in whole.by_id.values() if record.seed == 0]), runs)
    findings = pages.measure(first, "full").findings
    waiting = {id for id, finding in findings.items() if finding.verdict == "not all runs yet"}
    assert len(waiting) > 10
    assert all(findings[id].words == f"after 1 of {findings[id].seeds.planned} seeds" for id in waiting)
    single = {(run.experiment, run.arm) for run in runs} - {(run.experiment, run.arm) for run in runs if run.seed}
    for finding in findings.values():
        if finding.conditions:
            behind = [first.by_id[id] for estimate in finding.estimates for id in estimate.records]
            assert {(record.experiment, record.arm) for record in behind} <= single
    assert not any(finding.verdict == "not all runs yet" for finding in pages.measure(whole, "full").findings.values())


def test_what_names_no_records_rests_on_all_that_was_read(whole, tmp_path):
    measurements, exporter = pages.measure(whole, "full"), Exporter(FolderWriter(tmp_path), whole)

    def arms_behind(records):
        return {Path(record).name.rpartition(".seed")[0] for record in records}

    q1 = pages.page_of(ANSWERS["q1"], whole, measurements, exporter)
    fits = {"regression.logistic", "regression.least_squares"}
    assert arms_behind(q1.numbers["logistic-accuracy"].provenance.records) == {"regression.logistic"}
    assert arms_behind(q1.figures["q1-differences"].provenance.records) == fits
    assert arms_behind(q1.tables["q1-classifiers"].provenance.records) == fits
    assert arms_behind(q1.figures["q1-majority"].provenance.records) == fits | {"regression.pair_logistic"}
    q3 = pages.page_of(ANSWERS["q3"], whole, measurements, exporter)
    assert len(q3.figures["q3-mistakes"].provenance.records) == 1  # of the first seed alone, which it names itself
    everything = pages.page_of(OTHER_PAGES["speed"], whole, measurements, exporter).tables["speed-costs"]
    assert len(everything.provenance.records) == len(whole.costs())


def test_the_score_counts_what_the_notebook_says_and_our_own_apart(whole, tmp_path):
    measurements = pages.measure(whole, "full")
    about = site.about("cpu", "given", "0" * 64)
    found = pages._site(measurements, Completeness(profile="full", runs_done=1, runs_planned=1), about)
    claims = [finding.claim for finding in measurements.findings.values()]
    assert sum(found.verdicts.values()) == sum(claim.counts for claim in claims)
    assert sum(found.controls.values()) == sum(claim.origin == "ours" for claim in claims)


def test_pages_with_code_can_be_downloaded_as_notebooks(tmp_path):
    write(tmp_path)
    notebooks = {path.stem for path in (tmp_path / "published/notebooks").glob("*.ipynb")}
    assert notebooks == {*ANSWERS, "q2-noise"}


def test_what_a_quick_report_is_too_short_for_is_said_to_need_a_full_one(tmp_path):
    write(tmp_path)
    for page in ("q2", "q3", "part1"):
        text = (tmp_path / "answers" / f"{page}.md").read_text(encoding="utf-8")
        assert "not measured yet" not in text
        assert "A figure belongs here that takes a full report" in text
    assert "*(not in a quick report)*" in text
    findings = pages.measure(Records(RecordStore(tmp_path / "none", "0" * 64), []), "quick").findings
    assert findings["P1.3"].verdict == "not assessed in the quick profile"


@pytest.mark.parametrize(
    ("training", "timing", "words"),
    [
        ([1], [2], "1 for training, 2 for timing"),
        ([1, 4], [2], "1 or 4 for training, 2 for timing"),
        ([2], [2], "2"),
        ([1], [], "1"),
        ([], [], "8"),
    ],
)
def test_the_threads_are_those_of_the_runs(training, timing, words):
    records = SimpleNamespace(threads=lambda exclusive: timing if exclusive else training, accelerators=list)
    assert pages.environment_of(records, {"processor": "one", "threads": "8"}) == {"processor": "one", "threads": words}


def test_an_accelerator_of_another_machine_is_named(tmp_path):
    published = accelerator.read(accelerator.PUBLISHED)
    records = Records(RecordStore(tmp_path / "none", "0" * 64), [], published)
    (name,) = {record.environment.device for record in published}
    assert pages.environment_of(records, {"processor": "one"}) == {"processor": "one", "timed_elsewhere": name}


def test_records_know_the_threads_of_runs_alone_and_beside_others(whole):
    runs = [run for seeds in planned().values() for run in seeds.values()]
    changed = [
        msgspec.structs.replace(
            record, environment=msgspec.structs.replace(record.environment, threads=2 if record.exclusive else 1)
        )
        for record in whole.by_id.values()
    ]
    records = Records(ExampleStore(changed), runs)
    assert (records.threads(exclusive=True), records.threads(exclusive=False)) == ([2], [1])


def test_the_labels_of_the_cards_have_the_settings_of_the_runs(whole):
    measured = pages.measure(whole, "full").measured
    labels = {name: pages._headline_label(answer, measured[name]) for name, answer in ANSWERS.items()}
    assert labels["part1"].endswith("(after 26 epochs)")
    assert labels["q3"].endswith(" over epochs 61 to 100")
    assert not any("{" in label or "…" in label for label in labels.values())
