"""Measure how fast the reference loop is, on its own, and hold it to its goals."""

from __future__ import annotations

import numpy as np
from rich.table import Table

from fmnist_ref.data import load, locate
from report import formatting, progress
from report.answers.base import NoRecords, Records
from report.answers.speed.goals import GOALS, ladder, ratio_of
from report.answers.speed.rungs import LABELS
from report.commands import DONE, INCOMPLETE, Selection
from report.experiments.ladder import LadderResults
from report.lock import only_one
from report.plan import plan
from report.runner import Runner


def bench(selection: Selection, *, check: bool) -> int:
    """Measure the experiment `speed` anew and print its ladder and ratios; with `check`, a missed goal is a failure."""
    console = progress.console()
    with only_one(selection.output):
        source = locate(selection.data)
        load("train", source.folder), load("test", source.folder)  # bad data end here, before any work
        store = selection.store()
        runs = plan(selection.sizes(), ["speed"])
        for run in runs:
            store.forget(run)
        with progress.RunProgress(console, len(runs)) as bar:
            failures = Runner(store, source.folder, workers=1, on_end=bar.on_end).run(runs)
        if failures:
            console.print(progress.failures_table(failures))
        try:
            results, _ = ladder(Records(store, runs))
        except NoRecords:
            return INCOMPLETE
    console.print(_rungs(results))
    console.print(_goals(results))
    missed = [goal for goal in GOALS if not goal.met_by(ratio_of(results, goal).value)]
    return INCOMPLETE if failures or (check and missed) else DONE


def _rungs(results: LadderResults) -> Table:
    table = Table(
        "way", "threads", "seconds", title=f"One epoch of {results.num_images:,} images", title_justify="left"
    )
    for rung in results.rungs:
        table.add_row(LABELS[rung.name], str(rung.threads), f"{np.median(rung.seconds):.3f}")
    return table


def _goals(results: LadderResults) -> Table:
    table = Table("ratio", "measured", "95 % interval", "limit", "", title="Goals", title_justify="left")
    for goal in GOALS:
        ratio = ratio_of(results, goal)
        verdict = "met" if goal.met_by(ratio.value) else "missed"
        table.add_row(goal.says, formatting.text_of(ratio), formatting.interval_of(ratio), goal.limit(), verdict)
    return table
