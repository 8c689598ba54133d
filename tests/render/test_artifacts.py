"""Where a number came from: the page names its records, and a function that there is."""

from importlib import import_module

import pytest
from examples import ExampleRecords, results_of

from report.answers import ANSWERS, OTHER_PAGES
from report.answers.answer import FigureSpec, TableSpec
from report.answers.charts import Series, line_chart
from report.record.files import FolderWriter
from report.render import artifacts
from report.render.artifacts import Exporter, provenance
from report.render.figures import draw_in_both_themes

PAGES = ANSWERS | OTHER_PAGES


@pytest.mark.parametrize("name", PAGES)
def test_every_result_names_a_function_that_can_be_looked_up(name):
    page = PAGES[name]
    for made_by in (*page.estimators.values(), *page.figures.values(), *page.tables.values()):
        module, _, function = provenance((), made_by, ExampleRecords({})).made_by.rpartition(".")
        assert callable(getattr(import_module(module), function))


def test_records_are_named_once_with_the_command_that_makes_them_again():
    records = ExampleRecords(results_of("imbalance"))
    first, second, *_ = records.by_id
    found = provenance([second, first, second], provenance, records)
    assert found.records == (f"records/{second}.json", f"records/{first}.json")
    assert found.rebuild == "tox -e report -- --only imbalance"
    assert found.num_seeds == len({records.by_id[id].seed for id in (first, second)})
    assert found.made_by == "report.render.artifacts.provenance"


def test_counts_and_intervals_written_as_text_are_aligned_as_numbers(tmp_path):
    spec = TableSpec(
        title="title",
        caption="caption",
        columns=["a", "b", "c", "d", "e"],
        rows=[
            ["all", "22 of 25", "69 to 97", "−6.7", "784-128-10"],
            [1, "3 of 25", "", 0.5, "10"],
            [2, "–", "1", 2, "20"],
        ],
        records=(),
        fewest_seeds=15,
    )
    made = Exporter(FolderWriter(tmp_path), ExampleRecords({})).table("name", spec, provenance)
    assert made.numeric == [False, True, True, True, False]
    assert made.provenance.fewest_seeds == 15


def test_a_chart_is_drawn_again_only_if_it_has_changed(tmp_path, monkeypatch):
    drawn = []

    def counted(chart, size):
        drawn.append(size)
        return draw_in_both_themes(chart, size)

    monkeypatch.setattr(artifacts, "draw_in_both_themes", counted)
    monkeypatch.setattr(artifacts, "DRAWN", {})

    def figure(folder, height):
        chart = line_chart(Series(label="a", x=[0.0, 1.0], y=[0.0, height]), x_label="x", y_label="y")
        spec = FigureSpec(chart=chart, title="title", caption="caption", alt="a line")
        made = Exporter(FolderWriter(tmp_path / folder), ExampleRecords({})).figure("name", spec, provenance)
        return (tmp_path / folder / made.wide.dark).read_text()

    first, again, changed = figure("first", 1.0), figure("again", 1.0), figure("changed", 2.0)
    assert first == again
    assert first != changed
    assert drawn == ["page", "narrow"] * 2
