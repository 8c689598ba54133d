"""What the commands do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
from rich.console import Console

from fmnist_ref import ConfigurationError, resolve_device
from fmnist_ref.data import load, locate
from fmnist_ref.sources import DATA_SHA256 as FILES_SHA256
from report import pages, progress, reference, site, timings, verification
from report.answers import ANSWERS
from report.answers.base import Records
from report.comparison import Comparison
from report.experiments import EXPERIMENTS
from report.experiments.base import Profile, ProfileName, Run
from report.files import remove_partial, write_if_changed
from report.lock import only_one
from report.plan import plan, stages
from report.publication import Edition, Published
from report.records import Record, RecordStore
from report.runner import ExecutorFactory, Failure, Runner, local_executor
from report.workshop import Workshop

DONE, INCOMPLETE, INTERRUPTED = 0, 1, 130
DATA_SHA256 = hashlib.sha256("".join(FILES_SHA256[name] for name in sorted(FILES_SHA256)).encode()).hexdigest()
"""One checksum over those of the four files: `load` lets no other data through."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which report is meant, as the command line has it."""

    output: Path
    data: Path | None
    device: str
    seeds: int | None
    only: tuple[str, ...]
    profile: ProfileName
    timings: Path | None = None
    """A timing record of an accelerator, made on another machine."""

    def sizes(self) -> Profile:
        """Return the profile that this selects."""
        seeds = self.seeds or (5 if self.profile == "full" else 2)
        return Profile(name=self.profile, seeds=seeds, device=str(resolve_device(self.device)))

    def experiments(self) -> tuple[str, ...]:
        """Expand answers to the experiments that they read."""
        names: list[str] = []
        for name in self.only:
            if name not in EXPERIMENTS and name not in ANSWERS:
                raise ConfigurationError(
                    f"--only takes an experiment ({', '.join(EXPERIMENTS)}) or an answer ({', '.join(ANSWERS)})",
                    repr(name),
                    "Name one of these.",
                )
            names += ANSWERS[name].experiments if name in ANSWERS else (name,)
        return tuple(dict.fromkeys(names))

    def edition(self, data_source: str) -> Edition:
        """Return the whole report that this selects, whatever part of it is measured now."""
        profile = self.sizes()
        return Edition(
            output=self.output,
            profile=profile,
            planned=plan(profile),
            store=self.store(),
            data_source=data_source,
            timings=tuple(timings.read(self.timings)) if self.timings else (),
        )

    def store(self) -> RecordStore:
        """Open the output folder's records."""
        return RecordStore(self.output / "records", DATA_SHA256)


def run(selection: Selection, place: Workshop, *, make_timing_executor: ExecutorFactory = local_executor) -> int:
    """Measure, conclude, render and publish; return the exit status."""
    console = progress.console()
    profile, only = selection.sizes(), selection.experiments()
    reference.read()  # a published result that can't be read ends here too
    with only_one(selection.output):
        remove_partial(selection.output)
        source = locate(selection.data)
        load("train", source.folder), load("test", source.folder)  # bad data end here, before any work
        edition = selection.edition(source.kind)
        store, wanted = edition.store, plan(profile, only)
        missing = [run for run in wanted if store.standing(run).state != "done"]
        console.print(f"{len(wanted) - len(missing)} of {len(wanted)} runs are recorded; {len(missing)} to measure.")
        failures: list[Failure] = []
        try:
            with progress.RunProgress(console, len(missing)) as bar:
                runner = Runner(
                    store,
                    source.folder,
                    workers=place.workers,
                    on_end=bar.on_end,
                    make_executor=place.make_executor,
                    make_timing_executor=make_timing_executor,
                )
                for stage in stages(missing)[:-1]:
                    failures += runner.run(stage)
                    if _published(edition, console).index:
                        console.print(f"A site of the first seed stands after {bar.elapsed()}.")
                for stage in stages(missing)[-1:]:
                    failures += runner.run(stage)
                    console.print(f"All is measured after {bar.elapsed()}.")
        except KeyboardInterrupt:
            console.print("Interrupted. What is recorded stays; the same command goes on from there.")
            return INTERRUPTED
        return _finish(edition, failures, console)


def _finish(edition: Edition, failures: list[Failure], console: Console) -> int:
    published = _published(edition, console)
    console.print(progress.verdict_table(published.findings))
    for line in edition.store.set_aside:
        console.print(f"Set aside and measured again: {line}", markup=False)
    if failures:
        console.print(progress.failures_table(failures))
    if published.index is None:
        return INCOMPLETE
    console.print(f"The site: {published.index}", markup=False, soft_wrap=True)
    return INCOMPLETE if failures else DONE


def _published(edition: Edition, console: Console) -> Published:
    published = edition.publish()
    if published.index is None:
        console.print(f"The site could not be built:\n{published.problem}", markup=False, soft_wrap=True)
    return published


def status(selection: Selection) -> int:
    """Print the standing of every run."""
    console = progress.console()
    store, planned = selection.store(), plan(selection.sizes(), selection.experiments())
    standings = [(run, store.standing(run)) for run in planned]
    for run, standing in standings:
        why = f": {standing.why}" if standing.why else ""
        console.print(
            f"{standing.state:8}{run.experiment} {run.arm} seed {run.seed}{why}", markup=False, soft_wrap=True
        )
    counts = {state: sum(s.state == state for _, s in standings) for state in ("done", "missing", "stale")}
    console.print(", ".join(f"{number} {state}" for state, number in counts.items()))
    return DONE


def verify(
    selection: Selection,
    place: Workshop,
    *,
    sample: int | None,
    draw: int,
    make_timing_executor: ExecutorFactory = local_executor,
) -> int:
    """Measure some recorded runs again, or all for no `sample`, and say whether they bear their records out."""
    console = progress.console()
    store, planned = selection.store(), plan(selection.sizes(), selection.experiments())
    recorded = [run for run in planned if store.standing(run).state == "done"]
    if not recorded:
        raise ConfigurationError("verify needs recorded runs", f"none in {selection.output}", "Make the report first.")
    chosen = verification.choose(recorded, sample, draw)
    by_chance = f", chosen by chance with seed {draw}" if len(chosen) < len(recorded) else ""
    console.print(f"Measuring {len(chosen)} of {len(recorded)} recorded runs again{by_chance}.")
    comparisons: list[Comparison] = []

    def on_end(run: Run, outcome: Record | Failure) -> None:
        comparisons.append(verification.judge(run, outcome, recorded, store))
        console.print(verification.describe(run, comparisons[-1]), markup=False, soft_wrap=True)

    with only_one(selection.output):
        verification.repeat(
            chosen,
            store,
            locate(selection.data).folder,
            workers=place.workers,
            make_executor=place.make_executor,
            make_timing_executor=make_timing_executor,
            on_end=on_end,
        )
    for line in verification.summary(comparisons):
        console.print(line, markup=False, soft_wrap=True)
    return DONE if all(comparison.agrees for comparison in comparisons) else INCOMPLETE


def publish_reference(selection: Selection) -> int:
    """Write the full report's result in brief to where every checkout will find it."""
    edition = selection.edition(locate(selection.data).kind)
    about = site.about(edition.profile.device, edition.data_source, DATA_SHA256)
    result = reference.summarise(
        pages.measure(Records(edition.store, edition.planned, edition.timings), edition.profile.name).findings,
        version=about["version"],
        profile=edition.profile.name,
        seeds=edition.extent().seeds_done,
        environment=about["environment"],
    )
    write_if_changed(reference.PUBLISHED, reference.encode(result))
    progress.console().print(f"Written: report/{reference.PUBLISHED.name}")
    return DONE


def timing(selection: Selection, file: Path, *, make_timing_executor: ExecutorFactory = local_executor) -> int:
    """Time the accelerator of this machine, and write what a report on any other takes in."""
    console = progress.console()
    profile = selection.sizes()
    wanted = timings.runs(profile.device, profile.name)
    with only_one(selection.output):
        source, store = locate(selection.data), selection.store()
        missing = [run for run in wanted if store.standing(run).state != "done"]
        with progress.RunProgress(console, len(missing)) as bar:
            runner = Runner(store, source.folder, workers=1, on_end=bar.on_end, make_executor=make_timing_executor)
            failures = runner.run(missing)
        if failures:
            console.print(progress.failures_table(failures))
            return INCOMPLETE
        standings = [store.standing(run).record for run in wanted]
        timings.write([record for record in standings if record is not None], file)
    console.print(f"Written: {file}. A report on any machine takes it in with --timings {file.name}.", markup=False)
    return DONE
