"""Timing records: what is written can be read, and nothing else can."""

import msgspec
import pytest

from fmnist_ref import ConfigurationError
from report.experiments.data_loading import LoaderResults
from report.experiments.hardware import Device
from report.experiments.step_variants import VariantResults
from report.experiments.steps import ClockResults, ClockTimes, StepsResults
from report.record import accelerator
from report.record.environment import observe
from report.record.store import MAX_BYTES, SCHEMA, Record


def device(kind, **about):
    facts = {
        "kind": kind,
        "name": f"a {kind}",
        "total_memory_bytes": 2**34,
        "torch_version": "2.9",
        "backend_version": None,
        "threads": 2,
        "float32_precision": "highest",
        "tensor_float32_convolutions": None,
    }
    return Device(**(facts | about))


def results(arm, accelerator=None):
    devices = [device("cpu"), accelerator or device("cuda")]
    if arm.endswith("clock"):
        clock = ClockTimes(model="mlp128", batch_size=64, seconds={"queued": [0.1, 0.2], "done": [0.3, 0.4]})
        return ClockResults(devices=devices, clocks=[clock])
    if arm.endswith("loader"):
        return LoaderResults(devices=devices, batch_size=64, passes=[])
    if arm.endswith("variants"):
        return VariantResults(devices=devices, variants=[], transfers=[])
    return StepsResults(devices=devices, batch_size=64, steps=[], products=[])


def record(arm, **about):
    fields = {
        "schema": SCHEMA,
        "run": f"devices.{arm}.seed0.0123456789",
        "experiment": "devices",
        "arm": arm,
        "seed": 0,
        "role": "main",
        "parameters": {"timed": arm.removeprefix("accelerator_"), "accelerator": arm.startswith("accelerator_")},
        "exclusive": True,
        "depends_on": {},
        "results": msgspec.to_builtins(results(arm)),
        "wall_seconds": 1.0,
        "peak_memory_bytes": 1,
        "environment": observe(),
        "data_sha256": "0" * 64,
        "code": {},
    }
    return Record(**(fields | about))


ARMS = ("accelerator_loader", "accelerator_steps", "accelerator_clock", "accelerator_variants")


def test_what_is_written_is_read(tmp_path):
    written = [record(arm) for arm in ARMS]
    accelerator.write(written, tmp_path / "timings.json")
    read = accelerator.read(tmp_path / "timings.json")
    assert [msgspec.structs.replace(found, checksum="") for found in read] == written
    assert [path.name for path in tmp_path.iterdir()] == ["timings.json"]


def test_runs_are_those_that_need_an_accelerator():
    assert tuple(run.arm for run in accelerator.runs("cuda:0")) == ARMS
    assert {run.device for run in accelerator.runs("cuda:0")} == {"cuda:0"}
    assert all(run.exclusive for run in accelerator.runs("cuda:0"))  # timed on all cores, one at a time
    with pytest.raises(ConfigurationError, match=r"^a timing record must be of an accelerator; found 'cpu'\."):
        accelerator.runs("cpu")


REFUSED = {
    "no record": ([], "no record in it"),
    "an arm twice": ([record(ARMS[0]), record(ARMS[0])], "two records of the same arm"),
    "a CPU's arm": ([record("steps")], "something else than an accelerator's timing"),
    "another experiment": ([record(ARMS[0], experiment="epochs")], "something else"),
    "parameters of a CPU's arm": (
        [record(ARMS[0], parameters={"timed": "loader", "accelerator": False})],
        "something else",
    ),
    "parameters of another kind": ([record(ARMS[0], parameters={"timed": ["loader"]})], "something else"),
    "an unknown kind": ([record("accelerator_speed", results={})], "something else"),
    "a path for an id": ([record(ARMS[0], run="devices.accelerator_loader.seed0.0/../../x")], "whose id does not fit"),
    "another run's id": ([record(ARMS[0], run=f"devices.{ARMS[1]}.seed0.0123456789")], "whose id does not fit"),
    "another seed's id": ([record(ARMS[0], seed=1)], "whose id does not fit"),
    "another schema": ([record(ARMS[0], schema=SCHEMA + 1)], "schema"),
    "results of another kind": ([record(ARMS[0], results={"devices": []})], "missing required field"),
    "one device": (
        [record(ARMS[2], results={"devices": [msgspec.to_builtins(device("cpu"))], "clocks": []})],
        "not of a CPU and an accelerator",
    ),
    "two accelerators": (
        [
            record(ARMS[0]),
            record(ARMS[2], results=msgspec.to_builtins(results(ARMS[2], device("cuda", name="another")))),
        ],
        "more than one accelerator",
    ),
    "a name of several lines": (
        [record(ARMS[0], results=msgspec.to_builtins(results(ARMS[0], device("cuda", name="a\n## Title"))))],
        "not a short line of text",
    ),
    "a name without end": (
        [record(ARMS[0], results=msgspec.to_builtins(results(ARMS[0], device("cuda", name="x" * 1000))))],
        "not a short line of text",
    ),
    "a negative time": (
        [
            record(
                ARMS[2],
                results=msgspec.to_builtins(results(ARMS[2]))
                | {
                    "clocks": [
                        {
                            "model": "mlp128",
                            "batch_size": 64,
                            "seconds": {"queued": [-1.0], "done": [1.0]},
                        }
                    ]
                },
            )
        ],
        ">= 0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_pages_could_not_show_is_refused(case, tmp_path):
    records, found = REFUSED[case]
    path = tmp_path / "timings.json"
    accelerator.write(records, path)
    with pytest.raises(ConfigurationError) as refusal:
        accelerator.read(path)
    assert found in refusal.value.found
    assert "\n" not in str(refusal.value)
    assert str(tmp_path) not in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b'{"format": "something else", "records": []}', b"[" * 100_000, b'{"records": [1]}'],
)
def test_what_is_no_timing_record_is_refused(content, tmp_path):
    path = tmp_path / "timings.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"^timings\.json must be a timing record"):
        accelerator.read(path)


def test_changed_content_is_refused(tmp_path):
    path = tmp_path / "timings.json"
    accelerator.write([record(ARMS[2])], path)
    path.write_text(path.read_text().replace("0.3", "0.03"))
    with pytest.raises(ConfigurationError, match="checksum"):
        accelerator.read(path)


def test_missing_and_oversized_files_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        accelerator.read(tmp_path / "absent.json")
    path = tmp_path / "timings.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigurationError, match="larger than"):
        accelerator.read(path)


def test_the_published_record_has_every_kind_of_one_gpu_and_its_host():
    records = accelerator.read(accelerator.PUBLISHED)
    assert tuple(record.arm for record in records) == ARMS
    assert {record.run.rpartition(".")[0] for record in records} == {f"devices.{arm}.seed0" for arm in ARMS}
    assert {record.results["devices"][1]["kind"] for record in records} == {"cuda"}
