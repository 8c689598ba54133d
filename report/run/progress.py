"""What the terminal shows while runs are measured: a progress bar, and a table of the runs that failed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from report.plan import ProfileName, Run
from report.record.store import Record, RecordStore
from report.run import forecast
from report.run.executor import Backend, Failure, Runner
from report.run.forecast import Forecast, in_words

LOG_WIDTH = 120
WORTH_A_PROBE = 60.0
"""Seconds of work."""


def console() -> Console:
    """Make a console for standard output; a log file gets lines wide enough for the table of verdicts."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=LOG_WIDTH)


class RunProgress:
    """A progress bar with the share of the work done and the time left; in a log file, one line for each run instead."""

    def __init__(self, output: Console, runs: Iterable[Run], forecast: Forecast, workers: int) -> None:
        self.output = output
        self.forecast = forecast
        self.workers = workers
        self.ended = 0
        self._left = {run.id: run for run in runs}
        self._planned = len(self._left)
        self._began = self._last_end = perf_counter()
        self._spent = 0.0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[ended]} of {task.fields[runs]} runs ·"),
            TimeElapsedColumn(),
            _TimeLeft(self),
            console=output,
            disable=not output.is_terminal,
        )
        work = sum(map(forecast.of, self._left.values()))
        self._task = self._bar.add_task("Measuring", total=work, ended=0, runs=self._planned)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._bar.stop()

    def elapsed(self) -> str:
        """Return the time since the bar was made, as ``7 min 40 s``."""
        minutes, seconds = divmod(round(perf_counter() - self._began), 60)
        return f"{minutes} min {seconds} s"

    def seconds_left(self) -> float:
        """Return how long the other runs will take, judged by those that have ended."""
        left = self.forecast.wall_seconds(self._left.values(), self.workers)
        if all(run.exclusive for run in self._left.values()):
            under_way = perf_counter() - self._last_end
        else:  # what has passed, less what the ended runs took
            under_way = perf_counter() - self._began - self._spent / self.workers
        return max(0.0, left - max(0.0, under_way))

    def on_end(self, run: Run, outcome: Record | Failure) -> None:
        """Show that a run has ended."""
        self.ended += 1
        self._left.pop(run.id, None)
        self._last_end = perf_counter()
        self._bar.update(self._task, advance=self.forecast.of(run), ended=self.ended)
        name = f"{run.experiment} {run.arm} seed {run.seed}"
        if isinstance(outcome, Failure):
            self.output.print(f"FAILED {name}: {outcome.why}", markup=False)
            return
        self.forecast.learn(run, outcome.wall_seconds)
        self._spent += outcome.wall_seconds
        if not self.output.is_terminal:
            self.output.print(f"[{self.ended}/{self._planned}] {name}: {outcome.wall_seconds:.1f} s", markup=False)


class _TimeLeft(ProgressColumn):
    """Shows the forecast, where Rich's own column goes by the runs of the last half a minute."""

    def __init__(self, progress: RunProgress) -> None:
        super().__init__()
        self._progress = progress

    def render(self, task: Task) -> Text:
        """Write the time left."""
        return Text("" if task.finished else f"· {in_words(self._progress.seconds_left())} left")


def forecast_for(runs: Iterable[Run], profile: ProfileName, store: RecordStore) -> Forecast:
    """Forecast what runs that have no record will take; the machine is probed if that is long."""
    planned, costs = list(runs), forecast.read()
    missing = [run for run in planned if store.status(run).state != "done"]
    first = Forecast(planned, profile, store, costs)
    if sum(map(first.of, missing)) < WORTH_A_PROBE:
        return first
    return Forecast(planned, profile, store, costs, forecast.probe())


def measure(
    runs: Iterable[Run], profile: ProfileName, store: RecordStore, folder: Path, backend: Backend, output: Console
) -> list[Failure]:
    """Measure the runs that have no valid record, with a progress bar; print and return those that failed."""
    missing = [run for run in runs if store.status(run).state != "done"]
    with RunProgress(output, missing, forecast_for(missing, profile, store), backend.workers) as bar:
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
