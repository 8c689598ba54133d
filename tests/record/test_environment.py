"""What is said of the machine: the memory that a process has held."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from report.record import environment

ASK = "from report.record.environment import peak_memory_bytes; print(peak_memory_bytes())"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much a process has held")
def test_the_peak_is_this_process_own_and_no_less_than_what_it_holds():
    held = np.ones(150_000_000)  # 1.2 GB
    holds = psutil.Process().memory_info().rss
    assert environment.peak_memory_bytes() >= holds >= held.nbytes
    asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert 10_000_000 < int(asked.stdout) < held.nbytes  # not that of the process that started it


def test_a_system_that_does_not_say_is_not_guessed(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "Path", lambda name: tmp_path / Path(name).name)
    assert environment.peak_memory_bytes() is None
    (tmp_path / "status").write_text("Name:\tpython\nVmPeak:\t10 kB\n", encoding="utf-8")
    assert environment.peak_memory_bytes() is None
    (tmp_path / "status").write_text("VmPeak:\t10 kB\nVmHWM:\t   7 kB\n", encoding="utf-8")
    assert environment.peak_memory_bytes() == 7 * 1024
