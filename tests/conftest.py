"""What every test may use."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from fmnist_ref import _sources as sources
from fmnist_ref.errors import DataError

sys.path.insert(0, str(Path(__file__).parent))  # for `examples` and `stand_ins`, in worker processes too
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")  # the same examples everywhere, and no limit that a busy machine can miss


@pytest.fixture(scope="session")
def published_folder():
    """Return the folder with the published images that `report` would take without a download."""

    def fetch_nothing(folder):
        raise DataError("tests must not download", "no copy", "Make a report, which keeps one.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "fetch_with_torchvision", fetch_nothing)
        patch.setattr(sources, "fetch_with_apt", fetch_nothing)
        try:
            return sources.locate().folder
        except DataError:
            pytest.skip("the published images are neither installed nor in the cache; `tox -e report` downloads them")


LONGEST = (
    *("test_every_page.py", "test_killing.py", "test_reproducible_site.py", "test_extension.py"),
    *("test_site.py", "test_failures.py", "test_figures.py"),
)
"""Files that take longest. They come first, so that no process waits at the end for another one's; pytest-xdist keeps this order."""


def pytest_collection_modifyitems(items):
    """Put the longest files first, and then the other tests in a browser."""
    turn = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turn.get(item.path.name, len(LONGEST) + (item.path.parent.name != "site")))


def pytest_terminal_summary(terminalreporter):
    """Say how many tests were skipped, so that a green run can't hide what it left out."""
    skipped = len(terminalreporter.stats.get("skipped", []))
    ran = sum(len(terminalreporter.stats.get(outcome, [])) for outcome in ("passed", "failed", "error"))
    if skipped + ran:
        terminalreporter.write_line(f"skipped: {skipped} of {skipped + ran} tests ({skipped / (skipped + ran):.1%})")
