"""
The command line as a program of its own, with the stand-in experiments and without Sphinx: ``python program.py run ...``.

Tests start it with the environment, limits and pipes that other people's machines have.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from report.cli import main
from stand_ins import small_report

if __name__ == "__main__":
    whole = "WHOLE_REPORT" in os.environ
    small_report.install(pytest.MonkeyPatch(), lambda workers, threads: ThreadPoolExecutor(workers), whole=whole)
    sys.exit(main())
