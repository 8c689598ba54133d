"""How the time of a report goes down with workers, and up with seeds."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import Series, line_chart
from report.answers.curves import middle_and_range
from report.answers.speed import answer
from report.answers.timed import machine
from report.conclude.statistics import Estimate, log_ratio
from report.experiments.speed import WorkersResults
from report.record.reader import Records

WORKERS = (1, 2, 4, 8, 16, 32)


def list_schedule(durations: Sequence[float], workers: int) -> float:
    """
    Return how long runs take if each starts, in their order, on the worker that is free first.

    Parameters
    ----------
    durations : sequence of float
        Seconds of each run.
    workers : int
        Runs under way at a time.

    Returns
    -------
    float
        Seconds until the last has ended: Graham's list scheduling, at most twice the shortest possible.
    """
    free_at = [0.0] * workers
    for duration in durations:
        heapq.heappush(free_at, heapq.heappop(free_at) + duration)
    return max(free_at)


def measured_workers(records: Records) -> WorkersResults:
    """Return the results of the one run of the fixed set."""
    return records.arm("speed", "workers", WorkersResults).results[0]


def by_workers(results: WorkersResults) -> dict[int, list[float]]:
    """Return the times of the whole set by number of workers, ascending."""
    return dict(sorted((int(size), seconds) for size, seconds in results.seconds.items() if size != "runs"))


@answer.number("gain-of-workers")
def gain_of_workers(records: Records) -> Estimate:
    """Estimate how many times sooner the fixed set of runs is done on all cores than on one."""
    wall = by_workers(measured_workers(records))
    return log_ratio(wall[min(wall)], wall[max(wall)])


@answer.figure("speed-workers")
def workers(records: Records, findings: Findings) -> FigureSpec:
    """Draw the wall time of the fixed set against workers: measured, and simulated from the runs' own times."""
    results = measured_workers(records)
    measured = by_workers(results)
    simulated = {size: list_schedule(results.seconds["runs"], size) for size in WORKERS}
    at_once = next(size for size in WORKERS if simulated[size] <= 1.05 * max(results.seconds["runs"]))
    return FigureSpec(
        chart=line_chart(
            middle_and_range("measured", measured, np.median, role="points"),
            Series(label="simulated", x=list(map(float, simulated)), y=list(simulated.values()), role="reference"),
            x_label="workers",
            y_label="seconds",
            x_scale="log",
            y_scale="log",
        ),
        title=f"More workers help until only the longest run is left, here at {at_once}",
        alt="Seconds for the same runs by workers. Measured: "
        + ", ".join(f"{np.median(seconds):.2f} on {size}" for size, seconds in measured.items())
        + ". Simulated: "
        + ", ".join(f"{seconds:.2f} on {size}" for size, seconds in simulated.items())
        + ".",
        caption=(
            f"{len(results.widths)} trainings on {results.num_images:,} images, hidden layers of {min(results.widths)} to {max(results.widths)} units, one "
            f"thread each; {machine(results.devices[0])}. Simulated: each starts on the worker that is free first and takes as "
            "long as it did on one worker, as if workers did not get in each other's way."
        ),
    )


@answer.figure("speed-seeds")
def minutes_by_seeds(records: Records, findings: Findings) -> FigureSpec:
    """Draw what the report's recorded runs add up to against the number of seeds, on one worker and on two."""
    trained = {id: cost for id, cost in records.costs().items() if not cost.exclusive}
    seeds = sorted({cost.seed for cost in trained.values()})
    counts = range(1, len(seeds) + 1)

    def minutes(count: int, size: int) -> float:
        last = seeds[count - 1]
        return list_schedule([cost.wall_seconds for cost in trained.values() if cost.seed <= last], size) / 60

    lines = [
        Series(label=label, x=list(map(float, counts)), y=[minutes(count, size) for count in counts])
        for label, size in {"1 worker": 1, "2 workers": 2, "8 workers": 8}.items()
    ]
    return FigureSpec(
        chart=line_chart(*lines, x_label="seeds", y_label="minutes"),
        title="The first seeds carry the choice of learning rates; the others add only their own runs",
        alt="Minutes of all recorded runs by seeds: "
        + "; ".join(f"{line.label} " + ", ".join(f"{y:.1f}" for y in line.y) for line in lines)
        + ".",
        caption=(
            f"Recorded times of {len(trained)} runs, put in the order of the plan on the worker that is free first. Runs that "
            "measure time are left out: they go one at a time."
        ),
        records=tuple(trained),
    )
