"""What the terminal shows while runs are measured: a progress bar, and a table of the runs that failed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from report.plan import Run
from report.record.store import Record, RecordStore
from report.run.executor import Backend, Failure, Runner

LOG_WIDTH = 120


def console() -> Console:
    """Make a console for standard output; a log file gets lines wide enough for the table of verdicts."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=LOG_WIDTH)


class RunProgress:
    """A progress bar with runs done and time left; in a log file, one line for each run instead."""

    def __init__(self, output: Console, total: int) -> None:
        self.output = output
        self.total = total
        self.done = 0
        self._began = perf_counter()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("runs ·"),
            TimeElapsedColumn(),
            TextColumn("· left"),
            TimeRemainingColumn(),
            console=output,
            disable=not output.is_terminal,
        )
        self._task = self._bar.add_task("Measuring", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def elapsed(self) -> str:
        """Return the time since the bar was made, as ``7 min 40 s``."""
        minutes, seconds = divmod(round(perf_counter() - self._began), 60)
        return f"{minutes} min {seconds} s"

    def on_end(self, run: Run, outcome: Record | Failure) -> None:
        """Show that a run has ended."""
        self.done += 1
        self._bar.advance(self._task)
        name = f"{run.experiment} {run.arm} seed {run.seed}"
        if isinstance(outcome, Failure):
            self.output.print(f"FAILED {name}: {outcome.why}", markup=False)
        elif not self.output.is_terminal:
            self.output.print(f"[{self.done}/{self.total}] {name}: {outcome.wall_seconds:.1f} s", markup=False)


def measure(runs: Iterable[Run], store: RecordStore, folder: Path, backend: Backend, output: Console) -> list[Failure]:
    """Measure the runs that have no valid record, with a progress bar; print and return those that failed."""
    missing = [run for run in runs if store.status(run).state != "done"]
    with RunProgress(output, len(missing)) as bar:
        failures = Runner(store, folder, backend, bar.on_end).run(missing)
    if failures:
        output.print(failures_table(failures))
    return failures


def failures_table(failures: Iterable[Failure]) -> Table:
    """List the runs that could not be measured."""
    table = Table("run", "why", title="Not measured", title_justify="left")
    for failure in failures:
        table.add_row(f"{failure.run.experiment} {failure.run.arm} seed {failure.run.seed}", Text(failure.why))
    return table
