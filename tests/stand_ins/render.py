"""
Render made-up records to Sphinx source folders, one for each answer: ``python tests/stand_ins/render.py FOLDER``.

The records are those with which the answer's own tests make its verdicts turn.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from answers import test_q1, test_q2, test_q3, test_q4
from answers.conftest import FakeRecords

from report import pages, site, statistics

RECORDS = {
    "q1": FakeRecords(test_q1.made_up()),
    "q2": FakeRecords(test_q2.made_up()),
    "q3": FakeRecords(test_q3.made_up()),
    "q4": test_q4.records_with(FakeRecords),
}


def write(folder):
    """Write each answer's source folder as a report would that has this answer only."""
    statistics.RESAMPLES = 50
    known = dict(pages.ANSWERS)
    pages.OTHER_PAGES.clear()
    for name, records in RECORDS.items():
        pages.ANSWERS.clear()
        pages.ANSWERS[name] = known[name]
        composition = pages.measure(records, "full")
        extent = pages.Extent(profile="full", seeds_done=5, seeds_planned=5)
        pages.write_source(folder / name, records, composition, extent, site.about("cpu", "given", "0" * 64))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
