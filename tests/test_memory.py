"""What is remembered is what would be made again, and never anything else."""

import pytest

from report import memory
from report.memory import Memory


@pytest.fixture
def counted():
    made = []

    def make():
        made.append(1)
        return [1.5, 2.5]

    return make, made


def recall(folder, make, *, basis="records", name="figure", **more):
    return Memory(folder, basis).recall(name, list[float], make, **more)


def test_the_second_time_is_free(tmp_path, counted):
    make, made = counted
    assert recall(tmp_path, make) == recall(tmp_path, make) == [1.5, 2.5]
    assert len(made) == 1


@pytest.mark.parametrize("change", [{"basis": "other records"}, {"name": "other figure"}])
def test_other_records_or_names_are_made_anew(tmp_path, counted, change):
    make, made = counted
    recall(tmp_path, make)
    recall(tmp_path, make, **change)
    assert len(made) == 2


def test_other_code_is_made_anew(tmp_path, counted, monkeypatch):
    make, made = counted
    recall(tmp_path, make)
    monkeypatch.setattr(memory, "code_fingerprint", lambda: "other")
    recall(tmp_path, make)
    assert len(made) == 2


def test_what_is_damaged_or_no_longer_good_is_made_anew(tmp_path, counted):
    make, made = counted
    recall(tmp_path, make)
    next(tmp_path.iterdir()).write_bytes(b"{")
    assert recall(tmp_path, make) == [1.5, 2.5]
    recall(tmp_path, make, still_good=lambda _: False)
    assert len(made) == 3


def test_what_was_not_asked_for_is_forgotten(tmp_path, counted):
    make, _ = counted
    recall(tmp_path, make, name="old")
    now = Memory(tmp_path, "records")
    now.recall("new", list[float], make)
    now.forget_others()
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_folder_nothing_is_kept(counted):
    make, made = counted
    recall(None, make)
    recall(None, make)
    assert len(made) == 2


def test_the_fingerprint_is_that_of_the_source(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PACKAGE", tmp_path)
    (tmp_path / "a.py").write_text("x = 1\n")
    before = memory.code_fingerprint.__wrapped__()
    assert memory.code_fingerprint.__wrapped__() == before
    (tmp_path / "a.py").write_text("x = 2\n")
    assert memory.code_fingerprint.__wrapped__() != before
