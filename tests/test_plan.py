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


def test_trials_are_the_same_training_on_the_first_seed_at_every_rate():
    tuned = with_trials(RUN, (0.1, 1.0))
    assert (tuned.role, tuned.seed, tuned.parameters) == ("main", 3, {"size": 7, "learning_rate": None})
    assert [trial.parameters for trial in tuned.depends_on] == [
        {"size": 7, "learning_rate": 0.1}, {"size": 7, "learning_rate": 1.0},
    ]  # fmt: skip
    assert {(trial.role, trial.seed) for trial in tuned.depends_on} == {("trial", 0)}
    other_seed = with_trials(msgspec.structs.replace(RUN, seed=4), (0.1, 1.0))
    assert other_seed.depends_on == tuned.depends_on


def test_runs_are_planned_once_by_seed_after_what_they_read_and_timings_last():
    def plan_sums(profile):
        return [with_trials(msgspec.structs.replace(RUN, seed=seed), (0.1,)) for seed in range(profile.seeds)]

    def plan_timings(profile):
        return [Run(experiment="timed", arm="t", seed=0)]

    experiments = {
        "timed": Experiment(plan=plan_timings, measure=lambda *_: None, exclusive=True),
        "sum": Experiment(plan=plan_sums, measure=lambda *_: None),
    }
    runs = planning.plan(experiments, Profile(seeds=2))
    assert [(run.experiment, run.seed, run.role, run.exclusive) for run in runs] == [
        ("sum", 0, "trial", False), ("sum", 0, "main", False), ("sum", 1, "main", False), ("timed", 0, "main", True),
    ]  # fmt: skip
    assert [len(stage) for stage in planning.stages(runs)] == [2, 2]


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
        assert all(needed.seed == 0 for needed in run.depends_on)
        if run.role == "trial":
            assert run.parameters["learning_rate"] is not None
            assert all(needed.role == "trial" for needed in run.depends_on)
