"""
Write the site of example records: ``python tests/stand_ins/render.py FOLDER BUILDS``.

``FOLDER/source`` becomes what a report hands to Sphinx, with every page that it has, and ``FOLDER/site`` what a reader
gets. The code in the answers is shown but not run: that takes minutes, and its output is kept apart by a cache.
"""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from examples import whole_report

from report.conclude import bootstrap
from report.publish import archive, site
from report.publish.packages import build_packages
from report.record.files import write_if_changed
from report.render import markdown, pages

OPTIONS = ["-b", "html", "-q", "-n", "-W", "--keep-going", "-D", "suppress_warnings=myst-nb.lexer"]
"""The warning is that cells which have not been run do not say in which language they are."""


def write(folder, builds):
    """Write the source as a report would, and build the site, several times if the last is to be no first one."""
    bootstrap.RESAMPLES = 50
    source, output = folder / "source", folder / "site"
    records = whole_report()
    for id in records.by_id:
        write_if_changed(source / f"published/records/{id}.json", "{}\n")
    completeness = markdown.Completeness(profile="full", runs_done=5, runs_planned=5)
    measurements = pages.measure(records, completeness.profile)
    pages.write_source(source, records, measurements, completeness, site.about("cpu", "given", "0" * 64))
    build_packages(source / "published")
    for _ in range(builds):
        for made in (output, folder / "doctrees"):
            shutil.rmtree(made, ignore_errors=True)
        command = [sys.executable, "-m", "report.publish.sphinx_build", *OPTIONS, "-d", str(folder / "doctrees")]
        subprocess.run([*command, str(source), str(output)], check=True)
    archive.write_archive(output)


if __name__ == "__main__":
    write(Path(sys.argv[1]), builds=int(sys.argv[2]))
