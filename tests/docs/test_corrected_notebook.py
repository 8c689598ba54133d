"""The corrected notebook: executed from top to bottom, as students do, on the images that come with the package."""

import ast
import math
import platform
import re
import sys
from pathlib import Path

import nbformat
import pytest

import fmnist_ref

DOCS = Path(__file__).parents[2] / "docs"
sys.path[:0] = [str(DOCS / "_ext"), str(DOCS / "notebooks")]

from execute import execute  # noqa: E402 - the path comes first
from fmnist_site.student_notebook import EXECUTED, SCRIPT, to_notebook  # noqa: E402

SMALL = {"EPOCHS": "60", "SEARCH_EPOCHS": "20", "BATCH_SIZES": "(16, 64)", "RIDGE": "300.0", "TIMED_STEPS": "2"}
"""Settings for 250 images to train with; the notebook's own are for 50,000."""
CHANCE = 0.1
RESULTS = """\
print({name: globals()[name] for name in (
    "history", "mistaken_history", "untrained_loss", "recall", "accuracy", "least_squares_accuracy", "outside",
    "logistic_accuracy", "by_hand", "found", "best_size", "best_rate", "gained", "printed_loss", "fixed_loss", "steps",
    "test_accuracy",
)})"""


def small_notebook():
    """Return the notebook with the settings of `SMALL`."""
    notebook = to_notebook()
    settings = next(cell for cell in notebook.cells if cell.source.startswith("SEED = "))
    for name, value in SMALL.items():
        setting = re.compile(rf"^{name} = .*$", re.MULTILINE)
        settings.source, changed = setting.subn(f"{name} = {value}", settings.source)
        assert changed == 1, name
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


@pytest.fixture(scope="module")
def executed():
    """Return the executed notebook, with a last cell that prints its results."""
    notebook = small_notebook()
    notebook.cells.append(nbformat.v4.new_code_cell(RESULTS))
    execute(notebook, Path(fmnist_ref.__file__).parent / "sample")
    return notebook


@pytest.fixture(scope="module")
def published():
    """Return the notebook that readers download, which was executed on the whole data set."""
    return nbformat.read(EXECUTED, as_version=4)


@pytest.fixture(scope="module")
def results(executed):
    """Return what the notebook found, by the names of its variables."""
    return ast.literal_eval(executed.cells[-1].outputs[0].text)


def test_no_cell_warns_and_every_figure_is_shown(executed):
    assert [output.text for output in outputs(executed) if output.get("name") == "stderr"] == []
    assert sum("image/png" in output.get("data", {}) for output in outputs(executed)) == 1


def test_networks_learn(results):
    assert results["untrained_loss"] == pytest.approx(math.log(10), abs=0.2)
    first, last = results["history"][0], results["history"][-1]
    assert last[0] < first[0] - 0.5
    assert last[1] < results["untrained_loss"] - 0.5
    for accuracy in (results["accuracy"], results["test_accuracy"], *results["gained"].values()):
        assert 3 * CHANCE < accuracy <= 1
    assert sum(results["recall"]) / 10 == pytest.approx(results["accuracy"], abs=0.15)  # a few images of each class


def test_softmax_twice_stays_on_its_own_scale(results):
    assert all(loss > math.log(math.e + 9) - 1 for loss, _, _ in results["mistaken_history"])
    assert results["mistaken_history"][-1][0] > results["history"][-1][0] + 0.3


def test_linear_and_logistic_regression_classify(results):
    assert 3 * CHANCE < results["least_squares_accuracy"] <= 1
    assert 3 * CHANCE < results["logistic_accuracy"] <= 1
    assert 0 < results["outside"] < 1


def test_choices_are_the_best_of_the_held_out_accuracies(results):
    assert results["found"].keys() == {(size, rate) for size in (16, 64) for rate in (0.01, 0.03, 0.1, 0.3)}
    assert results["found"][results["best_size"], results["best_rate"]] == max(results["found"].values())
    assert max(results["found"].values()) > min(results["found"].values())


def test_cross_entropy_by_hand_is_that_of_pytorch(results):
    assert results["by_hand"] == pytest.approx(results["history"][-1][1], abs=1e-5)


def test_printed_loss_lags_behind_that_of_the_fixed_weights(results):
    assert results["fixed_loss"] < results["printed_loss"] < results["untrained_loss"] + 0.1


def test_timed_steps_train(results):
    assert {name for name, _ in results["steps"]} == {"one ReLU layer", "ResNet-18"}
    for seconds, losses in results["steps"].values():
        assert seconds > 0
        assert len(losses) == 3 + int(SMALL["TIMED_STEPS"])
        assert losses[-1] < losses[0]


def test_it_needs_pytorch_torchvision_and_matplotlib_only():
    nodes = list(ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8"))))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    packages = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert packages == {"torch", "torchvision", "matplotlib"}


def test_lines_of_code_fit_a_page():
    assert [line for cell in code_cells(to_notebook()) for line in cell.source.splitlines() if len(line) > 76] == []


def test_it_links_to_every_answer_and_to_the_site_where_its_address_is_known():
    near, far = (nbformat.writes(to_notebook(address)) for address in ("", "https://example.org/x"))
    for name in ("part1", "q1", "q2", "q3", "q4", "q5", "q6"):
        assert f"](../answers/{name}.html)" in near
        assert f"](https://example.org/x/answers/{name}.html)" in far
    assert "../answers" not in far
    assert near == nbformat.writes(to_notebook())


def test_published_notebook_is_that_of_the_script(published):
    """If this fails, the script has changed: `tox -e notebook` executes it again."""
    for cell in published.cells:
        cell.source = re.sub(r"\]\(https?://[^)\s]+/answers/", "](../answers/", cell.source)
    kept, made = (
        [(cell.cell_type, cell.id, cell.metadata, cell.source) for cell in notebook.cells]
        for notebook in (published, to_notebook())
    )
    assert kept == made
    assert published.metadata == to_notebook().metadata  # nothing about the machine


def test_published_notebook_was_executed_in_order_without_error_or_warning(published):
    nbformat.validate(published)
    counts = [cell.execution_count for cell in code_cells(published)]
    assert counts == list(range(1, len(counts) + 1))
    assert {output.get("name", output.output_type) for output in outputs(published)} == {"stdout", "display_data"}
    silent = [cell.source for cell in code_cells(published) if "print(" in cell.source and not cell.outputs]
    assert silent == []


def test_published_outputs_name_versions_and_no_folder_or_machine(published):
    printed = [output.text for output in outputs(published) if output.output_type == "stream"]
    assert re.match(r"Python 3\.\d+\.\d+\ntorch \d+\.\d+\.\d+", printed[0])
    assert re.findall(r"(?<![\w.])(?:~?/|[A-Za-z]:\\)\w.*", "\n".join(printed)) == []
    assert platform.node() not in printed[0].split()


def test_published_notebook_is_small_and_shows_its_figure(published):
    pictures = [output.data for output in outputs(published) if output.output_type == "display_data"]
    assert [sorted(picture) for picture in pictures] == [["image/png", "text/plain"]]
    assert EXECUTED.stat().st_size < 200_000
