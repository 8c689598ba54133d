"""
Render made-up records to a Sphinx source folder: ``python tests/stand_ins/render.py FOLDER``.

The records are those with which the answers' own tests make their verdicts turn.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from answers import test_q1, test_q2, test_q3, test_q4
from answers.conftest import FakeRecords

from report import pages, site, statistics


def write(source):
    """Write the whole source folder, as a report would."""
    statistics.RESAMPLES = 50
    made_up = {
        **test_q4.records_with(FakeRecords).results,
        **test_q1.made_up(),
        **test_q2.made_up(),
        **test_q3.made_up(),
    }
    records = FakeRecords(made_up)
    composition = pages.measure(records, "full")
    extent = pages.Extent(profile="full", seeds_done=5, seeds_planned=5)
    pages.write_source(source, records, composition, extent, site.about("cpu", "given", "0" * 64))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
