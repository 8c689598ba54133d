"""How fast is this? The reference loop against the notebook's, scikit-learn's and the floor, and where its time goes."""

from __future__ import annotations

from report.answers.base import Answer
from report.answers.speed import goals, rungs, scaling, step, totals

ANSWER = Answer(
    name="speed",
    title="How fast is this?",
    experiments=("speed",),
    measures={
        **goals.measures(),
        "notebook-epoch": rungs.epoch_of("notebook"),
        "loader-workers-epoch": rungs.epoch_of("loader_workers"),
        "tensor-dataset-epoch": rungs.epoch_of("tensor_dataset"),
        "fit-epoch": rungs.epoch_of("fit"),
        "fit-one-thread-epoch": rungs.epoch_of("fit_one_thread"),
        "pool-epoch": rungs.epoch_of("fit_pool"),
        "products-epoch": rungs.epoch_of("products"),
        "notebook-over-tensors": rungs.step_down("notebook", "tensor_dataset"),
        "tensors-over-fit": rungs.step_down("tensor_dataset", "fit"),
        "notebook-over-workers": rungs.step_down("notebook", "loader_workers"),
        "step-time": step.step_time,
        **{f"{part}-share": step.share_of(part) for part in step.PARTS},
        "dispatch-share": step.dispatch_share,
        "small-pages-over-large": step.attempt_ratio("small_pages", over="large_pages"),
        "compiled-over-fit": step.attempt_ratio("compiled"),
        "batched-over-fit": step.attempt_ratio("batched"),
        "gain-of-workers": scaling.gain_of_workers,
        "worker-memory": totals.worker_memory,
        "report-minutes": totals.minutes_of_the_report,
        "notebook-minutes": totals.minutes_of_the_notebook,
    },
    figures={
        "speed-ladder": rungs.rungs,
        "speed-step": step.parts,
        "speed-workers": scaling.workers,
        "speed-seeds": scaling.seeds,
    },
    tables={"speed-rungs": rungs.rung_table, "speed-goals": rungs.goal_table, "speed-attempts": step.attempt_table},
    headline="notebook-over-fit",
    headline_label="the notebook's epoch over fit's",
)
