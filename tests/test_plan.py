"""The plan of a report: what runs are, which of them there are, and that all experiments keep to it."""

import msgspec
import pytest

from report import plan as planning
from report.experiments import EXPERIMENTS, plan
from report.experiments.tuning import with_trials
from report.plan import Experiment, Profile, Run

RUN = Run(experiment="sum", arm="a", seed=3, parameters={"size": 7})


@pytest.mark.parametrize("field", ["experiment", "arm", "seed", "role", "parameters", "device", "depends_on"])
def test_whatever_decides_a_result_is_in_the_id(field):
    other = {"seed": 4, "role": "trial", "parameters": {"size": 8}, "depends_on": (RUN,)}.get(field, "other")
    assert msgspec.structs.replace(RUN, **{field: other}).id != RUN.id


def test_trials_are_the_same_training_at_every_rate_on_the_seeds_of_the_choice():
    tuned = with_trials(RUN, (0.1, 1.0), seeds=(0, 1))
    assert (tuned.role, tuned.seed, tuned.parameters) == ("main", 3, {"size": 7, "learning_rate": None})
    tried = [(trial.role, trial.seed, trial.parameters) for trial in tuned.depends_on]
    assert tried == [
        ("trial", seed, {"size": 7, "learning_rate": rate}) for rate in (0.1, 1.0) for seed in (0, 1)
    ]  # fmt: skip
    other_seed = with_trials(msgspec.structs.replace(RUN, seed=4), (0.1, 1.0), seeds=(0, 1))
    assert other_seed.depends_on == tuned.depends_on


def plan_sums(profile):
    trials = profile.trial_seeds[:2]
    return [with_trials(msgspec.structs.replace(RUN, seed=seed), (0.1,), trials) for seed in profile.seeds_of()]


def plan_timings(profile):
    return [Run(experiment="timed", arm="t", seed=0)]


EXAMPLES = {
    "timed": Experiment(plan=plan_timings, measure=lambda *_: None, exclusive=True),
    "sum": Experiment(plan=plan_sums, measure=lambda *_: None),
}


@pytest.mark.parametrize("start", [0, 100])
def test_runs_are_planned_once_by_seed_after_what_they_read_and_timings_last(start):
    runs = planning.plan(EXAMPLES, Profile(seeds=2, first_seed=start))
    assert [(run.experiment, run.seed, run.role, run.exclusive) for run in runs] == [
        ("sum", start, "trial", False),
        ("sum", start + 1, "trial", False),
        ("sum", start, "main", False),
        ("sum", start + 1, "main", False),
        ("timed", 0, "main", True),
    ]


def phases(runs, first_seconds, first_seed=0, seconds=lambda run: 1.0):
    return [[run.id for run in phase] for phase in planning.phases(runs, first_seed, seconds, first_seconds)]


@pytest.mark.parametrize("start", [0, 100])
def test_sites_are_due_after_each_seed_and_timings_are_no_part_of_that(start):
    runs = planning.plan(EXAMPLES, Profile(seeds=2, first_seed=start))
    ids = [run.id for run in runs]
    assert phases(runs, 1000.0, start) == [ids[:3], [ids[3]]]
    assert phases(runs[3:], 1000.0, start) == [[ids[3]]]  # the first seed's are done already
    assert phases(runs[4:], 1000.0, start) == []


def test_first_phase_has_the_shortest_runs_of_the_first_seed_that_need_no_others():
    runs = [Run(experiment="sum", arm=arm, seed=seed) for seed in (0, 1) for arm in ("30", "10", "20", "5")]
    runs += [with_trials(Run(experiment="sum", arm="1", seed=0), (0.1,), [0])]
    runs = [*runs[-1].depends_on, *runs]
    found = planning.phases(runs, 0, lambda run: float(run.arm.partition("-")[0]), 30.0)
    assert [[(run.arm, run.seed) for run in phase] for phase in found] == [
        [("5", 0), ("10", 0)],
        [("1-trial-0.1", 0), ("30", 0), ("20", 0), ("1", 0)],
        [("30", 1), ("10", 1), ("20", 1), ("5", 1)],
    ]
    (first, second) = planning.phases(
        runs, 0, lambda run: 1.0, 30.0
    )  # a first seed as short as that is a phase of its own
    assert [len(first), len(second)] == [6, 4]


@pytest.mark.parametrize(("seeds", "planned", "expected"), [(5, 25, 25), (10, 25, 50), (1, 25, 5), (1, 2, 1)])
def test_seeds_scale_every_experiment_by_the_same_factor(seeds, planned, expected):
    assert len(Profile(seeds=seeds).seeds_of(planned)) == expected
    assert list(Profile(name="quick", seeds=seeds, first_seed=7).seeds_of(planned)) == list(range(7, 7 + seeds))


@pytest.mark.parametrize("profile", [Profile(), Profile(name="quick", seeds=2), Profile(device="cuda:0", seeds=1)])
def test_every_run_of_a_report_is_of_its_experiment_and_told_apart(profile):
    runs = plan(profile)
    assert {run.experiment for run in runs} == set(EXPERIMENTS)
    assert len({run.id for run in runs}) == len(runs)
    assert len({(run.experiment, run.arm, run.seed) for run in runs}) == len(runs)
    by_arm = {}
    for run in runs:
        by_arm.setdefault((run.experiment, run.arm), []).append((run.role, msgspec.json.encode(run.parameters)))
    assert all(len(set(seeds)) == 1 for seeds in by_arm.values())  # an arm has one role and one set of parameters


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_trials_only_choose_and_nothing_else_is_a_trial(name):
    for run in plan(Profile(), [name]):
        assert all(needed.seed in Profile().trial_seeds for needed in run.depends_on)
        if run.role == "trial":
            assert run.parameters["learning_rate"] is not None
            assert all(needed.role == "trial" for needed in run.depends_on)


def test_a_run_that_names_no_experiment_is_of_the_one_that_lists_it():
    def listed(profile):
        other = Run(experiment="other", arm="b", seed=0)
        yield Run(arm="a", seed=0, depends_on=(Run(arm="c", seed=0), other))

    planned = planning.plan({"sum": Experiment(plan=listed, measure=None, exclusive=True)}, Profile())
    assert {(run.experiment, run.arm, run.exclusive) for run in planned} == {
        ("sum", "a", True),
        ("sum", "c", True),
        ("other", "b", False),
    }
