"""Records of finished runs: one JSON file for each run, written whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from fmnist_ref import DATA_SHA256 as FILES_SHA256
from report.plan import Role, Run
from report.record import digest
from report.record.environment import Environment
from report.record.files import FolderWriter, remove_others, write_whole

SCHEMA = 3
DATA_SHA256 = hashlib.sha256("".join(FILES_SHA256[name] for name in sorted(FILES_SHA256)).encode()).hexdigest()
"""One checksum over those of the four files: `load` refuses all other data."""
MAX_BYTES = 8 * 2**20


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a worker measured in one run, and what that took."""

    results: dict[str, Any]
    wall_seconds: float
    peak_memory_bytes: int | None
    environment: Environment


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The results of one run, with all that is needed to check them or to repeat the run."""

    schema: int
    run: str
    """The run's id, which is also the file's name."""
    experiment: str
    arm: str
    seed: int
    role: Role
    parameters: dict[str, Any]
    exclusive: bool
    """Whether the run measured time, alone on the machine."""
    depends_on: dict[str, str]
    """Checksum of each record that this run read, by run id."""
    results: dict[str, Any]
    wall_seconds: float
    """Of the whole run, evaluation included; a monotonic clock."""
    peak_memory_bytes: int | None
    """Peak memory of the worker process up to the end of the run; None where the system does not report it."""
    environment: Environment
    data_sha256: str
    """One checksum over those of the four files."""
    code: dict[str, str]
    """Digest of every definition that the run used, by dotted name."""
    checksum: str = ""
    """SHA-256 of this record with this field empty; its file has it."""

    @classmethod
    def of(cls, run: Run, measured: Measured, depends_on: dict[str, str], data_sha256: str) -> Record:
        """Make the record of a run that was measured with the code as it is now."""
        return cls(
            schema=SCHEMA,
            run=run.id,
            experiment=run.experiment,
            arm=run.arm,
            seed=run.seed,
            role=run.role,
            parameters=run.parameters,
            exclusive=run.exclusive,
            depends_on=depends_on,
            data_sha256=data_sha256,
            code=code_of(run.experiment),
            **vars(measured),
        )


@dataclass(frozen=True)
class RunStatus:
    """Whether a run has a valid record, and if not, why."""

    state: Literal["done", "missing", "stale"]
    why: str = ""
    record: Record | None = None


class RecordStore:
    """
    The records of one output folder.

    Parameters
    ----------
    folder : Path
        Folder of the JSON files; made when the first record is written.
    data_sha256 : str
        Checksum of the data set in use. A record of other data is stale.
    """

    def __init__(self, folder: Path, data_sha256: str) -> None:
        self.folder = folder
        self.data_sha256 = data_sha256
        self.set_aside: list[str] = []
        self._cache: dict[str, Record] = {}
        self._results_checksums: dict[str, str] = {}

    def write(self, record: Record) -> Record:
        """
        Write a record whole or not at all, flushed to disk.

        Returns it as its file gives it back (NaN is None, say): what depends on it sees the same at any time.
        """
        content = encode(record)
        written = decode(content)
        write_whole(self.folder / f"{record.run}.json", content, durable=True)
        self._remember(written)
        return written

    def status(self, run: Run) -> RunStatus:
        """Return whether a run is done, missing, or stale and why."""
        record = self._read(run)
        if record is None:
            return RunStatus("missing")
        if record.data_sha256 != self.data_sha256:
            return RunStatus("stale", "measured on other data")
        for needed in run.depends_on:
            status = self.status(needed)
            if status.record is None:
                return RunStatus("stale", f"depends on {needed.id}, which is {status.state}")
            if record.depends_on.get(needed.id) != self._results_checksum(status.record):
                return RunStatus("stale", f"depends on other results of {needed.id}")
        changed = digest.changes(record.code, code_of(run.experiment))
        if changed:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            return RunStatus("stale", ", ".join(changed[:3]) + more)
        return RunStatus("done", record=record)

    def valid(self, runs: Iterable[Run]) -> dict[str, Record]:
        """Return the records of those runs that are done, by run id, in the order of the runs."""
        return {record.run: record for run in runs if (record := self.status(run).record)}

    def forget(self, run: Run) -> None:
        """Remove a run's record, if there is one, so that it is measured again."""
        self._cache.pop(run.id, None)
        self._results_checksums.pop(run.id, None)
        (self.folder / f"{run.id}.json").unlink(missing_ok=True)

    def publish(self, runs: Iterable[Run], folder: Path) -> None:
        """Copy the valid records of a plan into a folder, and remove everything else there."""
        writer = FolderWriter(folder)
        for id in self.valid(runs):
            writer.write(f"{id}.json", (self.folder / f"{id}.json").read_bytes())
        remove_others(folder, writer.kept)

    def _read(self, run: Run) -> Record | None:
        if run.id in self._cache:
            return self._cache[run.id]
        path = self.folder / f"{run.id}.json"
        try:
            if path.stat().st_size > MAX_BYTES:
                raise msgspec.ValidationError(f"larger than {MAX_BYTES} bytes")
            record = decode(path.read_bytes())
            if record.run != run.id:
                raise msgspec.ValidationError("it belongs to another run")
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, IsADirectoryError) as problem:
            path.replace(path.with_suffix(".set-aside"))
            self.set_aside.append(f"{path.name}: {problem}")
            return None
        self._remember(record)
        return record

    def _remember(self, record: Record) -> None:
        self._cache[record.run] = record
        self._results_checksums.pop(record.run, None)

    def _results_checksum(self, record: Record) -> str:
        """Return the checksum of a record's results, computed once: many runs may depend on them."""
        if record.run not in self._results_checksums:
            self._results_checksums[record.run] = results_checksum(record)
        return self._results_checksums[record.run]


def encode(record: Record) -> bytes:
    """Encode a record as the content of its file, with its checksum."""
    content = _without_checksum(record)
    field = b'"checksum":"%s"'
    sealed = content.replace(field % b"", field % _sha256(content).encode(), 1)  # the first: only `arm` is before it
    return msgspec.json.format(sealed, indent=1)


def decode(content: bytes) -> Record:
    """Decode a record; raise `msgspec.MsgspecError` with the reason if it can't be trusted."""
    try:
        head = msgspec.json.decode(content, type=dict[str, Any])
        if head.get("schema") != SCHEMA:
            raise msgspec.ValidationError(f"schema {head.get('schema')!r}, not {SCHEMA}")
        record = msgspec.convert(head, Record)
    except (RecursionError, UnicodeDecodeError) as problem:
        raise msgspec.DecodeError(f"not a record ({type(problem).__name__})") from problem
    if record.checksum != _sha256(_without_checksum(record)):
        raise msgspec.ValidationError("its checksum does not match its content")
    return record


def code_of(experiment: str) -> dict[str, str]:
    """Return digests of the code that an experiment's runs depend on, as it is now."""
    data = digest.digest("fmnist_ref.data", "normalize") | digest.digest("report.plan", "Dataset")
    return data | digest.digest(f"report.experiments.{experiment}", "measure")


def repeatable(results: Any) -> Any:
    """Return results without clock times: the part that two runs on the same kind of machine have in common."""
    if isinstance(results, dict):
        return {key: repeatable(value) for key, value in results.items() if key != "seconds"}
    if isinstance(results, list) and any(isinstance(value, dict | list) for value in results):
        return [repeatable(value) for value in results]  # most lists hold numbers, and are returned as they are
    return results


def results_checksum(record: Record) -> str:
    """Return the checksum of the repeatable part of a record's results."""
    return _sha256(msgspec.json.encode(repeatable(record.results), order="sorted"))


def _without_checksum(record: Record) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(record, checksum=""), order="sorted")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
