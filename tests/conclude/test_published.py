"""Published results: written, read and named by machine."""

import msgspec
import pytest
from stand_ins import small_report

from fmnist_ref import ConfigurationError
from report.answers import CLAIMS
from report.cli import main
from report.conclude import published
from report.conclude.interval_rules import Above, Below
from report.conclude.rules import Conditions
from report.conclude.statistics import mean_with_t_interval
from report.conclude.verdicts import conclude

UP = mean_with_t_interval([1.0, 1.1, 0.9, 1.0, 1.2], unit="nats", records=("a", "b"))


@pytest.fixture
def findings():
    """Two claims that data decide, and one that they don't."""
    rules = {"Q4.1": Above(), "Q4.5": Conditions({"two layers": Above(), "three layers": Below()})}
    claims = {id: msgspec.structs.replace(CLAIMS["Q4.1"], id=id, rule=rule) for id, rule in rules.items()}
    claims["Q4.3"] = CLAIMS["Q4.3"]
    return conclude(claims, {"Q4.1": (UP,), "Q4.5": (UP, UP)}, "full")


def summarise(findings, **changes):
    about = {
        "version": "1",
        "made_on": "2026-03-04",
        "seeds": 5,
        "first_seed": 0,
        "environment": {"processor": "Maker's CPU @ 2/3 <b>"},
    }
    return published.summarise(findings, **(about | changes))


def test_what_is_written_can_be_read(findings, tmp_path):
    one, other = summarise(findings), summarise(findings, first_seed=100)
    for result in (one, other):
        (tmp_path / result.file_name).write_bytes(published.encode(result))
    (tmp_path / "README.md").write_text("About these files.")
    assert published.read_all(tmp_path) == [other, one]  # by file name
    assert published.read_all(tmp_path / "absent") == []


def test_a_report_is_not_compared_with_its_own_result(findings, tmp_path, monkeypatch):
    other = summarise({id: findings[id] for id in ("Q4.1", "Q4.3")}, first_seed=100)
    for result in (other, summarise(findings)):
        (tmp_path / result.file_name).write_bytes(published.encode(result))
    results = published.read_all(tmp_path)
    monkeypatch.setattr(published, "read_all", lambda: results)
    assert published.read_others(findings) == [other]


def test_a_result_keeps_verdicts_conditions_and_estimates_but_no_run(findings):
    result = summarise(findings)
    by_id = {claim.id: claim for claim in result.claims}
    assert list(by_id) == list(findings)
    assert all(by_id[id].words == finding.words for id, finding in findings.items())
    depends = by_id["Q4.5"]
    assert depends.words == "depends (supported: two layers; refuted: three layers)"
    assert [(c.name, c.p_value) for c in depends.conditions] == [
        (c.name, c.p_value) for c in findings["Q4.5"].conditions
    ]
    assert depends.estimates == (msgspec.structs.replace(UP, records=()),) * 2


def test_files_are_named_by_date_and_processor(findings):
    assert summarise(findings).file_name == "2026-03-04-maker-s-cpu-2-3-b.json"
    assert summarise(findings, first_seed=100).file_name == "2026-03-04-maker-s-cpu-2-3-b-seeds-from-100.json"
    assert summarise(findings, environment={}).file_name == "2026-03-04-unknown-processor.json"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"schema": 2}', b"[" * 10**6, b"\xff", b" " * (published.MAX_BYTES + 1)]
)
def test_another_file_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "mine.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"mine\.json must be what publish-reference writes") as error:
        published.read_all(tmp_path)
    assert "\n" not in str(error.value)


def test_another_schema_is_refused(findings, tmp_path):
    older = msgspec.structs.replace(summarise(findings), schema=2)
    (tmp_path / "older.json").write_bytes(published.encode(older))
    with pytest.raises(ConfigurationError, match="schema 2, not 3"):
        published.read_all(tmp_path)


@pytest.mark.parametrize("verdict", ["not measured yet", "not all runs yet", "not assessed in the quick profile"])
def test_what_is_not_complete_is_not_published(findings, verdict):
    open_ = msgspec.structs.replace(findings["Q4.1"], verdict=verdict)
    with pytest.raises(ConfigurationError, match=r"none yet for Q4\.1\."):
        summarise(findings | {"Q4.1": open_})


def test_the_findings_of_another_report_are_read_from_its_folder(findings, tmp_path):
    (tmp_path / "verdicts.json").write_bytes(msgspec.json.encode(list(findings.values())))
    assert published.read_findings(tmp_path) == findings
    (tmp_path / "verdicts.json").write_text('[{"claim": {}}]')
    with pytest.raises(ConfigurationError, match="must be what a report writes"):
        published.read_findings(tmp_path)
    with pytest.raises(ConfigurationError, match="No such file"):
        published.read_findings(tmp_path / "absent")


def test_a_report_that_is_not_complete_is_refused_by_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(published, "PUBLISHED", tmp_path / "published")
    small_report.install(monkeypatch, None)
    assert main(["publish-reference", "--profile", "quick", "--output", str(tmp_path / "build")]) == 2
    assert "a published result must have every verdict" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
