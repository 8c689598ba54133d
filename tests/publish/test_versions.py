"""What Pages serves: this version and the earlier ones."""

import functools
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from report.publish.archive import write_archive

SCRIPT = Path(__file__).parents[2] / ".ci/versions.py"


@pytest.fixture
def server(tmp_path):
    """Serve a folder that stands for the published site; return the folder and its address."""
    folder = tmp_path / "live"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()


def write_site(folder, version, address):
    folder.mkdir()
    (folder / "index.html").write_text(f"version {version}")
    entry = {"name": version, "version": version, "url": f"{address}{version}/", "preferred": True}
    (folder / "switcher.json").write_text(json.dumps([entry]))
    write_archive(folder)
    return folder


def assemble(site, public):
    done = subprocess.run([sys.executable, str(SCRIPT), str(site), str(public)], capture_output=True, check=False)
    return done.returncode == 0


def test_earlier_versions_stay_at_their_addresses(tmp_path, server):
    live, address = server
    for version in ("0.1.0", "0.2.0", "0.3.0"):
        public = tmp_path / f"public-{version}"
        assert assemble(write_site(tmp_path / version, version, address), public)
        live.rename(tmp_path / f"before-{version}")
        public.rename(live)  # deploys it
    assert (live / "index.html").read_text() == "version 0.3.0"
    for version in ("0.1.0", "0.2.0", "0.3.0"):
        assert (live / version / "index.html").read_text() == f"version {version}"
    entries = json.loads((live / "switcher.json").read_text())
    assert [(entry["version"], entry["preferred"]) for entry in entries] == [
        ("0.3.0", True),
        ("0.2.0", False),
        ("0.1.0", False),
    ]


def test_a_version_that_cannot_be_fetched_stops_the_deployment(tmp_path, server):
    live, address = server
    lost = {"name": "0.1.0", "version": "0.1.0", "url": f"{address}0.1.0/", "preferred": True}
    (live / "switcher.json").write_text(json.dumps([lost]))
    assert not assemble(write_site(tmp_path / "site", "0.2.0", address), tmp_path / "public")
