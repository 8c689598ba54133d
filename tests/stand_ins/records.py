"""Records of a whole report, made up: those with which the answers' own tests make their verdicts turn, side by side."""

import msgspec
import numpy as np
from answers import test_mistakes, test_q1, test_q2, test_q3, test_q4, test_q6, test_speed
from answers.conftest import FakeRecords

from report.experiments.capacity import WIDTHS
from report.experiments.images import ImagesResults
from report.record.reader import Cost

SEEDS = 5
ACCELERATOR = {"mlp32": 0.001, "mlp128": 0.001, "mlp4096": 0.002, "resnet18": 0.01}


class WholeReport(FakeRecords):
    """Stand-ins that also say what they took."""

    def costs(self):
        return {
            f"{experiment}.{arm}.seed{seed}": Cost(
                seed=seed, wall_seconds=10.0 + 5 * (seed == 0), peak_memory_bytes=900_000_000, exclusive=False
            )
            for experiment, arm in self.results
            for seed in range(SEEDS)
        }


def trained(seed):
    """Make a run of question 3, whose test loss turns up again, with what the other pages read of it."""
    curve = test_q3.curve(seed, after=1)
    epochs = np.arange(1, test_q3.EPOCHS + 1)
    falling = (0.5 + 1 / epochs + seed / 1000).tolist()
    curve = msgspec.structs.replace(
        curve,
        running_loss=falling,
        logged_loss=[[loss + batch / 100 for batch in range(9)] for loss in falling[:10]],
        still_epochs=epochs.tolist(),
        still_train_loss=[loss - 0.01 for loss in falling],
        still_train_accuracy=[0.8] * len(epochs),
        validation_loss=curve.test_loss,
        validation_accuracy=curve.test_accuracy,
    )
    return test_q3.trained(curve)


def census():
    """Count images that are not there."""
    return ImagesResults(
        train_per_class=[6000] * 10,
        test_per_class=[1000] * 10,
        mean_grey=72.9,
        deviation_grey=90.0,
        share_of_zeros=0.5,
        train_duplicates=40,
        test_duplicates=1,
        shared=10,
        samples=[[(10 * label + pixel) % 256 for pixel in range(4 * 784)] for label in range(10)],
    )


def whole_report():
    """Return records of every experiment that an answer reads; where two tests make up the same, the later counts."""
    runs = [trained(seed) for seed in range(SEEDS)]
    arms = ("as_published", "from_logits", "held_out", "tuned_published", "tuned_logits")
    costs = test_mistakes.records_of(FakeRecords).results
    clock = ("devices", "accelerator.clock")
    return WholeReport(
        test_q1.made_up()
        | test_q2.made_up()
        | test_q4.records_with(FakeRecords).results
        | {("capacity", f"width{width}"): test_q4.seeds(test_q4.architecture, 0.8 + width / 1e4) for width in WIDTHS}
        | costs
        | test_q6.records_of(FakeRecords, times=ACCELERATOR).results
        | {clock: costs[clock]}
        | test_q3.made_up()
        | {("epochs", arm): runs for arm in arms}
        | {("images", "census"): [census()]}
        | test_speed.made_up()
    )
