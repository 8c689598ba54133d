"""
Kill a report at random moments, over and over, and compare what it leaves in the end with an undisturbed one.

``python tests/faults/killing.py FOLDER KILLS`` prints what happened as JSON. This process imports everything once and
forks the reports, so that a kill costs a fraction of a second and not the import of PyTorch.
"""

import json
import os
import random
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import redirect_stdout
from multiprocessing import get_context
from pathlib import Path

import filelock
import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from stand_ins import small_report

from report import cli
from report.cli import commands, main  # noqa: F401 - commands are imported once, not in each fork
from report.record.store import decode, repeatable
from report.run import worker

SEEDS = 10
INTERRUPT_EVERY = 6
"""Every so many kills are Ctrl-C instead."""


def forked_pool(workers, threads):
    return ProcessPoolExecutor(workers, get_context("fork"), initializer=worker.start, initargs=(threads,))


def start(output):
    """Fork a report; return its process id when it has begun: before that nothing handles Ctrl-C."""
    begun, beginning = os.pipe()
    process = os.fork()
    if process:
        os.close(beginning)
        os.read(begun, 1)
        os.close(begun)
        return process
    check_environment = cli.check_environment  # what a report does first
    cli.check_environment = lambda: (os.write(beginning, b"."), check_environment())
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, sys.stdout.fileno())
    status = 99
    try:
        status = main(["run", "--profile", "quick", "--seeds", str(SEEDS), "--output", str(output)])
    finally:
        os._exit(status)


def records(output):
    """Read every record that there is, whole or raise."""
    return {path.name: (path.read_bytes(), decode(path.read_bytes())) for path in output.glob("records/*.json")}


def lasting(output):
    """Return all that two reports must share bit for bit: records but for costs, verdicts, every page but that of times."""
    files = {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in [output / "verdicts.json", *(output / "source").rglob("*")]
        if path.is_file() and "records" not in path.parts and not path.name.startswith("speed")
    }
    for name, (_, record) in records(output).items():
        lasting = msgspec.structs.replace(
            record, wall_seconds=0.0, peak_memory_bytes=None, checksum="", results=repeatable(record.results)
        )
        files[f"records/{name}"] = msgspec.json.encode(lasting, order="sorted")
    return files


def wait_for_workers(output):
    """Wait until the workers of a killed report have ended too: forked, they hold its lock."""
    with filelock.FileLock(output / ".lock", timeout=120):
        pass


def disturb(output, chance, longest, left):
    """Run a report to its end through so many kills at most; count kills and Ctrl-Cs, and what was done twice."""
    seen, counts = {}, {"kills": 0, "interrupts": 0, "repeated": 0}
    while True:
        process = start(output)
        number = signal.SIGKILL
        if counts["kills"] < left:
            time.sleep(chance.uniform(0, longest))
            number = signal.SIGINT if chance.randrange(INTERRUPT_EVERY) == 0 else signal.SIGKILL
            os.kill(process, number)  # it may have ended just before; then nothing happens
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if code == 0:
            return counts
        assert code == (130 if number == signal.SIGINT else -signal.SIGKILL), f"a report ended with status {code}"
        counts["kills" if number == signal.SIGKILL else "interrupts"] += 1
        if output.is_dir():
            wait_for_workers(output)
        found = records(output)
        counts["repeated"] += sum(found[name][0] != content for name, content in seen.items())
        seen = {name: content for name, (content, _) in found.items()}


def kill(folder, wanted):
    """Kill reports, folder after folder, until so many kills have been survived."""
    began = time.monotonic()
    os.waitpid(start(folder / "undisturbed"), 0)
    longest = 1.1 * (time.monotonic() - began)  # the first report of a cold machine: later ones are faster
    expected = lasting(folder / "undisturbed")
    chance = random.Random(0)
    totals = {"kills": 0, "interrupts": 0, "repeated": 0, "reports": 0, "different": [], "left over": 0}
    while totals["kills"] < wanted:
        output = folder / f"report-{totals['reports']}"
        counts = disturb(output, chance, longest, wanted - totals["kills"])
        if counts["kills"] + counts["interrupts"] == 0:
            longest *= 0.7  # it was over before its moment came: look earlier
        for name, number in counts.items():
            totals[name] += number
        totals["reports"] += 1
        found = lasting(output)
        totals["different"] += [n for n in sorted(found.keys() | expected) if found.get(n) != expected.get(n)]
        totals["left over"] += len(list(output.rglob("*.partial")))
    return totals | {"records": sum(name.startswith("records/") for name in expected)}


if __name__ == "__main__":
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    os.fsync = lambda file: None  # a killed process loses nothing that it has written
    folder = Path(sys.argv[1])
    with pytest.MonkeyPatch.context() as patch, (folder / "said").open("w") as said, redirect_stdout(said):
        small_report.install(patch, lambda workers, threads: ThreadPoolExecutor(workers))
        main(
            ["run", "--profile", "quick", "--seeds", "1", "--output", str(folder / "warm")]
        )  # each fork begins with what it loaded
    small_report.install(pytest.MonkeyPatch(), forked_pool)
    print(json.dumps(kill(folder, int(sys.argv[2]))))
