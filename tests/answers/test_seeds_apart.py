"""Arms with unequal seeds, or without any: what a failed run leaves. Every page goes on with what there is."""

import pytest
from examples import ExampleRecords, whole_report

from report.answers import ANSWERS, OTHER_PAGES
from report.record.reader import NoRecords
from report.render import pages


@pytest.fixture(scope="module")
def whole():
    return whole_report().results


@pytest.mark.parametrize("kept", [4, 1, 0])
@pytest.mark.parametrize("parity", [0, 1])
def test_every_page_does_with_the_seeds_that_its_arms_have(whole, kept, parity):
    records = ExampleRecords({
        arm: results[:kept] if index % 2 == parity else results for index, (arm, results) in enumerate(whole.items())
    })  # fmt: skip
    findings = pages.measure(records, "full").findings
    shown = 0
    for answer in (ANSWERS | OTHER_PAGES).values():
        for show in (*answer.figures.values(), *answer.tables.values()):
            try:
                shown += bool(show(records, findings))
            except NoRecords:
                assert kept == 0
    assert shown
