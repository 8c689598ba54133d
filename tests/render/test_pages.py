"""Writing a site's source where one has been written before."""

from report.publish import site
from report.record.reader import Records
from report.record.store import RecordStore
from report.render import pages
from report.render.markdown import Completeness


def write(source):
    records = Records(RecordStore(source / "none", "0" * 64), [])
    measurements = pages.measure(records, "quick")
    completeness = Completeness(profile="quick", seeds_done=0, seeds_planned=2)
    pages.write_source(source, records, measurements, completeness, site.about("cpu", "given", "0" * 64))


def test_what_sphinx_generates_for_the_reference_is_kept_and_nothing_else(tmp_path):
    stubs = {name: tmp_path / "api" / f"fmnist_ref.{name}.rst" for name in ("fit", "gone")}
    write(tmp_path)
    for stub in stubs.values():
        stub.write_text("generated", encoding="utf-8")
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write(tmp_path)
    assert stubs["fit"].is_file()
    assert not stubs["gone"].exists()
    left = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {path: when for path, when in written.items() if path != stubs["gone"]}  # or Sphinx reads it again
