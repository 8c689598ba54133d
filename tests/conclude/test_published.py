"""The published result in brief, and the comparison of another report with it."""

import msgspec
import pytest
from stand_ins import small_report

from fmnist_ref import ConfigurationError
from report.answers import CLAIMS
from report.cli import main
from report.conclude import baseline
from report.conclude.statistics import Estimate
from report.conclude.verdicts import conclude
from report.record.reader import Records
from report.record.store import RecordStore
from report.render import pages, reproduced

SITE = {"environment": {"processor": "here", "torch": "2"}}


def estimate(value, half=1.0, unit="percentage points"):
    return Estimate(
        value=value, low=value - half, high=value + half, unit=unit, n=5, n_of="seeds", method="m", signed=True
    )


@pytest.fixture
def findings():
    """Every claim measured, some of them made-up."""
    found = conclude(CLAIMS, {}, "full")
    return {
        id: msgspec.structs.replace(
            finding,
            verdict="supported" if finding.verdict == "not measured yet" else finding.verdict,
            estimates=(estimate(2.0),) if finding.claim.kind == "E" else (),
        )
        for id, finding in found.items()
    }


@pytest.fixture
def published(findings):
    return baseline.summarise(findings, version="1", profile="full", seeds=5, environment={"processor": "there"})


def changed(findings, id, **changes):
    return findings | {id: msgspec.structs.replace(findings[id], **changes)}


def row_of(published, findings, id="Q4.1"):
    return next(row for row in baseline.compare(published, findings) if row.id == id)


def test_what_is_written_can_be_read(published, tmp_path):
    path = tmp_path / "published.json"
    path.write_bytes(baseline.encode(published))
    assert baseline.read(path) == published
    assert len(path.read_bytes()) < baseline.MAX_BYTES / 4
    assert baseline.read(tmp_path / "absent.json") is None


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"schema": 1}', b"[" * 10**6, b"\xff", b" " * (baseline.MAX_BYTES + 1)]
)
def test_another_file_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "published.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"published\.json must be what publish-reference writes") as error:
        baseline.read(path)
    assert "\n" not in str(error.value)


def test_what_is_not_whole_is_not_published(findings):
    with pytest.raises(ConfigurationError, match=r"none yet for Q4\.1\."):
        baseline.summarise(
            changed(findings, "Q4.1", verdict="not measured yet"), version="1", profile="full", seeds=5, environment={}
        )


def test_the_same_report_agrees_with_itself(published, findings):
    rows = baseline.compare(published, findings)
    assert {row.agreement for row in rows if row.published.verdict != "not testable here"} == {"agree"}
    assert reproduced.counts(rows)["apart"] == 0
    assert reproduced.counts(rows)["differ"] == 0
    assert reproduced.counts(rows)["compared_intervals"] > 20


@pytest.mark.parametrize(
    ("verdict", "agreement"),
    [
        ("supported", "agree"),
        ("refuted", "differ"),
        ("undetermined", "differ"),
        ("not measured yet", "not comparable"),
        ("not assessed in the quick profile", "not comparable"),
        ("not testable here", "not comparable"),
    ],
)
def test_verdicts_agree_differ_or_can_not_be_compared(published, findings, verdict, agreement):
    assert row_of(published, changed(findings, "Q4.1", verdict=verdict)).agreement == agreement


@pytest.mark.parametrize(("value", "overlap"), [(2.0, True), (3.9, True), (4.1, False), (-0.1, False)])
def test_intervals_overlap_or_not(published, findings, value, overlap):
    assert row_of(published, changed(findings, "Q4.1", estimates=(estimate(value),))).overlap is overlap


def test_other_numbers_of_estimates_or_units_are_not_compared(published, findings):
    for estimates in ((), (estimate(2.0), estimate(2.0)), (estimate(2.0, unit="nats"),)):
        assert row_of(published, changed(findings, "Q4.1", estimates=estimates)).overlap is None


def test_a_claim_that_is_gone_can_not_be_compared(published, findings):
    del findings["Q4.1"]
    assert row_of(published, findings).agreement == "not comparable"


@pytest.fixture
def write_page(tmp_path, monkeypatch):
    def write(published):
        monkeypatch.setattr(baseline, "read", lambda: published)
        records = Records(RecordStore(tmp_path, "d"), [])
        pages._write_reproduced(tmp_path, pages.measure(records, "full").findings, SITE["environment"])
        return (tmp_path / "reproduced.md").read_text(), (tmp_path / "evidence/reproduced.json").read_text()

    return write


def test_the_page_shows_every_claim_and_both_machines(write_page, published):
    page, evidence = write_page(published)
    assert ":name: reproduced" in page
    assert "Claims that can't be compared" in page
    tables = msgspec.json.decode(evidence)["tables"]
    assert len(tables["reproduced"]["rows"]) == len(published.claims)
    assert ["processor", "there", "here"] in tables["machines"]["rows"]


def test_without_a_published_result_the_page_says_so(write_page):
    page, evidence = write_page(None)
    assert "No published result is in this checkout yet" in page
    assert "result-table" not in page
    assert msgspec.json.decode(evidence)["tables"] == {}


def test_a_report_that_is_not_whole_is_refused_by_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(baseline, "PUBLISHED", tmp_path / "published.json")
    small_report.install(monkeypatch, None)
    assert main(["publish-reference", "--profile", "quick", "--output", str(tmp_path / "build")]) == 2
    assert "a published result must have every verdict" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
