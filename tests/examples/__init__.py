"""
Example results of every experiment, made up without training: what the tests of answers and pages are given.

An experiment has a module of its name here, with ``example(run, ...)``: plausible results of a run, whose keyword arguments
make an effect appear or reverse. They are with the tests because only tests make effects reverse.
"""

from functools import cache
from importlib import import_module

import msgspec

from report.experiments import EXPERIMENTS, plan
from report.plan import Profile
from report.record.environment import Environment
from report.record.reader import Records
from report.record.store import SCHEMA, Record, RecordStore, RunStatus

ENVIRONMENT = Environment(
    processor="Maker's processor", cores=2, memory_bytes=2**34, threads=1, device="Maker's processor",
    operating_system="Linux", python="3.11", torch="2.9", torchvision="0.24", numpy="2.0",
)  # fmt: skip


@cache
def planned():
    """Return the full plan with an accelerator: runs by seed, by experiment and arm."""
    runs = {}
    for run in plan(Profile(device="cuda:0")):
        runs.setdefault((run.experiment, run.arm), {})[run.seed] = run
    return runs


def results_of(experiment, **effects):
    """Make up the results of an experiment's runs: by experiment and arm, one for each seed."""
    example = import_module(f"examples.{experiment}").example
    return {
        arm: [example(run, **effects) for run in runs.values()]
        for arm, runs in planned().items()
        if arm[0] == experiment
    }


def whole_report():
    """Return records of every experiment."""
    return ExampleRecords({arm: found for name in EXPERIMENTS for arm, found in results_of(name).items()})


def record_of(run, results, *, wall_seconds=10.0, peak_memory_bytes=900_000_000):
    """Make the record of a run with made-up results, which nobody will check."""
    return Record(
        schema=SCHEMA,
        run=run.id,
        experiment=run.experiment,
        arm=run.arm,
        seed=run.seed,
        role=run.role,
        parameters=run.parameters,
        exclusive=run.exclusive,
        depends_on={},
        results=msgspec.json.decode(msgspec.json.encode(results)),
        wall_seconds=wall_seconds,
        peak_memory_bytes=peak_memory_bytes,
        environment=ENVIRONMENT,
        data_sha256="0" * 64,
        code={},
    )


class ExampleStore:
    """Stands in for a `RecordStore`: records in memory."""

    def __init__(self, records):
        self.records = {record.run: record for record in records}

    def status(self, run):
        record = self.records.get(run.id)
        return RunStatus(state="done" if record else "missing", record=record)

    valid = RecordStore.valid


class ExampleRecords(Records):
    """Records of made-up results, given by experiment and arm, one for each seed; `costs` says what some runs took."""

    def __init__(self, results, costs=()):
        self.results = dict(results)
        taken = dict(costs)
        runs = [run for arm, found in results.items() for run, _ in zip(planned()[arm].values(), found, strict=False)]
        made_up = [result for found in results.values() for result in found]
        records = [
            record_of(run, result, **taken.get((run.experiment, run.arm, run.seed), {}))
            for run, result in zip(runs, made_up, strict=True)
        ]
        super().__init__(ExampleStore(records), runs)
