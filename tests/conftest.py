"""What every test may use."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for `examples` and `stand_ins`, in worker processes too


def pytest_terminal_summary(terminalreporter):
    """Say how many tests were skipped, so that a green run can't hide what it left out."""
    skipped = len(terminalreporter.stats.get("skipped", []))
    ran = sum(len(terminalreporter.stats.get(outcome, [])) for outcome in ("passed", "failed", "error"))
    if skipped + ran:
        terminalreporter.write_line(f"skipped: {skipped} of {skipped + ran} tests ({skipped / (skipped + ran):.1%})")
