"""Records: whole, checked, and stale when what they rest on has changed."""

import contextlib
import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.plan import Run
from report.record import store as storage
from report.record.environment import Environment, observe
from report.record.store import (
    SCHEMA,
    Measured,
    Record,
    RecordStore,
    code_of,
    decode,
    encode,
    repeatable,
    results_checksum,
)

RUN = Run(experiment="epochs", arm="as_published", seed=0, parameters={"epochs": 1})
MACHINE = Environment(
    processor="p", cores=2, memory_bytes=1, threads=1, device="d", operating_system="Linux",
    python="3", torch="2", torchvision="0", numpy="2",
)  # fmt: skip


def record_of(run=RUN, results=None, depends_on=None, **changes):
    measured = Measured(
        results=results or {"value": 1.0, "seconds": {"train": [0.5]}},
        wall_seconds=1.0,
        peak_memory_bytes=1,
        environment=MACHINE,
    )
    made = Record.of(run, measured, depends_on or {}, "data")
    return decode(encode(msgspec.structs.replace(made, **changes)))


@pytest.fixture
def store(tmp_path):
    return RecordStore(tmp_path / "records", "data")


def fresh(store):
    return RecordStore(store.folder, store.data_sha256)


def test_what_is_written_can_be_read(store):
    assert store.status(RUN).state == "missing"
    store.write(record_of())
    assert fresh(store).status(RUN).record == record_of()
    assert [path.name for path in store.folder.iterdir()] == [f"{RUN.id}.json"]


def test_a_run_that_depends_on_others_sees_the_same_at_once_as_after_they_are_read(store):
    """JSON has no NaN, for instance."""
    made = msgspec.structs.replace(record_of(), results={"value": math.nan})
    written = store.write(made)
    assert written.results == {"value": None}
    assert store.status(RUN).record == fresh(store).status(RUN).record == written


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"<!doctype html>",
        lambda content: content.replace(b'"value": 1.0', b'"value": 2.0'),
        lambda content: content.replace(b'"schema": %d' % SCHEMA, b'"schema": 99'),
        lambda content: content.replace(b'"arm"', b'"leg"'),
        lambda content: b"[" * 100_000,
        lambda content: b"\xff\xfe" + content,
    ],
    ids=["truncated", "empty", "html", "edited", "other schema", "other field", "nested", "other encoding"],
)
def test_what_cannot_be_trusted_is_set_aside_and_named(store, spoil):
    store.write(record_of())
    path = store.folder / f"{RUN.id}.json"
    path.write_bytes(spoil(path.read_bytes()))
    reader = fresh(store)
    assert reader.status(RUN).state == "missing"
    assert len(reader.set_aside) == 1
    assert reader.set_aside[0].startswith(path.name)
    assert not path.exists()
    assert path.with_suffix(".set-aside").exists()


def test_a_record_under_another_name_is_set_aside(store):
    store.write(record_of())
    other = msgspec.structs.replace(RUN, seed=1)
    (store.folder / f"{RUN.id}.json").rename(store.folder / f"{other.id}.json")
    assert fresh(store).status(other).state == "missing"


def test_a_giant_file_is_not_read(store, monkeypatch):
    store.write(record_of())
    monkeypatch.setattr(storage, "MAX_BYTES", 10)
    assert fresh(store).status(RUN).state == "missing"


def test_other_data_make_it_stale(store):
    store.write(record_of())
    assert RecordStore(store.folder, "other").status(RUN).why == "measured on other data"


def test_changed_code_makes_it_stale_and_says_which(store):
    code = code_of("epochs") | {"fmnist_ref.training.fit": "0000"}
    store.write(record_of(code=code))
    status = fresh(store).status(RUN)
    assert (status.state, status.why) == ("stale", "fmnist_ref.training.fit changed")


def test_another_outcome_of_what_it_read_makes_it_stale(store):
    needed = msgspec.structs.replace(RUN, arm="tune", seed=3)
    reader = Run(experiment="epochs", arm="tuned", seed=0, depends_on=(needed,))
    first = record_of(needed)
    store.write(first)
    store.write(record_of(reader, depends_on={needed.id: results_checksum(first)}))
    assert fresh(store).status(reader).state == "done"
    store.write(record_of(needed, results={"value": 2.0}))
    assert "depends on other results" in fresh(store).status(reader).why


def test_times_do_not_count_as_results():
    one = record_of(results={"value": 1.0, "curve": {"loss": [1.0], "seconds": [3.0]}, "seconds": {"a": [1.0]}})
    two = record_of(results={"value": 1.0, "curve": {"loss": [1.0], "seconds": [4.0]}, "seconds": {"a": [2.0]}})
    assert results_checksum(one) == results_checksum(two)
    assert repeatable(one.results) == {"value": 1.0, "curve": {"loss": [1.0]}}


def test_a_failed_write_leaves_nothing_half_written(store, monkeypatch):
    store.write(record_of())
    before = (store.folder / f"{RUN.id}.json").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.write(record_of(results={"value": 2.0}))
    assert [path.name for path in store.folder.iterdir()] == [f"{RUN.id}.json"]
    assert (store.folder / f"{RUN.id}.json").read_bytes() == before


def test_run_ids_tell_runs_apart():
    runs = [
        RUN,
        msgspec.structs.replace(RUN, seed=1),
        msgspec.structs.replace(RUN, arm="from_logits"),
        msgspec.structs.replace(RUN, parameters={"epochs": 2}),
        msgspec.structs.replace(RUN, device="cuda:0"),
        msgspec.structs.replace(RUN, depends_on=(msgspec.structs.replace(RUN, seed=7),)),
    ]
    assert len({run.id for run in runs}) == len(runs)
    assert RUN.id == Run(experiment="epochs", arm="as_published", seed=0, parameters={"epochs": 1}).id


def test_the_environment_names_no_person_and_no_place(monkeypatch):
    monkeypatch.setenv("USER", "somebody-odd")
    monkeypatch.setenv("HOSTNAME", "odd-host")
    text = msgspec.json.encode(observe()).decode()
    assert "somebody-odd" not in text
    assert "odd-host" not in text
    assert "/" not in observe().processor


@settings(max_examples=300)
@given(
    st.binary(max_size=400)
    | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_any_bytes_give_a_record_or_a_named_problem(content):
    with contextlib.suppress(msgspec.MsgspecError):
        assert isinstance(decode(content), Record)


def test_twenty_thousand_mutated_records_give_a_record_or_a_named_problem():
    rng = random.Random(0)
    whole = msgspec.json.encode(record_of())
    survivors = 0
    for _ in range(20_000):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            place = rng.randrange(len(content))
            match rng.randrange(3):
                case 0:
                    content[place] = rng.randrange(256)
                case 1:
                    del content[place : place + rng.randint(1, 20)]
                case _:
                    content[place:place] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 5)))
        with contextlib.suppress(msgspec.MsgspecError):
            survivors += decode(bytes(content)) == record_of()
    assert survivors < 200  # white space and the like; a changed value never passes
