"""Killed at any moment, a report goes on where it was and ends as if nothing had happened."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("FMNIST_REF_KILLS", "30"))


@pytest.mark.timeout(1800)  # a few minutes on two idle cores
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks the reports that it kills")
def test_kills_at_random_moments_lose_nothing_and_repeat_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killing.py")), str(tmp_path), str(KILLS)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "0", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout.splitlines()[-1])
    print(outcome)
    assert outcome["kills"] >= KILLS
    assert outcome["records"] == 80
    assert outcome["repeated"] == 0
    assert outcome["different"] == []
    assert outcome["left over"] == 0
